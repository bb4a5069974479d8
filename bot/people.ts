import { TeamsInfo, type TurnContext } from 'botbuilder';
import { missing, type Need, permissionsOf } from '../ingestion/azure/rights.ts';
import { listWorkspaces } from '../ingestion/azure/workspaces.ts';
import type { Person, Workspace } from '../ingestion/connector.ts';
import { ConnectorError } from '../ingestion/errors.ts';
import type { World } from '../ingestion/world.ts';

/** The person behind an authenticated activity; the gate has made sure of the id. */
export function personOf(context: TurnContext): Person {
  const { aadObjectId, name } = context.activity.from;
  return { id: aadObjectId ?? '', name: name ?? 'Somebody' };
}

export type Standing = 'member' | 'guest' | 'unknown';

const rememberMs = 10 * 60_000;
const mostRemembered = 10_000;

/** Tells members of the tenant from guests by the conversation's roster, which is asked at most every ten minutes. */
export class Roster {
  readonly #world: World;
  readonly #known = new Map<string, { standing: Standing; at: number }>();

  constructor(world: World) {
    this.#world = world;
  }

  /** `unknown` when the roster can't be read: then the answer to everything is no. */
  async standing(context: TurnContext): Promise<Standing> {
    const { id } = context.activity.from;
    const key = `${context.activity.conversation.id.split(';')[0]} ${id}`;
    const now = this.#world.now();
    const known = this.#known.get(key);
    if (known && now - known.at < rememberMs) return known.standing;
    const standing = await this.#ask(context, id);
    if (standing === 'unknown') return standing;
    if (this.#known.size >= mostRemembered) this.#known.clear();
    this.#known.set(key, { standing, at: now });
    return standing;
  }

  async #ask(context: TurnContext, id: string): Promise<Standing> {
    try {
      const member = await TeamsInfo.getMember(context, id);
      const ownTenant = member.tenantId === undefined || member.tenantId === context.activity.conversation.tenantId;
      return member.userRole === 'user' && ownTenant ? 'member' : 'guest';
    } catch {
      // Whatever the reason, somebody whose standing can't be read may do nothing.
      return 'unknown';
    }
  }
}

/** Whether a person's own rights in Azure cover `needs` on a workspace: the lacking ones, or why they can't be read. */
export type Rights = { kind: 'known'; lacking: Need[] } | { kind: 'unreadable'; error: ConnectorError };

export async function rightsOn(world: World, person: Person, workspace: Workspace, needs: Need[]): Promise<Rights> {
  try {
    return { kind: 'known', lacking: missing(needs, await permissionsOf(world, person.id, workspace)) };
  } catch (error) {
    if (error instanceof ConnectorError) return { kind: 'unreadable', error };
    throw error;
  }
}

/** Whether a person has `needs` on at least one workspace that the bot knows. Throws ConnectorError when Azure can't say. */
export async function hasSomewhere(world: World, person: Person, needs: Need[]): Promise<boolean> {
  const workspaces = await listWorkspaces(world);
  const rights = await Promise.all(workspaces.map((workspace) => rightsOn(world, person, workspace, needs)));
  return rights.some((right) => right.kind === 'known' && right.lacking.length === 0);
}
