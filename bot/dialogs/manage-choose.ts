import { chooseConnectorPage } from '../../cards/dialogs/choose-connector.ts';
import { sentences } from '../../cards/words/sentences.ts';
import { countConnectors, listWorst } from '../../ingestion/connector/directory.ts';
import type { Backend } from '../teams/backend.ts';
import { type DialogAnswer, type DialogCall, said } from '../teams/dialog.ts';
import { tidy } from '../teams/message-text.ts';

/** A list should not be longer; of more connectors, the others are found by part of their name, domain or workspace. */
const mostOffered = 25;

/** Which connector to manage: those that need a look first, or those that were found. */
export async function chooseConnector({ pool }: Backend, { tenantId, data }: DialogCall): Promise<DialogAnswer> {
  const filter = typeof data.find === 'string' ? tidy(data.find).slice(0, 100) : '';
  const part = { tenantId, filter };
  const [offered, { all: fitting }] = await Promise.all([
    listWorst(pool, part, { offset: 0, most: mostOffered }),
    countConnectors(pool, part),
  ]);
  if (fitting === 0 && filter === '') return said(sentences.nothingToManage);
  // Pressed without a choice; the page is new when it is opened or searched.
  const missed = data.open === true && !data.finds;
  const card = chooseConnectorPage({ offered, left: fitting - offered.length, find: filter, missed });
  return { kind: 'card', title: 'Manage a connector', card };
}
