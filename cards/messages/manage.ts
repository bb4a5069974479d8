import type { Connector } from '../../ingestion/connector/connector.ts';
import { manageAction, pauseAction } from '../kit/actions.ts';
import { header } from '../kit/header.ts';
import { type Card, expand } from '../kit/template.ts';
import { shown } from '../kit/text.ts';
import offerTemplate from './manage.json' with { type: 'json' };

/** In chat: what can be changed, and the button that opens the dialog. */
export function manageCard({ connector }: { connector: Connector }): Card {
  const name = shown(connector.name);
  return expand(offerTemplate, {
    name,
    header: header({
      title: [`Manage ${name}`],
      lines: [`${shown(connector.domain)} → ${shown(connector.settings.workspace.name)}`],
    }),
    actions: [manageAction(connector), pauseAction(connector)],
  });
}
