import pg from 'pg';
import { openPool } from '../../../ingestion/store/database.ts';
import { migrate } from '../../../ingestion/store/migrations.ts';
import type { Closers } from '../command.ts';
import { DataDir } from '../data-dir.ts';

/** What PostgreSQL has done up to now. CPU is that of all its processes, those that have ended too; null where there is no /proc. */
export type Done = { cpuUs: number | null; statements: number; commits: number; walBytes: number };

/** What one kind of statement has taken up to now, in milliseconds of PostgreSQL's time. */
export type Taken = { statement: string; calls: number; ms: number };

/** A real PostgreSQL of its own, with the product's schema, that counts. */
export class CountingStore {
  readonly url: string;
  readonly dataDir: string;
  readonly pool: pg.Pool;
  readonly #place: DataDir;
  readonly #counter: pg.Client;

  private constructor(given: { url: string; place: DataDir; pool: pg.Pool; counter: pg.Client }) {
    this.url = given.url;
    this.dataDir = given.place.path;
    this.pool = given.pool;
    this.#place = given.place;
    this.#counter = given.counter;
  }

  static async open(closers: Closers): Promise<CountingStore> {
    const place = await DataDir.open();
    closers.push(() => place.close());
    const { url } = await place.server({ shared_preload_libraries: 'pg_stat_statements' });
    const counter = new pg.Client({ connectionString: url });
    await counter.connect();
    closers.push(() => counter.end());
    await counter.query('create extension pg_stat_statements');
    const pool = openPool({ connectionString: url }, 10);
    closers.push(() => pool.end());
    await migrate(pool);
    return new CountingStore({ url, place, pool, counter });
  }

  /** Puts in order what was filled in, so that PostgreSQL does not while it is measured. */
  async tidy(): Promise<void> {
    await this.#counter.query('vacuum (analyze)');
    await this.#counter.query('checkpoint');
  }

  /** Statements are all that were sent, `begin` and `commit` too. */
  async done(): Promise<Done> {
    const { rows } = await this.#counter.query<Omit<Done, 'cpuUs'>>(
      `select (select sum(calls) from pg_stat_statements)::float8 as statements,
              (select xact_commit from pg_stat_database where datname = current_database())::float8 as commits,
              (select wal_bytes from pg_stat_wal)::float8 as "walBytes"`,
    );
    return { cpuUs: await this.#place.serverCpuUs(), ...(rows[0] as Omit<Done, 'cpuUs'>) };
  }

  /** What each kind of statement has taken up to now, by its id. */
  async taken(): Promise<Map<string, Taken>> {
    const { rows } = await this.#counter.query<Taken & { id: string }>(
      `select queryid::text as id, left(regexp_replace(query, '\\s+', ' ', 'g'), 120) as statement, calls::float8,
              total_exec_time + total_plan_time as ms from pg_stat_statements`,
    );
    return new Map(rows.map(({ id, ...taken }) => [id, taken]));
  }

  /** How many connectors have a poll behind them that failed. */
  async failing(): Promise<number> {
    const { rows } = await this.pool.query<{ failing: number }>(
      `select count(*)::int as failing from connectors where status->'failing' <> 'null'`,
    );
    return rows[0]?.failing ?? 0;
  }
}
