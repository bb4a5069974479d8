import { type Budget, budgetWait } from './okta.ts';
import type { Queryable } from './store/database.ts';

/** Okta's counters run about this long, from a call and not by the clock. */
const windowMs = 60_000;

/**
 * The System Log budget of one org, kept in the store: all connectors of the org, on all instances, take their calls from
 * it. Of what Okta allows, `share` is ours (0 to 1); the rest is left to whatever else reads the log.
 */
export class OrgBudget {
  readonly #db: Queryable;
  readonly #domain: string;
  readonly #share: number;
  readonly #now: () => number;

  constructor(db: Queryable, given: { domain: string; share: number; now: () => number }) {
    this.#db = db;
    this.#domain = given.domain;
    this.#share = given.share;
    this.#now = given.now;
  }

  /** Takes one call. 0: go on; else how long to wait for the next window. */
  async take(): Promise<number> {
    const now = this.#now();
    const values = [this.#domain, new Date(now), new Date(now + windowMs)];
    const { rowCount } = await this.#db.query(
      `insert into budgets (domain, taken, ends_at) values ($1, 1, $3)
       on conflict (domain) do update
          set taken = case when budgets.ends_at <= $2 then 1 else budgets.taken + 1 end,
              ends_at = case when budgets.ends_at <= $2 then $3 else budgets.ends_at end
        where budgets.closed_until <= $2 and (budgets.ends_at <= $2 or budgets.taken < budgets.most)`,
      values,
    );
    return rowCount === 1 ? 0 : this.#wait(now);
  }

  async #wait(now: number): Promise<number> {
    const { rows } = await this.#db.query<{ until: number }>(
      `select greatest(closed_until, case when taken >= most then ends_at end) as until from budgets where domain = $1`,
      [this.#domain],
    );
    return Math.max(1_000, (rows[0]?.until ?? now) - now);
  }

  /** Takes in what an answer says: how much there is, when it begins anew, and whether the last calls are to be left. */
  async learn(said: Budget): Promise<void> {
    if (said.limit <= 0) return;
    const now = this.#now();
    await this.#db.query(
      `update budgets set most = $2, ends_at = $3, closed_until = greatest(closed_until, $4::timestamptz) where domain = $1`,
      [
        this.#domain,
        Math.max(1, Math.floor(said.limit * this.#share)),
        new Date(now + Math.min(said.resetMs, windowMs)),
        new Date(now + budgetWait(said)),
      ],
    );
  }

  /** Okta has refused a call: nobody asks again before. */
  async close(waitMs: number): Promise<void> {
    const until = new Date(this.#now() + waitMs);
    await this.#db.query(
      'update budgets set closed_until = greatest(closed_until, $2::timestamptz) where domain = $1',
      [this.#domain, until],
    );
  }
}
