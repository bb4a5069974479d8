import type pg from 'pg';
import type { Logger } from 'pino';
import { pruneRecords } from '../connector/health-records.ts';
import type { Audience } from '../connector/incidents.ts';
import { pruneStatistics } from '../connector/statistics.ts';
import { raiseIdleTokens } from '../monitoring/idle-token.ts';
import { openWatch } from '../monitoring/overdue.ts';
import { realDeadline } from '../runtime/deadline.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { pruneLeases } from '../store/leases.ts';

/** How often each instance looks for what has been forgotten, by the machine's own clock. */
const everyMs = 60_000;

type RoundParts = {
  runtime: Runtime;
  pool: pg.Pool;
  looks: pg.Pool;
  log: Logger;
  audience: Audience;
  /** Takes away abandoned dialogs with the tokens that were kept for them, and places that are gone. */
  sweep(): Promise<void>;
};

/**
 * What to call again and again: every few seconds it tells of connectors that nobody polls; once a minute of tokens that nobody
 * uses, and takes away what nobody needs.
 */
export function openRound({ runtime, pool, looks, log, audience, sweep }: RoundParts): () => Promise<void> {
  let pause = realDeadline(everyMs);
  const watch = openWatch({ pool, looks, audience });
  return async () => {
    await watch(runtime.now());
    if (pause.leftMs() > 0) return;
    pause = realDeadline(everyMs);
    const now = runtime.now();
    await raiseIdleTokens({ pool, audience }, now);
    await sweep();
    await pruneStatistics(pool, now);
    await pruneLeases(pool);
    const lost = await pruneRecords(pool, now);
    if (lost > 0) log.warn({ records: lost }, 'health records that could not be sent were given up');
    // The deployed alert rule "Patchbay is silent" waits for this line.
    log.info('Patchbay is at work');
  };
}
