import type pg from 'pg';
import type { Connector } from '../connector/connector.ts';
import { listOverdue, tellChange } from '../connector/connectors.ts';
import { followIncident } from '../connector/incidents.ts';
import { transaction } from '../store/database.ts';

/** A poll may take a minute of reading and some more of delivering; without one for so long, or three intervals, it is late. */
const longestPollMs = 5 * 60_000;

/** Says of connectors that nobody has finished a poll of that polling has stopped; the next good poll takes it back. */
export async function tellOverdue(pool: pg.Pool, now: number): Promise<void> {
  for (const connector of await listOverdue(pool, now, longestPollMs)) await tell(pool, connector, now);
}

async function tell(pool: pg.Pool, connector: Connector, now: number): Promise<void> {
  const { status } = connector;
  const since = status.lastPollAt ?? connector.provisioning.finishedAt ?? now;
  const problem = { reason: 'scheduler-down' as const, health: 'error' as const, since, evidence: {} };
  const told = { ...status, state: 'error' as const, health: 'error' as const, problem };
  await transaction(pool, async (tx) => {
    // A poll that ends at this moment knows better.
    const { rowCount } = await tx.query(
      `update connectors set status = $2 where id = $1 and desired = 'run' and status->'lastPollAt' = $3::jsonb`,
      [connector.id, told, JSON.stringify(status.lastPollAt)],
    );
    if (rowCount === 0) return;
    await followIncident(tx, { ...connector, status: told }, now);
    await tellChange(tx, connector.id, now);
  });
}
