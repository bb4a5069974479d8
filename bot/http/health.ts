import { createServer, type Server } from 'node:http';
import type { Logger } from 'pino';
import { type Census, takeCensus } from '../../ingestion/connector/census.ts';
import { openCache } from '../../ingestion/runtime/cache.ts';
import { raced, realDeadline } from '../../ingestion/runtime/deadline.ts';
import type { Counted } from '../../ingestion/runtime/metrics.ts';
import type { Runtime } from '../../ingestion/runtime/runtime.ts';
import type { Database } from '../../ingestion/store/database.ts';
import type { Unwritable } from '../../ingestion/store/probe.ts';
import type { Config } from '../config/config.ts';
import { listen } from './server.ts';

type Parts = {
  runtime: Pick<Runtime, 'now' | 'metrics'>;
  database: Pick<Database, 'pool'>;
  /** What keeps the app from its work just now, or null; an answer within two seconds. */
  readiness(): Promise<Unwritable | { why: 'stopping'; fault?: never } | null>;
  /** What other threads have counted. */
  counted(): Promise<Counted[]>;
  log: Logger;
};

type Answer = { status: number; type?: string; text: string };

/**
 * Listens to the machine around it, on a port that the internet does not see: `/healthz` while the process answers at all, `/readyz`
 * while what it is told can be kept, and `/metrics` for Prometheus.
 */
export async function listenToProbes({ healthHost, healthPort }: Config, parts: Parts): Promise<Server> {
  const routes = new Map<string | undefined, () => Answer | Promise<Answer>>([
    ['/healthz', () => ({ status: 200, text: 'ok' })],
    ['/readyz', openReadyz(parts)],
    ['/metrics', openMetricsText(parts)],
  ]);
  const server = createServer(async (request, response) => {
    const answer: Answer = (await routes.get(request.url)?.()) ?? { status: 404, text: 'not found' };
    const { status, type = 'text/plain', text } = answer;
    response.writeHead(status, { 'content-type': type });
    response.end(text);
  });
  await listen(server, { name: 'HEALTH_PORT', host: healthHost, port: healthPort });
  return server;
}

/** A change is logged, and not each question. */
function openReadyz({ readiness, log }: Parts): () => Promise<Answer> {
  let before: string | null = null;
  return async () => {
    const { why, fault } = (await readiness()) ?? { why: null };
    if (why !== before && why) log.warn({ why, err: fault }, 'Patchbay is not ready');
    if (why !== before && !why) log.info('Patchbay is ready again');
    before = why;
    return why ? { status: 503, text: `not ready: ${why}` } : { status: 200, text: 'ok' };
  };
}

/** For so long, what was counted in the store is not counted again. */
const censusMs = 10_000;
/** A store or a thread that is silent for longer leaves its part out. */
const patienceMs = 2_000;

function openMetricsText({ runtime, database, counted }: Parts): () => Promise<Answer> {
  const { metrics } = runtime;
  const censuses = openCache<{ taken: Promise<Census> }>(runtime, { most: 1, keptMs: censusMs });
  return async () => {
    const { taken } = censuses.get('') ?? { taken: takeCensus(database.pool, runtime.now()) };
    if (!censuses.has('')) censuses.set('', { taken });
    showCensus(metrics, await within(taken));
    showConnections(metrics, database);
    return { status: 200, type: metrics.contentType, text: await metrics.text((await within(counted())) ?? []) };
  };
}

/** Null where whoever is asked does not tell. */
function within<T>(told: Promise<T>): Promise<T | null> {
  return raced(told, realDeadline(patienceMs), () => new Error('late')).catch(() => null);
}

function showCensus({ connectors, workDue, workDueSeconds }: Runtime['metrics'], census: Census | null): void {
  for (const gauge of [connectors, workDue, workDueSeconds]) gauge.reset();
  for (const { connectors: count, ...alike } of census?.connectors ?? []) connectors.set(alike, count);
  for (const { work, pieces, longestMs } of census?.due ?? []) {
    workDue.set({ work }, pieces);
    workDueSeconds.set({ work }, longestMs / 1_000);
  }
}

function showConnections({ storeConnections }: Runtime['metrics'], { pool }: Parts['database']): void {
  const { totalCount, idleCount, waitingCount } = pool;
  const states = { used: totalCount - idleCount, idle: idleCount, waited: waitingCount };
  for (const [state, count] of Object.entries(states)) storeConnections.set({ state }, count);
}
