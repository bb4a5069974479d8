import type pg from 'pg';
import { evidenceLine } from '../cards/words/hints.ts';
import { sentences } from '../cards/words/sentences.ts';
import { missing, type Need, permissionsOf, type RightsParts } from '../ingestion/azure/access/rights.ts';
import { fewestRoles } from '../ingestion/azure/access/roles.ts';
import type { Connector, Person, Workspace } from '../ingestion/connector/connector.ts';
import { getConnector } from '../ingestion/connector/connectors.ts';
import { ConnectorError } from '../ingestion/errors.ts';
import { type Deadline, raced } from '../ingestion/runtime/deadline.ts';
import type { Runtime } from '../ingestion/runtime/runtime.ts';

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
