import type { pages } from '../../cards/words/fields.ts';
import { audit } from '../../ingestion/connector/audit.ts';
import type { Connector, Settings, Workspace } from '../../ingestion/connector/connector.ts';
import { createOutboxCard } from '../../ingestion/connector/outbox.ts';
import { createConnector } from '../../ingestion/connector/registration.ts';
import { type Queryable, transaction } from '../../ingestion/store/database.ts';
import type { Backend } from '../backend.ts';
import type { DialogCall } from '../teams/dialog.ts';
import { consumeDraft, type Draft, findDraft, ownerOf } from './drafts.ts';
import { settingsOf, tableFrom, type Values } from './fields.ts';

/** What page 3 asks for, read. */
type Details = Pick<Values, (typeof pages.connectDetails)[number]>;

/** Consumes the draft and creates the connector in one transaction: a second submit finds what the first made. */
export function createFrom(
  { runtime, pool }: Backend,
  call: DialogCall,
  { draft, values, workspace }: { draft: Draft; values: Details; workspace: Workspace },
): Promise<'made' | 'expired' | 'taken'> {
  const now = runtime.now();
  return transaction(pool, async (tx) => {
    const found = await findDraft(tx, { id: draft.id, of: ownerOf(call) }, now);
    if (found.kind === 'used') return 'made';
    if (found.kind !== 'open' || !found.draft.keyId) return 'expired';
    const { keyId, conversationId } = found.draft;
    const by = { workspace, table: tableFrom(values), keyId, createdBy: call.person };
    const { name, domain } = draft.answers;
    const settings: Settings = { ...settingsOf(values), ...by };
    const connector = await createConnector(tx, { tenantId: call.tenantId, name, domain, settings }, now);
    if (!connector) return 'taken';
    await consumeDraft(tx, draft.id, connector.id);
    await createOutboxCard(tx, { connectorId: connector.id, incidentId: null, conversationId }, now);
    await auditConnect(tx, call, { connector, now });
    return 'made';
  });
}

function auditConnect(
  tx: Queryable,
  { tenantId, person: actor, conversationId, activityId }: DialogCall,
  { connector: { name, domain, settings }, now }: { connector: Connector; now: number },
): Promise<void> {
  const target = `${name} (${domain} → ${settings.workspace.name})`;
  return audit(tx, { tenantId, actor, action: 'connect', target, result: 'created', conversationId, activityId }, now);
}
