import type pg from 'pg';

/**
 * Throws a sentence where connections are not sessions of PostgreSQL: behind a pooler that gives each transaction any session
 * (pgbouncer's pool_mode transaction or statement), prepared statements and settings would silently not hold; nor do those settings
 * where a pooler drops them (ignore_startup_parameters).
 */
export async function expectSessions(pool: pg.Pool): Promise<void> {
  const [one, other] = [await pool.connect(), await pool.connect()];
  try {
    const { pid, path } = await sessionOf(one);
    await other.query('begin');
    const { pid: beside } = await sessionOf(other);
    const { pid: later } = await sessionOf(one);
    await other.query('rollback');
    if (pid === beside || pid !== later) throw new Error(ofTransactions);
    if (path !== 'patchbay') throw new Error(withoutSettings);
  } finally {
    for (const client of [one, other]) client.release(true);
  }
}

async function sessionOf(client: pg.PoolClient): Promise<{ pid: number; path: string }> {
  const text = `select pg_backend_pid() as pid, current_setting('search_path') as path`;
  const { rows } = await client.query<{ pid: number; path: string }>(text);
  return rows[0] as { pid: number; path: string };
}

const ofTransactions =
  'DATABASE_URL leads to a pooler that gives every transaction another session, as pgbouncer does with pool_mode = transaction, and prepared statements do not hold there: name PostgreSQL itself, or a pool that keeps sessions.';
const withoutSettings =
  'DATABASE_URL leads to a pooler that drops or refuses the settings of a connection, as pgbouncer does with "options" and "statement_timeout": name PostgreSQL itself, or a pool that passes them on.';

/** The same for a pooler that refuses such connections at once; other errors as they are. */
export function explainedPooler(error: unknown): unknown {
  const { code, message = '' } = error as { code?: string; message?: string };
  return code === '08P01' && /startup parameter/.test(message) ? new Error(withoutSettings, { cause: error }) : error;
}
