import type { Queryable } from '../store/queryable.ts';
import { type Budget, budgetWait } from './rate-headers.ts';

/** Okta's counters run about this long, from a call and not by the clock (https://developer.okta.com/docs/reference/rate-limits/). */
const windowMs = 60_000;
const leastWaitMs = 1_000;

/**
 * The System Log budget of one org, kept in the store: all connectors of the org, on all instances, take their calls from
 * it. Of what Okta allows, `share` is ours (0 to 1); the rest is left to whatever else reads the log.
 */
export class OrgBudget {
  readonly #db: Queryable;
  readonly #domain: string;
  readonly #share: number;
  readonly #now: () => number;
  #said: { most: number; endsAt: number; closedUntil: number } | null = null;
  /** The limit, as the store has it. */
  #known: number | null = null;

  /** The budget of the org at `domain`. */
  constructor(db: Queryable, given: { domain: string; share: number; now: () => number }) {
    this.#db = db;
    this.#domain = given.domain;
    this.#share = given.share;
    this.#now = given.now;
  }

  /** Takes one call, and tells the others what the last answer said. 0: go on; else the milliseconds to the next window. */
  async take(): Promise<number> {
    const now = this.#now();
    const { granted, until } = await this.#write(now, 1);
    return granted ? 0 : Math.max(leastWaitMs, (until ?? now) - now);
  }

  /**
   * Takes in what an answer says: how much there is, when it begins anew, and whether the last calls are to be left. It is
   * written with the next `take` or `tell`. A limit of 0 tells nothing: that is Okta's sign for too many calls at once.
   */
  learn(said: Budget): void {
    if (said.limit <= 0) return;
    const now = this.#now();
    this.#said = {
      most: Math.max(1, Math.floor(said.limit * this.#share)),
      endsAt: now + Math.min(said.resetMs, windowMs),
      closedUntil: now + budgetWait(said),
    };
  }

  /** Tells the others what the last answer said, without a call, where it is news: another limit, or that calls are to wait. */
  async tell(): Promise<void> {
    const { most, closedUntil } = this.#said ?? { most: this.#known, closedUntil: 0 };
    if (most !== this.#known || closedUntil > this.#now()) await this.#write(this.#now(), 0);
  }

  /** Okta has refused a call: no connector of the org asks again for `waitMs` milliseconds. */
  async close(waitMs: number): Promise<void> {
    const now = this.#now();
    await this.#db.query(
      `insert into budgets as b (domain, taken, ends_at, closed_until) values ($1, 0, $2, $3)
       on conflict (domain) do update set closed_until = greatest(b.closed_until, excluded.closed_until)`,
      [this.#domain, new Date(now + windowMs), new Date(now + waitMs)],
    );
  }

  // Once a page, so it waits for no disk: what a crash of the store forgets of it, the next answer says again.
  async #write(now: number, calls: 0 | 1): Promise<{ granted: boolean; until: number | null }> {
    const said = this.#said;
    this.#said = null;
    const ask = () =>
      this.#db.query<{ granted: boolean; until: number | null; most: number }>({
        name: 'take-call',
        text: `with quick as materialized (select set_config('synchronous_commit', 'off', true)),
                  known as (
               select domain, taken, coalesce($3, most) as most, coalesce(case when $4::timestamptz > $2 then $4 end, ends_at) as ends_at,
                      greatest(closed_until, $5) as closed_until
                 from budgets, quick where domain = $1 for update of budgets),
                  judged as (
               select *, ends_at <= $2 as anew, closed_until <= $2 and (ends_at <= $2 or taken < most) as granted
                 from known)
             update budgets
                set most = judged.most, closed_until = judged.closed_until,
                    taken = case when granted then case when anew then 0 else judged.taken end + $7 else judged.taken end,
                    ends_at = case when granted and anew then $6 else judged.ends_at end
               from judged where budgets.domain = judged.domain
          returning granted, budgets.most, greatest(judged.closed_until, case when judged.taken >= judged.most then judged.ends_at end)
                    as until`,
        values: [
          this.#domain,
          new Date(now),
          said?.most ?? null,
          said && new Date(said.endsAt),
          said && new Date(said.closedUntil),
          new Date(now + windowMs),
          calls,
        ],
      });
    const found = (await ask()).rows[0] ?? (await this.#make().then(ask)).rows[0];
    this.#known = found?.most ?? null;
    return found ?? { granted: true, until: null };
  }

  /** The org is new in the store. */
  async #make(): Promise<void> {
    await this.#db.query('insert into budgets (domain, taken, ends_at) values ($1, 0, $2) on conflict do nothing', [
      this.#domain,
      new Date(this.#now() + windowMs),
    ]);
  }
}

/** How the budget of an org stands: calls taken and allowed in the window, ms since the epoch until it ends, and until when no call is made. */
export type BudgetState = { taken: number; most: number | null; closedUntil: number | null };

/** The budget of the org at `domain` as all its connectors share it; null before the first call. `most` is null until Okta has told it. */
export async function readBudget(db: Queryable, domain: string, now: number): Promise<BudgetState | null> {
  const { rows } = await db.query<{ taken: number; most: number; ends_at: number; closed_until: number }>(
    `select taken, most, ends_at, greatest(closed_until, 'epoch') as closed_until from budgets where domain = $1`,
    [domain],
  );
  const [row] = rows;
  if (!row) return null;
  return {
    taken: row.ends_at > now ? row.taken : 0,
    most: row.most === untold ? null : row.most,
    closedUntil: row.closed_until > now ? row.closed_until : null,
  };
}

/** The store's own value before Okta has told its limit. */
const untold = 1_000_000;
