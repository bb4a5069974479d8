import { namesOf } from '../../cards/words/names.ts';
import { sentences } from '../../cards/words/sentences.ts';
import { ownerNeeds, responderNeeds } from '../../ingestion/azure/access/rights.ts';
import { type Alert, getAlert, listMembers, type Member, stillOpen } from '../../ingestion/connector/alert.ts';
import type { AuditEntry } from '../../ingestion/connector/audit.ts';
import type { Connector } from '../../ingestion/connector/connector.ts';
import { listWorkspacesOf } from '../../ingestion/connector/directory.ts';
import { getAlertCard } from '../../ingestion/connector/outbox/card.ts';
import type { Queryable } from '../../ingestion/store/queryable.ts';
import { auditDeed, type Deed, type Done, deedOn, doAllowed, turnDeadline } from '../authorization.ts';
import type { Asker } from '../teams/asker.ts';
import type { Backend } from '../teams/backend.ts';
import { drawOutboxCard } from '../teams/card-drawing.ts';
import { drawnFor } from '../teams/viewers.ts';
import type { Button, Press, Pressed } from './button.ts';
import type { CommandCall } from './command.ts';

/** What somebody who answers incidents asks for: its name in the audit, and the change, which returns what the audit says of it. */
export type Response = {
  action: AuditEntry['action'];
  work(tx: Queryable, now: number): Promise<string>;
};

/** Does it for whoever may answer incidents on the connector's workspace; all of it or nothing. */
export function respond(
  backend: Backend,
  connector: Connector,
  { asker, action, work }: Response & { asker: Asker },
): Promise<Done<string>> {
  const deadline = turnDeadline(backend.runtime);
  const deed = deedOn(connector, { asker, action, deadline, needs: responderNeeds });
  return respondBy(backend, { deed, each: [deed] }, work);
}

/** Does it for whoever may answer incidents on the workspace of each of them; the audit has it of each. */
export function respondToAll(
  backend: Backend,
  members: Member[],
  { asker, action, work }: Response & { asker: Asker },
): Promise<Done<string>> {
  const deeds = deedsOn(members, { asker, action, deadline: turnDeadline(backend.runtime), needs: responderNeeds });
  return respondBy(backend, deeds, work);
}

/** A deed on several connectors, which takes the rights on the workspace of each, and the same of each, as the audit has it. */
export function deedsOn(members: Member[], given: Parameters<typeof deedOn>[1]): { deed: Deed; each: Deed[] } {
  const each = members.map(({ connector }) => deedOn(connector, given));
  const [only, ...others] = each;
  if (only && others.length === 0) return { deed: only, each };
  const workspaces = new Map(each.flatMap((deed) => deed.workspaces).map((one) => [one.id.toLowerCase(), one]));
  const whole = { connectorId: null, target: namesOf(members), workspaces: [...workspaces.values()] };
  return { deed: { needs: ownerNeeds, ...given, ...whole }, each };
}

/**
 * Does what is about the alerts of a conversation: they are of all connectors, so it takes the right on the workspace of each. The
 * sentence of a refusal, or null.
 */
export async function respondHere(
  backend: Backend,
  call: CommandCall,
  { action, work }: Response,
): Promise<string | null> {
  const { pool, runtime } = backend;
  const { tenantId, conversation } = call;
  const workspaces = await listWorkspacesOf(pool, tenantId);
  if (workspaces.length === 0) return sentences.nothingToRoute;
  const target = conversation.name || conversation.kind;
  const asked = { asker: call, action, target, deadline: turnDeadline(runtime) };
  const deed = { ...asked, connectorId: null, workspaces, needs: responderNeeds };
  const done = await respondBy(backend, { deed, each: [deed] }, work);
  return done.kind === 'refused' ? done.text : null;
}

function respondBy(
  backend: Backend,
  { deed, each }: { deed: Deed; each: Deed[] },
  work: Response['work'],
): Promise<Done<string>> {
  const now = backend.runtime.now();
  return doAllowed(backend, deed, async (tx) => {
    const result = await work(tx, now);
    for (const one of each) await auditDeed(tx, one, { result, now });
    return result;
  });
}

/** An alert with those of its connectors that are not well; with all of them, once it is over. */
export type Found = { alert: Alert; members: Member[] };

/** The alert with an id that a card carried, if it is of the tenant that asks; else null. */
export async function alertOf(pool: Backend['pool'], tenantId: string, id: unknown): Promise<Found | null> {
  const alert = await getAlert(pool, String(id));
  if (alert?.tenantId !== tenantId) return null;
  const all = await listMembers(pool, alert.id);
  const open = stillOpen(all);
  const members = open.length > 0 ? open : all;
  return members.length > 0 ? { alert, members } : null;
}

/** A button on an alert's card: answers with the card as it is now; one of an alert that is gone says so. */
export function onAlert(verb: string, response: (found: Found, press: Press) => Response): Button {
  return {
    verb,
    press: async (backend, press) => {
      const found = await alertOf(backend.pool, press.tenantId, press.data.incident);
      if (!found) return sentences.gone;
      const done = await respondToAll(backend, found.members, { asker: press, ...response(found, press) });
      return done.kind === 'refused' ? done.text : alertNow(backend, found.alert.id, press);
    },
  };
}

/** The alert's card as it looks now, in the place where it was pressed. */
export async function alertNow(
  backend: Backend,
  alertId: string,
  { conversationId }: Pick<Press, 'conversationId'>,
): Promise<Pressed> {
  const card = await getAlertCard(backend.pool, { alertId, conversationId });
  const drawn = card && (await drawOutboxCard(backend, card));
  return drawn ? drawnFor(backend.viewers, card, drawn).card : sentences.gone;
}
