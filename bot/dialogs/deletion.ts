import { sentences } from '../../cards/words/sentences.ts';
import type { Connector } from '../../ingestion/connector/connector.ts';
import { markForDeletion } from '../../ingestion/connector/owner-requests.ts';
import type { Deadline } from '../../ingestion/runtime/deadline.ts';
import { auditDeed, commitAllowed, connectorOf, type Deed, type Done, deedOn, refusalOf } from '../authorization.ts';
import type { Backend } from '../teams/backend.ts';
import type { DialogCall } from '../teams/dialog.ts';

/** A connector that somebody may delete; or why not, with its name where it is known. */
export type Deletion = { connector: Connector; deed: Deed } | { name: string | null; why: string };

/** The connector with an id that a card carried, if it is of this tenant and the person may change it on its workspace. */
export async function findDeletion(
  backend: Backend,
  call: DialogCall,
  { id, deadline }: { id: unknown; deadline: Deadline },
): Promise<Deletion> {
  const connector = await connectorOf(backend.pool, call.tenantId, id);
  if (!connector) return { name: null, why: sentences.gone };
  const deed = deedOn(connector, { asker: call, action: 'delete', deadline });
  const refusal = await refusalOf(backend, deed);
  return refusal ? { name: connector.name, why: refusal } : { connector, deed };
}

/** Marks it, once: a second submit audits nothing. */
export function askForDeletion(
  backend: Backend,
  { connector, deed }: { connector: Connector; deed: Deed },
): Promise<Done<void>> {
  return commitAllowed(backend, deed, async (tx) => {
    const now = backend.runtime.now();
    const first = await markForDeletion(tx, connector.id, { by: deed.asker.person, now });
    if (first) await auditDeed(tx, deed, { result: 'asked', now });
  });
}
