import type { Connector } from '../../ingestion/connector/connector.ts';
import { header } from '../kit/header.ts';
import { type Card, expand } from '../kit/template.ts';
import { shown } from '../kit/text.ts';
import template from './delete.json' with { type: 'json' };
import input from './delete-input.json' with { type: 'json' };
import { faultBlock } from './fields.ts';

/** In chat: what deleting does, and the button that opens the dialog. */
export function removeCard({ connector }: { connector: Connector }): Card {
  const data = { msteams: { type: 'task/fetch' }, dialog: 'delete', connector: connector.id };
  return drawn(connector, [], { type: 'Action.Submit', title: 'Delete…', style: 'destructive', data });
}

/** The dialog: nothing is deleted unless the name is typed. */
export function removeDialog(given: { connector: Connector; typed: string; error?: string }): Card {
  const { connector, typed, error } = given;
  const confirm = {
    input: expand(input, { name: shown(connector.name, 200), typed }),
    fault: faultBlock(error),
  };
  const data = { dialog: 'delete', connector: connector.id };
  return drawn(connector, [confirm], { type: 'Action.Submit', title: 'Delete', style: 'destructive', data });
}

function drawn(connector: Connector, confirm: Card[], action: Card): Card {
  const name = shown(connector.name);
  const { workspace } = connector.settings;
  return expand(template, {
    name,
    header: header({ title: [`Delete ${name}?`], tone: 'warning' }),
    workspace: shown(workspace.name),
    domain: shown(connector.domain),
    confirm,
    actions: [action],
  });
}
