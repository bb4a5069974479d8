import { removeDialog } from '../../cards/dialogs/delete.ts';
import { sentences } from '../../cards/words/sentences.ts';
import { ownerNeeds } from '../../ingestion/azure/access/rights.ts';
import { audit } from '../../ingestion/connector/audit.ts';
import type { Connector } from '../../ingestion/connector/connector.ts';
import { markForDeletion } from '../../ingestion/connector/owner-requests.ts';
import { transaction } from '../../ingestion/store/database.ts';
import { connectorOf, refusalOn } from '../authorization.ts';
import type { Backend } from '../backend.ts';
import { type Dialog, type DialogAnswer, type DialogCall, said } from '../teams/dialog.ts';

/** The delete dialog: the name typed out, by somebody with the rights, or nothing happens. */
export const deleteDialog: Dialog = { open, submit };

async function open(backend: Backend, call: DialogCall): Promise<DialogAnswer> {
  const found = await findConnector(backend, call);
  return 'kind' in found ? found : showPage(found, '');
}

async function submit(backend: Backend, call: DialogCall): Promise<DialogAnswer> {
  const found = await findConnector(backend, call);
  if ('kind' in found) return found;
  const typed = typeof call.data.confirm === 'string' ? call.data.confirm.trim() : '';
  if (typed !== found.name) return showPage(found, typed, sentences.typeName(found.name));
  await askForDeletion(backend, call, found);
  return said(sentences.deleting(found.name));
}

/** Marks it, once: a second submit audits nothing. */
function askForDeletion({ runtime, pool }: Backend, call: DialogCall, connector: Connector): Promise<void> {
  const { tenantId, person: actor, conversationId, activityId } = call;
  const target = `${connector.name} (${connector.domain})`;
  return transaction(pool, async (tx) => {
    const first = await markForDeletion(tx, connector.id, runtime.now());
    if (!first) return;
    await audit(
      tx,
      { tenantId, actor, action: 'delete', target, result: 'asked', conversationId, activityId },
      runtime.now(),
    );
  });
}

/** The connector, if it is of this tenant and the person may change it on its workspace. */
async function findConnector(
  backend: Backend,
  { tenantId, person, data }: DialogCall,
): Promise<Connector | DialogAnswer> {
  const connector = await connectorOf(backend.pool, tenantId, data.connector);
  if (!connector) return said(sentences.gone);
  const { workspace } = connector.settings;
  const refusal = await refusalOn(backend, { person, workspace, needs: ownerNeeds });
  return refusal ? said(refusal) : connector;
}

function showPage(connector: Connector, typed: string, error?: string): DialogAnswer {
  const card = removeDialog({ connector, typed, ...(error ? { error } : {}) });
  return { kind: 'card', title: `Delete ${connector.name}`, card };
}
