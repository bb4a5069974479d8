import { removeDialog } from '../../cards/dialogs/delete.ts';
import { sentences } from '../../cards/words/sentences.ts';
import type { Connector } from '../../ingestion/connector/connector.ts';
import { markForDeletion } from '../../ingestion/connector/owner-requests.ts';
import { auditDeed, connectorOf, type Deed, deedOn, doAllowed, refusalOf, turnDeadline } from '../authorization.ts';
import type { Backend } from '../backend.ts';
import { type Dialog, type DialogAnswer, type DialogCall, said } from '../teams/dialog.ts';
import { tidy } from '../teams/message-text.ts';

/** The delete dialog: the name typed out, by somebody with the rights, or nothing happens. */
export const deleteDialog: Dialog = { open, submit };

async function open(backend: Backend, call: DialogCall): Promise<DialogAnswer> {
  const found = await findConnector(backend, call);
  return 'kind' in found ? found : showPage(found.connector, '');
}

async function submit(backend: Backend, call: DialogCall): Promise<DialogAnswer> {
  const found = await findConnector(backend, call);
  if ('kind' in found) return found;
  const { connector } = found;
  const typed = typeof call.data.confirm === 'string' ? tidy(call.data.confirm) : '';
  if (typed !== tidy(connector.name)) return showPage(connector, typed, sentences.typeName(connector.name));
  const done = await askForDeletion(backend, found);
  return said(done.kind === 'done' ? sentences.deleting(connector.name) : done.text);
}

/** Marks it, once: a second submit audits nothing. */
function askForDeletion(backend: Backend, { connector, deed }: { connector: Connector; deed: Deed }) {
  return doAllowed(backend, deed, async (tx) => {
    const now = backend.runtime.now();
    const first = await markForDeletion(tx, connector.id, { by: deed.asker.person, now });
    if (first) await auditDeed(tx, deed, { result: 'asked', now });
  });
}

/** The connector, if it is of this tenant and the person may change it on its workspace. */
async function findConnector(
  backend: Backend,
  call: DialogCall,
): Promise<{ connector: Connector; deed: Deed } | DialogAnswer> {
  const connector = await connectorOf(backend.pool, call.tenantId, call.data.connector);
  if (!connector) return said(sentences.gone);
  const deed = deedOn(connector, { asker: call, action: 'delete', deadline: turnDeadline(backend.runtime) });
  const refusal = await refusalOf(backend, deed);
  return refusal ? said(refusal) : { connector, deed };
}

function showPage(connector: Connector, typed: string, error?: string): DialogAnswer {
  const card = removeDialog({ connector, typed, ...(error ? { error } : {}) });
  return { kind: 'card', title: `Delete ${connector.name}`, card };
}
