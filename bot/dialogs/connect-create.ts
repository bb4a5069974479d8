import type { pages } from '../../cards/words/fields.ts';
import type { Settings } from '../../ingestion/connector/connector.ts';
import { holdFeed } from '../../ingestion/connector/connectors.ts';
import { createOutboxCard } from '../../ingestion/connector/outbox/telling.ts';
import { createConnector } from '../../ingestion/connector/registration.ts';
import { auditDeed, commitAllowed, type Deed, type Done } from '../authorization.ts';
import type { Backend } from '../teams/backend.ts';
import type { DialogCall } from '../teams/dialog.ts';
import { consumeDraft, type Draft, findDraft, ownerOf, triedKeyId } from './drafts.ts';
import { settingsOf, tableFrom, type Values } from './fields.ts';

/** What page 3 asks for, read. */
type Details = Pick<Values, (typeof pages.connectDetails)[number]>;

/**
 * Consumes the draft and creates the connector in the workspace of the deed, in one transaction: a second submit
 * finds what the first made. `again` has not been asked for yet when the workspace gets the events of that org already.
 */
export function createFrom(
  backend: Backend,
  call: DialogCall,
  { draft, values, deed, again }: { draft: Draft; values: Details; deed: Deed; again: boolean },
): Promise<Done<'made' | 'expired' | 'taken' | 'again'>> {
  const now = backend.runtime.now();
  return commitAllowed(backend, deed, async (tx) => {
    const found = await findDraft(tx, { id: draft.id, of: ownerOf(call) }, now);
    if (found.kind === 'used') return 'made';
    const [workspace] = deed.workspaces;
    const keyId = found.kind === 'open' ? triedKeyId(found.draft) : null;
    if (found.kind !== 'open' || !keyId || !workspace) return 'expired';
    const { conversationId, answers } = found.draft;
    const clientId = answers.publicKey ? answers.client : null;
    const by = { workspace, table: tableFrom(values), keyId, clientId, createdBy: call.person };
    const { name, domain } = draft.answers;
    const feeding = await holdFeed(tx, { tenantId: call.tenantId, domain, workspaceId: workspace.id });
    if (feeding.length > 0 && !again) return 'again';
    const settings: Settings = { ...settingsOf(values), ...by };
    const connector = await createConnector(tx, { tenantId: call.tenantId, name, domain, settings }, now);
    if (!connector) return 'taken';
    await consumeDraft(tx, draft.id, connector.id);
    await createOutboxCard(tx, { kind: 'progress', connectorId: connector.id, conversationId }, now);
    await auditDeed(tx, { ...deed, connectorId: connector.id }, { result: 'created', now });
    return 'made';
  });
}
