import { TeamsInfo, type TurnContext } from 'botbuilder';
import { evidenceLine } from '../cards/words/hints.ts';
import { sentences } from '../cards/words/sentences.ts';
import { missing, type Need, permissionsOf } from '../ingestion/azure/access/rights.ts';
import { fewestRoles } from '../ingestion/azure/access/roles.ts';
import type { Person, Workspace } from '../ingestion/connector/connector.ts';
import { ConnectorError } from '../ingestion/errors.ts';
import type { Runtime } from '../ingestion/runtime/runtime.ts';
import { tenantOf } from './teams/activity-check.ts';
import { inTime } from './teams/conversations.ts';

/** The person behind an authenticated activity; the gate has made sure of the id. */
export function personOf(context: TurnContext): Person {
  const { aadObjectId, name } = context.activity.from;
  return { id: aadObjectId ?? '', name: name ?? 'Somebody' };
}

export type Membership = 'member' | 'guest' | 'unknown';

const rememberMs = 10 * 60_000;
const mostRemembered = 10_000;

/** Tells members of the tenant from guests by the conversation's roster, which is asked at most every ten minutes. */
export class Roster {
  readonly #runtime: Runtime;
  readonly #known = new Map<string, { membership: Membership; at: number }>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** `unknown` when the roster can't be read: then the answer to everything is no. */
  async membership(context: TurnContext): Promise<Membership> {
    const { id } = context.activity.from;
    const key = `${context.activity.conversation.id.split(';')[0]} ${id}`;
    const now = this.#runtime.now();
    const known = this.#known.get(key);
    if (known && now - known.at < rememberMs) return known.membership;
    const membership = await this.#ask(context, id);
    if (membership === 'unknown') return membership;
    if (this.#known.size >= mostRemembered) this.#known.clear();
    this.#known.set(key, { membership, at: now });
    return membership;
  }

  async #ask(context: TurnContext, id: string): Promise<Membership> {
    try {
      const member = await inTime(TeamsInfo.getMember(context, id));
      const ownTenant = member.tenantId === undefined || member.tenantId === tenantOf(context.activity);
      return member.userRole === 'user' && ownTenant ? 'member' : 'guest';
    } catch {
      // Whatever the reason, somebody whose standing can't be read may do nothing.
      return 'unknown';
    }
  }
}

/** What a person lacks on a workspace, or why that can't be read: then the answer is no as well. */
export type Rights = { kind: 'known'; lacking: Need[] } | { kind: 'unreadable'; error: ConnectorError };

export async function rightsOn(
  runtime: Runtime,
  person: Person,
  workspace: Workspace,
  needs: Need[],
  deadline: AbortSignal,
): Promise<Rights> {
  try {
    const held = await inTurn(permissionsOf(runtime, person.id, workspace, deadline), deadline);
    return { kind: 'known', lacking: missing(needs, held) };
  } catch (error) {
    if (error instanceof ConnectorError) return { kind: 'unreadable', error };
    throw error;
  }
}

/** The sentence that says why a person may not do it; null when they may. */
export async function refusalOn(
  runtime: Runtime,
  person: Person,
  workspace: Workspace,
  needs: Need[],
  deadline = turnDeadline(),
): Promise<string | null> {
  const rights = await rightsOn(runtime, person, workspace, needs, deadline);
  if (rights.kind === 'unreadable') return sentences.unreadableRights(evidenceLine(rights.error.evidence));
  return rights.lacking.length > 0 ? sentences.mayNot(workspace.name, whyNot(workspace, rights.lacking)) : null;
}

/** Why somebody who lacks these may not: of a delegated workspace nobody can tell, so there the answer is no as well. */
export function whyNot({ delegated }: Workspace, lacking: Need[]): string {
  const roles = fewestRoles(lacking);
  return delegated ? sentences.unseenRights(roles) : sentences.lacks(roles);
}

const turnMs = 7_000;

/** Teams shows "Unable to reach app" after some ten seconds: what Azure has not said by then is said to be unreadable. */
export function turnDeadline(): AbortSignal {
  return AbortSignal.timeout(turnMs);
}

/** What was asked, or a fault at the deadline: the request of a token, and what others have asked for too, know of none. */
export function inTurn<T>(asked: Promise<T>, deadline: AbortSignal): Promise<T> {
  const late = () => new ConnectorError('azure-unreachable', { text: 'No answer in time.' });
  const over = new Promise<never>((_, fail) => {
    if (deadline.aborted) fail(late());
    deadline.addEventListener('abort', () => fail(late()), { once: true });
  });
  return Promise.race([asked, over]);
}
