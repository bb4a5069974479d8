import { TeamsInfo, type TurnContext } from 'botbuilder';
import type { Runtime } from '../../ingestion/runtime/runtime.ts';
import { tenantOf } from './activity-check.ts';
import { inTime } from './conversations.ts';

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

  /** `unknown` when the roster can't be read: then the answer to everything is no. Never throws. */
  async membership(context: TurnContext): Promise<Membership> {
    const { id } = context.activity.from;
    const key = `${context.activity.conversation.id.split(';')[0]} ${id}`;
    const now = this.#runtime.now();
    const known = this.#known.get(key);
    if (known && now - known.at < rememberMs) return known.membership;
    const membership = await askMembership(context, id);
    if (membership === 'unknown') return membership;
    if (this.#known.size >= mostRemembered) this.#known.clear();
    this.#known.set(key, { membership, at: now });
    return membership;
  }
}

async function askMembership(context: TurnContext, id: string): Promise<Membership> {
  try {
    const member = await inTime(TeamsInfo.getMember(context, id));
    const ownTenant = member.tenantId === undefined || member.tenantId === tenantOf(context.activity);
    return member.userRole === 'user' && ownTenant ? 'member' : 'guest';
  } catch {
    // Whatever the reason, somebody whose standing can't be read may do nothing.
    return 'unknown';
  }
}
