import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { say } from '../command.ts';

/** One row that another session holds: of the connector at `host`, or of what all share. */
const held = new Map<string, string>([
  ['connectors', 'select 1 from patchbay.connectors where domain = $1 for update'],
  ['health_rules', 'select $1::text from patchbay.health_rules limit 1 for update'],
  [
    'leases',
    `select 1 from patchbay.leases join patchbay.connectors on leases.name = 'connector:' || connectors.id
      where domain = $1 for update of leases`,
  ],
]);

/** The tables of which a row can be held. */
export const lockable = [...held.keys()];

const patienceMs = 20_000;

/** Holds one row of the table in a transaction of its own while `work` is under way; false where there was none to hold. */
export async function whileLocked(
  { url, table, host }: { url: string; table: string; host: string },
  work: () => Promise<void>,
): Promise<boolean> {
  const session = new pg.Client({ connectionString: url });
  await session.connect();
  try {
    await session.query('begin');
    // A lease comes and goes with each poll.
    for (const until = Date.now() + patienceMs; ; await delay(5)) {
      const { rowCount } = await session.query(held.get(table) ?? '', [host]);
      if (rowCount) break;
      if (Date.now() > until) return false;
    }
    const asking = setInterval(() => void whoWaits(session).catch(() => undefined), 1_000); // the next second asks again
    await work().finally(() => clearInterval(asking));
    return true;
  } finally {
    await session.end(); // ends the transaction too
  }
}

/** Says who waits for whom: for whoever finds that others are held up. */
async function whoWaits(session: pg.Client): Promise<void> {
  await session.query('select pg_stat_clear_snapshot()');
  const { rows } = await session.query(
    `select pid, pg_blocking_pids(pid) as by, round(extract(epoch from clock_timestamp() - query_start)::numeric, 1) as s,
            left(regexp_replace(query, '\\s+', ' ', 'g'), 150) as query
       from pg_stat_activity where cardinality(pg_blocking_pids(pid)) > 0`,
  );
  for (const row of rows) say(JSON.stringify(row));
}
