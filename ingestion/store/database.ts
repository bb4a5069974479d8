import { createHash } from 'node:crypto';
import pg from 'pg';
import { endsWithin, realDeadline } from '../runtime/deadline.ts';
import { type Access, type Address, accessTo, explained, type Identity } from './access.ts';
import { openEmbedded } from './embedded.ts';
import { endLeases, Leases } from './leases.ts';
import { migrate } from './migrations.ts';
import type { Queryable } from './queryable.ts';
import { expectSessions, explainedPooler } from './sessions.ts';

/** The open store: a pool whose timestamps are numbers (ms since the epoch), and the right to be alone on it. */
export type Database = {
  address: Address;
  access: Access;
  pool: pg.Pool;
  /** For what is asked each second by named statements: each connection plans them once, whatever they are asked with. */
  looks: pg.Pool;
  /** What this process alone may do. */
  leases: Leases;
  /** Ends all connections, those that somebody still holds too, and the embedded server. Never rejects. */
  close(): Promise<void>;
};

/** `stopping`: aborts when nobody waits for the store any more. */
type Options = { databaseUrl: string | null; dataDir: string; databaseAuth?: Address['auth']; stopping?: AbortSignal };

/** A look that has no answer is given up before the leases end that are renewed between looks. */
const lookMs = 10_000;
const longestQueryMs = 45_000;

/** How long connections are waited for that are still in use. */
const releaseMs = 1_000;

/**
 * Opens PostgreSQL at `databaseUrl`, or the embedded one on `dataDir`, and brings its schema up to date.
 * On an embedded store a second app ends with a sentence that says so. `identity` is what signs in by Entra. Throws errors
 * whose message is for whoever starts the app, and those of PostgreSQL.
 */
export async function openDatabase(options: Options, identity?: Identity): Promise<Database> {
  const embedded = options.databaseUrl ? null : await openEmbedded(options.dataDir, {}, options.stopping);
  const url = options.databaseUrl ?? embedded?.url ?? '';
  const address: Address = { url, auth: (identity && options.databaseAuth) ?? 'password' };
  const access = identity ? accessTo(address, identity) : { connectionString: url };
  const owner = embedded ? await claimDirectory(url, options.dataDir) : null;
  const pool = openPool(access, 20);
  // Left to itself, PostgreSQL plans the longest of them anew each second, which takes ten times as long as it runs.
  const looks = openPool(access, 2, { setting: 'plan_cache_mode=force_generic_plan', queryMs: lookMs });
  const leases = new Leases(pool);
  const close = async () => {
    await endsWithin(
      leases.releaseAll().then(() => Promise.all([pool.end(), looks.end()])),
      realDeadline(releaseMs),
    );
    // The claim goes last: nobody may take a server over that is about to stop.
    await embedded?.stop();
    await owner?.end();
  };
  try {
    if (!embedded) await expectSessions(pool);
    await migrate(pool);
  } catch (fault) {
    await close();
    const error = explainedPooler(fault);
    throw identity ? await explained(error, address, identity) : error;
  }
  // Nobody else is on the directory: whoever had a lease has ended.
  if (owner) await endLeases(pool);
  return { address, access, pool, looks, leases, close };
}

// Keepalives: the server notices within half a minute that an instance is cut off, and frees what it had locked. One that is
// stopped answers them still, so a transaction in which nothing is asked is ended; nor is a lock waited for without an end. The
// longest that a transaction waits for somebody is a deed's deadline at Azure, 9 s.
const session =
  '-c search_path=patchbay -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c idle_in_transaction_session_timeout=25s -c lock_timeout=12s';

/**
 * At most `max` connections, on which timestamps (ms since the epoch) and counts come as numbers; a query is given up after `queryMs`,
 * 45 s where that is not said. `setting`: one more of PostgreSQL's for each session.
 */
export function openPool(access: Access, max: number, { setting = '', queryMs = longestQueryMs } = {}): pg.Pool {
  const pool = new pg.Pool({
    ...access,
    application_name: 'patchbay',
    max,
    connectionTimeoutMillis: 10_000,
    // Longer than most intervals: a new one costs more than all that a poll asks.
    idleTimeoutMillis: 300_000,
    statement_timeout: 30_000,
    query_timeout: queryMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    options: setting ? `${session} -c ${setting}` : session,
    types: { getTypeParser: parserFor },
  });
  // An idle client that loses its server must not end the process; the next query opens a new one.
  pool.on('error', () => undefined);
  // Nor must one that is out: whoever uses it gets the error from its query.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

const timestamptz = 1184;
const int8 = 20;

const dateOf = pg.types.getTypeParser(timestamptz);

function parserFor(oid: number, format?: 'text' | 'binary') {
  if (format !== 'binary' && oid === timestamptz) return (text: string) => Number(dateOf(text));
  if (format !== 'binary' && oid === int8) return Number;
  return pg.types.getTypeParser(oid, format as 'text');
}

async function claimDirectory(url: string, dataDir: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'patchbay owner', options: session });
  client.on('error', () => undefined); // as above: losing it only gives the claim up
  await client.connect();
  const { rows } = await client.query(`select pg_try_advisory_lock(${lockKey('owner')}) as mine`);
  if (rows[0].mine) return client;
  await client.end();
  throw new Error(
    `Another Patchbay is running on ${dataDir}: stop it, or give this one a directory of its own (DATA_DIR), or a DATABASE_URL.`,
  );
}

/**
 * Whether an error says that the store can't be reached, has no connection to spare or does not answer in time, which passes:
 * classes 08, 53 and 57, 25P03 (a transaction that was idle for too long), 40P01 and 55P03 (a lock that others held for too long)
 * of postgresql.org/docs/current/errcodes-appendix.html, what the network says, and pg's own words for its time-outs.
 */
export function isStoreAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  if (code)
    return /^(08...|53...|57...|25P03|40P01|55P03|ECONN.*|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN)$/.test(
      code,
    );
  return /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout)/.test(error.message);
}

/** Runs `work` in one transaction; what it throws rolls all back, and is thrown on. */
export async function transaction<T>(pool: pg.Pool, work: (tx: Queryable) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    client.release();
    return result;
  } catch (error) {
    // A connection that can't even roll back is thrown away; the server rolls back when it closes.
    await client.query('rollback').then(
      () => client.release(),
      () => client.release(true),
    );
    throw error;
  }
}

/** A 64-bit key in decimal for `name`, as advisory locks want it. */
function lockKey(name: string): string {
  return createHash('sha256').update(`patchbay:${name}`).digest().readBigInt64BE().toString();
}
