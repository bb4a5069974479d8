import type pg from 'pg';
import type { Connector } from '../connector/connector.ts';
import { listOverdue } from '../connector/connectors.ts';
import type { Audience } from '../connector/incidents.ts';
import { saveUnpolled } from '../connector/statuses.ts';

/** A poll may take a minute of reading and some more of delivering; without one for so long, or three intervals, it is late. */
const longestPollMs = 5 * 60_000;

/** Says of connectors that nobody has finished a poll of that polling has stopped; the next good poll takes it back. */
export async function raiseOverdue(parts: { pool: pg.Pool; audience: Audience }, now: number): Promise<void> {
  for (const connector of await listOverdue(parts.pool, now, longestPollMs))
    await saveUnpolled(parts, connector, { problem: schedulerDown(connector, now), now });
}

function schedulerDown({ status, provisioning }: Connector, now: number) {
  const since = status.lastPollAt ?? provisioning.finishedAt ?? now;
  return { reason: 'scheduler-down', health: 'error', since, evidence: {} } as const;
}
