import type { Connector } from '../../ingestion/connector/connector.ts';
import { cardOf } from '../kit/card.ts';
import { header } from '../kit/header.ts';
import type { Card } from '../kit/template.ts';
import { paragraph, shown, strong } from '../kit/text.ts';
import { deletionSentences, type NotDeleted } from '../words/deletion.ts';
import { faultBlock } from './fields.ts';

/** Several at once: each by its name, what goes and what stays, which may not go and why, and one confirmation for all. */
export function removeSeveralDialog(given: {
  connectors: Connector[];
  mayNot: NotDeleted[];
  error: string | null;
}): Card {
  const { connectors, mayNot, error } = given;
  const title = deletionSentences.title(connectors.length);
  return cardOf({
    fallback: title,
    body: [
      header({ title: [`${title}?`], tone: 'warning' }),
      ...connectors.map(rowOf),
      paragraph(
        strong('Removed: '),
        'their data collection rules in Azure, Patchbay’s permissions on them, the stored Okta credentials, and events that were put aside.',
      ),
      paragraph(
        strong('Kept: '),
        'the tables OktaSystemLogs_CL and OktaConnectorHealth_CL, with all their rows. The tokens stay valid in Okta: revoke them there if nothing else uses them.',
      ),
      ...mayNot.map(({ name, why }) =>
        paragraph('✕ ', strong(shown(name ?? '')), ` is not deleted: ${shown(why, 400)}`),
      ),
      {
        type: 'Input.Text',
        id: 'confirm',
        label: `Type “${deletionSentences.confirm(connectors.length)}” to confirm`,
        isRequired: true,
        maxLength: 40,
        errorMessage: `Type “${deletionSentences.confirm(connectors.length)}”.`,
      },
      ...faultBlock(error ?? undefined),
    ],
    actions: [
      {
        type: 'Action.Submit',
        title: 'Delete',
        style: 'destructive',
        data: { dialog: 'delete', several: true, connectors: connectors.map(({ id }) => id).join(',') },
      },
    ],
  });
}

function rowOf({ name, domain, settings }: Connector): Card {
  return paragraph(strong(shown(name)), ` · ${shown(domain)} → ${shown(settings.workspace.name)}`);
}
