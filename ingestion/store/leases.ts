import { randomUUID } from 'node:crypto';
import { Batch } from '../runtime/batch.ts';
import { machineMs } from '../runtime/deadline.ts';
import type { Queryable } from './queryable.ts';

/** A lease ends so long after its holder's last sign of life; nobody is waited for longer. */
const lengthMs = 20_000;
/** How often a holder gives one: three may be lost. */
const signEveryMs = 5_000;

/** Of the holder's leases with these names, those whose rows nobody else has locked: for others it is not waited. */
const mine = 'select name from leases where holder = $1 and name = any($2) for update skip locked';

const until = `clock_timestamp() + interval '${lengthMs} milliseconds'`;

/**
 * The right to do something alone, by its name, for a bounded time: a process that dies, or stands still, or is cut off from the
 * store loses it, and one that is well keeps it by `renew`. By the store's clock, which is the same for all. What
 * whoever wakes up after its lease has ended writes is fenced by versions.
 */
export class Leases {
  /** Which process this is, from its start to its end. */
  readonly holder = randomUUID();
  readonly #db: Queryable;
  /** What this process holds, as far as it knows. */
  readonly #held = new Set<string>();
  readonly #ended = new Batch((names: string[]) => this.#end(names));
  #renewedAt = machineMs();

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** Takes what nobody holds of these names; returns what it got. Throws what the store throws. */
  async take(wanted: string[]): Promise<string[]> {
    const names = wanted.filter((name) => !this.#held.has(name));
    const taken = await this.taking(async (leased) => {
      const { rows } = await this.#db.query<{ lease: string }>(
        `with wanted as (select unnest($2::text[]) as name), ${leased('wanted', '$1')} select name as lease from leased`,
        [this.holder, names],
      );
      return rows;
    });
    return taken.map(({ lease }) => lease);
  }

  /**
   * Takes leases within a larger statement: `leased(from, holder)` is SQL of a query `leased`, which yields the `name`s that it got
   * of those in the query `from`; `holder` is the placeholder of this holder. What comes of the statement is returned, with the name
   * of each that it got as `lease`: from then on it is held until it is released, so the caller must not lose it.
   */
  async taking<T extends { lease: string }>(
    statement: (leased: (from: string, holder: string) => string) => Promise<T[]>,
  ): Promise<T[]> {
    const taken = await statement(leasedSql);
    for (const { lease } of taken) this.#held.add(lease);
    return taken;
  }

  /** How many this process holds. */
  get count(): number {
    return this.#held.size;
  }

  /** Gives a lease back. Never rejects: one that could not be given back ends by itself. */
  async release(name: string): Promise<void> {
    this.#held.delete(name);
    await this.#ended.do(name).catch(() => undefined);
  }

  /** Gives back all that this process holds, at its end. Never rejects. */
  async releaseAll(): Promise<void> {
    this.#held.clear();
    await this.#db.query('delete from leases where holder = $1', [this.holder]).catch(() => undefined);
  }

  /**
   * To be called every second, and before more is taken, so that what this process does is not taken by itself: every few seconds
   * it gives the sign of life for all that is held. Throws what the store throws.
   */
  async renew(): Promise<void> {
    const at = machineMs();
    if (at - this.#renewedAt < signEveryMs) return;
    const names = [...this.#held];
    if (names.length > 0)
      await this.#db.query(`update leases set until = ${until} where name in (${mine})`, [this.holder, names]);
    this.#renewedAt = at;
  }

  /** Runs `work` while this process alone holds `name`; null when another holds it. Throws what `work` and the store throw. */
  async whileHeld<T>(name: string, work: () => Promise<T>): Promise<T | null> {
    if ((await this.take([name])).length === 0) return null;
    try {
      return await work();
    } finally {
      await this.release(name);
    }
  }

  async #end(names: string[]): Promise<null[]> {
    await this.#db.query(`delete from leases where name in (${mine})`, [this.holder, names]);
    return names.map(() => null);
  }
}

function leasedSql(from: string, holder: string): string {
  return `leased as (
    insert into leases as l (name, holder, until) select distinct name, ${holder}::uuid, ${until} from ${from} as wanted
     where not exists (select from leases where leases.name = wanted.name)
        or (select leases.name from leases where leases.name = wanted.name and leases.until < clock_timestamp()
               for update skip locked) is not null
    on conflict (name) do update set holder = excluded.holder, until = excluded.until
     where l.until < clock_timestamp()
    returning name)`;
}

/**
 * SQL that is true while nobody holds the lease with the name that `name`, an SQL expression, says. The leases are read once for a
 * statement: looked up for each row they would be searched from end to end, as the plan is made while there are few.
 */
export const isFree = (name: string) => `${name} not in (select name from leases where until > clock_timestamp())`;

/** Those of these names whose lease somebody holds. */
export async function heldLeases(db: Queryable, names: string[]): Promise<Set<string>> {
  const { rows } = await db.query<{ name: string }>(
    'select name from leases where name = any($1) and until > clock_timestamp()',
    [names],
  );
  return new Set(rows.map(({ name }) => name));
}

/** Takes away what nobody will give back: of processes that have died, for what is not done again. */
export async function pruneLeases(db: Queryable): Promise<void> {
  await db.query(`delete from leases where until < clock_timestamp() - interval '1 hour'`);
}

/** Takes all leases away, of whoever was alone on the store and is no more. */
export async function endLeases(db: Queryable): Promise<void> {
  await db.query('delete from leases');
}
