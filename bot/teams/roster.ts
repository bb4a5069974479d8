import { TeamsInfo, type TurnContext } from 'botbuilder';
import { type Cache, openCache } from '../../ingestion/runtime/cache.ts';
import type { Runtime } from '../../ingestion/runtime/runtime.ts';
import { tenantOf } from './activity-check.ts';
import { conversationIdOf } from './conversations.ts';
import { inTime } from './questions.ts';

/** Whether somebody is a member of the tenant, a guest, or can’t be told: then the answer to everything is no. */
export type Membership = 'member' | 'guest' | 'unknown';

/** What the rosters said lately, by conversation and person. */
type Known = Cache<{ membership: Membership }>;

/** A cache for a roster: ten minutes, ten thousand people. */
export function openKnown(runtime: Runtime): Known {
  return openCache(runtime, { most: 10_000, keptMs: 10 * 60_000 });
}

/** Tells members of the tenant from guests by the conversation's roster, which is asked at most every ten minutes. */
export class Roster {
  readonly #runtime: Runtime;
  readonly #known: Known;

  constructor(runtime: Runtime, known: Known) {
    this.#runtime = runtime;
    this.#known = known;
  }

  /** `unknown` when the roster can't be read: then the answer to everything is no, and it is asked again. Never throws. */
  async membership(context: TurnContext): Promise<Membership> {
    const { id } = context.activity.from;
    const key = `${conversationIdOf(context.activity)} ${id}`;
    const known = this.#known.get(key);
    if (known) return known.membership;
    const membership = await askMembership(this.#runtime, context, id);
    if (membership !== 'unknown') this.#known.set(key, { membership });
    return membership;
  }
}

async function askMembership(runtime: Runtime, context: TurnContext, id: string): Promise<Membership> {
  try {
    const member = await inTime(runtime, TeamsInfo.getMember(context, id));
    const ownTenant = member.tenantId === undefined || member.tenantId === tenantOf(context.activity);
    return member.userRole === 'user' && ownTenant ? 'member' : 'guest';
  } catch {
    // Whatever the reason, somebody whose membership can't be read may do nothing.
    return 'unknown';
  }
}
