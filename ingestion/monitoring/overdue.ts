import type pg from 'pg';
import type { Connector } from '../connector/connector.ts';
import { type Lateness, listOverdue } from '../connector/connectors.ts';
import type { Audience } from '../connector/incidents.ts';
import { saveUnpolled } from '../connector/statuses.ts';
import type { Queryable } from '../store/queryable.ts';

/** How often each instance looks for polls that do not happen. */
const everyMs = 5_000;
/**
 * With these, what is wrong is told two intervals and half a minute after the poll was due, also at the shortest interval: a
 * process that stands still has lost its leases by then. A poll that runs has an end before, whatever hangs.
 */
const lateness: Lateness = { beyondMs: 20_000, longestMs: 5 * 60_000 };
/** Whoever has not looked for so long was stopped, or the clock has moved: what happened meanwhile it can't know. */
const longestGapMs = 15_000;

/** What is looked for again and again is asked by `looks`. */
type Parts = { pool: pg.Pool; looks?: Queryable; audience: Audience };

/**
 * Says of connectors whose poll is overdue at `now` that polling has stopped; the next poll takes it back. `since`: when this
 * instance began to look; what was due before is given as much time from then.
 */
export async function raiseOverdue(parts: Parts, { now, since }: { now: number; since: number }): Promise<void> {
  for (const connector of await listOverdue(parts.looks ?? parts.pool, { now, since }, lateness))
    await saveUnpolled(parts, connector, { problem: schedulerDown(connector, now), now });
}

function schedulerDown({ status, provisioning }: Connector, now: number) {
  const since = status.lastPollAt ?? provisioning.finishedAt ?? now;
  return { reason: 'scheduler-down', health: 'error', since, evidence: {} } as const;
}

/**
 * What to call at least every few seconds with the time: it looks every five. An instance that has just begun, or was stopped
 * itself, knows of no poll that is overdue: first it and the others get the time to catch up.
 */
export function openWatch(parts: Parts): (now: number) => Promise<void> {
  let since = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  return async (now) => {
    const gap = now - last;
    if (gap >= 0 && gap < everyMs) return;
    if (gap < 0 || gap > longestGapMs) since = now;
    last = now;
    await raiseOverdue(parts, { now, since });
  };
}
