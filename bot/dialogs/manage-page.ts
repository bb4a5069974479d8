import { type ManagePage, manageDialog } from '../../cards/dialogs/manage.ts';
import { type Connector, isLake } from '../../ingestion/connector/connector.ts';
import { listFeeding } from '../../ingestion/connector/connectors.ts';
import type { Deadline } from '../../ingestion/runtime/deadline.ts';
import type { Queryable } from '../../ingestion/store/queryable.ts';
import type { Deed } from '../authorization.ts';
import type { Backend } from '../teams/backend.ts';
import type { DialogAnswer, DialogCall } from '../teams/dialog.ts';
import { conversationsFor } from './choices.ts';
import { type Draft, triedKeyId } from './drafts.ts';

/** One call of one person's manage dialog, the change that it may come to, and until when Teams waits for its answer. */
export type ManageTurn = { call: DialogCall; draft: Draft; connector: Connector; deed: Deed; deadline: Deadline };

type Drawn = { texts: ManagePage['values'] } & Pick<ManagePage, 'errors'> &
  Partial<Pick<ManagePage, 'notes' | 'newDomain' | 'shorter'>>;

/** The page of the manage dialog: what its fields hold, what is wrong with it, and what needs a yes. */
export async function showManage(
  { pool, outboundAddresses }: Backend,
  { call, draft, connector }: ManageTurn,
  { texts: values, ...drawn }: Drawn,
): Promise<DialogAnswer> {
  const conversations = await conversationsFor(pool, call, connector.settings.conversationId);
  const feeding = drawn.newDomain ? await othersFeeding(pool, connector, drawn.newDomain) : [];
  const page = {
    connector,
    feeding,
    draft: draft.id,
    lake: isLake(connector),
    conversations,
    outboundAddresses,
    keyKept: triedKeyId(draft) !== null,
  };
  const card = manageDialog({ notes: [], newDomain: null, shorter: null, ...page, values, ...drawn });
  return { kind: 'card', title: `Manage ${connector.name}`, card };
}

/** The names of the other connectors that feed its workspace from a domain. */
export async function othersFeeding(db: Queryable, { id, tenantId, settings }: Connector, domain: string) {
  const feed = { tenantId, domain, workspaceId: settings.workspace.id, but: id };
  return (await listFeeding(db, feed)).map(({ name }) => name);
}
