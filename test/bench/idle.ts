import { setTimeout as delay } from 'node:timers/promises';
import type { Product } from './product.ts';

/** What a process with one connector takes, whose org is silent and which is polled every ten seconds. */
export type Idle = {
  cpuMsPerPoll: number;
  postgresCpuMsPerPoll: number | null;
  corePercent: number;
  restRssMb: number;
};

/** So many events before the silence; their rows are seen, so that the connector is well. */
export const eventsBeforeSilence = 50;
const settleMs = 40_000;
const measureMs = 60_000;

/** Waits until the connector has settled, and measures for a minute. CPU is that of the process and of PostgreSQL. */
export async function measureIdle(product: Product, signal: AbortSignal): Promise<Idle> {
  await product.allSent(eventsBeforeSilence);
  await delay(settleMs, undefined, { signal });
  const before = await reading(product);
  await delay(measureMs, undefined, { signal });
  const after = await reading(product);
  const polls = after.polls - before.polls;
  const postgresMs =
    before.postgresUs === null || after.postgresUs === null ? null : (after.postgresUs - before.postgresUs) / 1000;
  const cpuMs = (after.processUs - before.processUs) / 1000 + (postgresMs ?? 0);
  return {
    cpuMsPerPoll: cpuMs / polls,
    postgresCpuMsPerPoll: postgresMs === null ? null : postgresMs / polls,
    corePercent: (100 * cpuMs) / (after.at - before.at),
    restRssMb: after.rssMb,
  };
}

async function reading(product: Product) {
  const { processCpuUs, rssMb, okta } = await product.figures();
  // While nothing happens in the org, a poll is one request.
  return {
    at: performance.now(),
    processUs: processCpuUs,
    rssMb,
    polls: okta,
    postgresUs: await product.postgresCpuUs(),
  };
}
