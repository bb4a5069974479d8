import type { Connector } from '../../ingestion/connector/connector.ts';
import { manageAction } from '../kit/actions.ts';
import { header } from '../kit/header.ts';
import { type Card, expand, plain } from '../kit/template.ts';
import offerTemplate from './manage.json' with { type: 'json' };

/** In chat: what can be changed, and the button that opens the dialog. */
export function manageCard({ connector }: { connector: Connector }): Card {
  const name = plain(connector.name);
  return expand(offerTemplate, {
    name,
    header: header({
      title: `Manage ${name}`,
      lines: [`${plain(connector.domain)} → ${plain(connector.settings.workspace.name)}`],
    }),
    actions: [manageAction(connector)],
  });
}
