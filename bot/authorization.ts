import type pg from 'pg';
import { evidenceLine } from '../cards/words/hints.ts';
import { sentences } from '../cards/words/sentences.ts';
import {
  missing,
  type Need,
  openRoleDefinitions,
  ownerNeeds,
  permissionsOf,
  type RightsParts,
} from '../ingestion/azure/access/rights.ts';
import { fewestRoles } from '../ingestion/azure/access/roles.ts';
import { type AuditEntry, audit } from '../ingestion/connector/audit.ts';
import type { Connector, Person, Workspace } from '../ingestion/connector/connector.ts';
import { getConnector } from '../ingestion/connector/connectors.ts';
import { ConnectorError } from '../ingestion/errors.ts';
import { type Deadline, raced } from '../ingestion/runtime/deadline.ts';
import type { Runtime } from '../ingestion/runtime/runtime.ts';
import { transaction } from '../ingestion/store/database.ts';
import type { Queryable } from '../ingestion/store/queryable.ts';
import type { Asker } from './teams/asker.ts';
import type { Backend } from './teams/backend.ts';

/** What a person lacks on a workspace, or why that can't be read: then the answer is no as well. */
export type Rights = { kind: 'known'; lacking: Need[] } | { kind: 'unreadable'; error: ConnectorError };

/** Whether this person can do that, by their role assignments in Azure, on this workspace. */
export type RightsQuestion = { person: Person; workspace: Workspace; needs: Need[] };

/** Asks Azure at this moment. Never throws for what Azure says or does not say. */
export async function rightsOn(
  parts: RightsParts,
  { person, workspace, needs }: RightsQuestion,
  deadline: Pick<Deadline, 'signal'>,
): Promise<Rights> {
  try {
    const held = await inTurn(permissionsOf(parts, { userId: person.id, workspace }, deadline.signal), deadline);
    return { kind: 'known', lacking: missing(needs, held) };
  } catch (error) {
    if (error instanceof ConnectorError) return { kind: 'unreadable', error };
    throw error;
  }
}

/** The sentence that says why a person may not do it; null when they may. */
export async function refusalOn(
  parts: RightsParts,
  question: RightsQuestion,
  deadline: Pick<Deadline, 'signal'> = turnDeadline(parts.runtime),
): Promise<string | null> {
  const { workspace } = question;
  const rights = await rightsOn(parts, question, deadline);
  if (rights.kind === 'unreadable') return sentences.unreadableRights(evidenceLine(rights.error.evidence));
  return rights.lacking.length > 0 ? sentences.mayNot(workspace.name, whyNot(workspace, rights.lacking)) : null;
}

/**
 * What somebody asks for that takes rights: who and where, what the audit calls it, the workspaces on which they must be able to
 * do what, and until when Teams waits.
 */
export type Deed = {
  asker: Asker;
  action: AuditEntry['action'];
  connectorId: string | null;
  target: string;
  workspaces: Workspace[];
  needs: Need[];
  deadline: Pick<Deadline, 'signal'>;
};

/** A change of a connector, which takes the rights of an owner on its workspace, unless it needs less. */
export function deedOn(
  { id: connectorId, name, domain, settings }: Connector,
  { asker, action, deadline, needs = ownerNeeds }: Pick<Deed, 'asker' | 'action' | 'deadline'> & Partial<Deed>,
): Deed {
  const workspaces = [settings.workspace];
  return { asker, action, deadline, connectorId, target: `${name} (${domain})`, workspaces, needs };
}

/** Writes what came of a deed into the audit; in its own transaction, where there is one. */
export function auditDeed(
  db: Queryable,
  { asker, action, connectorId, target }: Pick<Deed, 'asker' | 'action' | 'connectorId' | 'target'>,
  { result, now }: { result: string; now: number },
): Promise<void> {
  const { tenantId, person: actor, conversationId, activityId } = asker;
  return audit(db, { tenantId, actor, action, connectorId, target, result, conversationId, activityId }, now);
}

/** The sentence that says why its person may not do it at this moment, which the audit then has; null when they may. */
export async function refusalOf(backend: Backend, deed: Deed): Promise<string | null> {
  const refusal = await firstRefusal(backend, deed);
  if (refusal) await auditDeed(backend.pool, deed, { result: 'refused', now: backend.runtime.now() });
  return refusal;
}

async function firstRefusal(parts: RightsParts, { asker: { person }, workspaces, needs, deadline }: Deed) {
  const each = workspaces.map((workspace) => refusalOn(parts, { person, workspace, needs }, deadline));
  return (await Promise.all(each)).find((refusal) => refusal !== null) ?? null;
}

/** How a deed ended: with what its work returned, or undone, with the sentence that says why. */
export type Done<T> = { kind: 'done'; value: T } | { kind: 'refused'; text: string };

/** Rolls a transaction back whose person may not make the change. */
class Refusal extends Error {}

/**
 * Does `work` for somebody whose rights were not read in this turn. They are read before the store is held up by it, and again at
 * its end, as `commitAllowed` does.
 */
export async function doAllowed<T>(
  backend: Backend,
  deed: Deed,
  work: (tx: Queryable) => Promise<T>,
): Promise<Done<T>> {
  const refusal = await refusalOf(backend, deed);
  return refusal ? { kind: 'refused', text: refusal } : commitAllowed(backend, deed, work);
}

/**
 * Does `work` in a transaction, and reads the rights of its person as the last thing before the commit, from Azure alone: a right
 * that was taken while a platform or a lock was waited for lets nothing through. Refused, all of it is undone, and audited.
 */
export async function commitAllowed<T>(
  backend: Backend,
  deed: Deed,
  work: (tx: Queryable) => Promise<T>,
): Promise<Done<T>> {
  const { runtime, pool } = backend;
  const uncached = { runtime, roleDefinitions: openRoleDefinitions(runtime) };
  try {
    const value = await transaction(pool, async (tx) => {
      const result = await work(tx);
      const refusal = await firstRefusal(uncached, deed);
      if (refusal) throw new Refusal(refusal);
      return result;
    });
    return { kind: 'done', value };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    await auditDeed(pool, deed, { result: 'refused', now: runtime.now() });
    return { kind: 'refused', text: error.message };
  }
}

/** The deeds by what their dialogs, buttons and commands are called. */
const deeds = new Map<string, AuditEntry['action']>([
  ['connect', 'connect'],
  ['manage', 'manage'],
  ['pause', 'pause'],
  ['resume', 'resume'],
  ['delete', 'delete'],
  ['retry', 'retry'],
  ['alerts', 'alerts'],
  ['ack', 'acknowledge'],
  ['acknowledge', 'acknowledge'],
  ['snooze', 'snooze'],
  ['end-snooze', 'snooze'],
  ['silence', 'snooze'],
  ['mute', 'mute'],
  ['unmute', 'mute'],
  ['digest', 'digest'],
  ['content-change', 'content'],
]);

/**
 * Has the audit know that a guest, or somebody whose membership can't be read, has asked for a deed; `called` is the name of its
 * dialog, button or command, and what is none is no deed. `id` is that of a connector, as a card carried it.
 */
export async function auditShutOut(
  { pool, runtime }: Backend,
  asker: Asker,
  { called, id = null }: { called: string; id?: unknown },
): Promise<void> {
  const action = deeds.get(called);
  if (!action) return;
  const connector = id === null ? null : await connectorOf(pool, asker.tenantId, id);
  const about = connector ? deedOn(connector, { asker, action, deadline: turnDeadline(runtime) }) : null;
  const nothing = { asker, action, connectorId: null, target: '' };
  await auditDeed(pool, about ?? nothing, { result: 'refused', now: runtime.now() });
}

/** Why somebody who lacks these may not: of a delegated workspace nobody can tell, so there the answer is no as well. */
export function whyNot({ delegated }: Workspace, lacking: Need[]): string {
  const roles = fewestRoles(lacking);
  return delegated ? sentences.unseenRights(roles) : sentences.lacks(roles);
}

/** The connector with an id that a card carried, if it is of the tenant that asks; else null. */
export async function connectorOf(pool: pg.Pool, tenantId: string, id: unknown): Promise<Connector | null> {
  const connector = await getConnector(pool, String(id));
  return connector?.tenantId === tenantId ? connector : null;
}

const turnMs = 7_000;

/** Teams shows "Unable to reach app" after some ten seconds: what Azure has not said by then is said to be unreadable. */
export function turnDeadline(runtime: Pick<Runtime, 'deadline'>): Deadline {
  return runtime.deadline(turnMs);
}

/**
 * What Azure was asked, or `azure-unreachable` at the deadline: the request of a token, and what others have asked for too, know
 * of none.
 */
export function inTurn<T>(asked: Promise<T>, deadline: Pick<Deadline, 'signal'>): Promise<T> {
  return raced(asked, deadline, () => new ConnectorError('azure-unreachable', { text: 'No answer in time.' }));
}
