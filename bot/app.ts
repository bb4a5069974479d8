import type { BotFrameworkAuthentication } from 'botframework-connector';
import type { Logger } from 'pino';
import { describe } from '../cards/words/health-record.ts';
import { openRoleDefinitions } from '../ingestion/azure/access/rights.ts';
import type { Content } from '../ingestion/azure/content/content.ts';
import { listChosen } from '../ingestion/connector/directory.ts';
import type { Verification } from '../ingestion/connector/verification.ts';
import { Jobs } from '../ingestion/jobs/jobs.ts';
import { endsWithin, realDeadline } from '../ingestion/runtime/deadline.ts';
import { openReadings } from '../ingestion/runtime/readings.ts';
import type { ProcessRuntime } from '../ingestion/runtime/runtime.ts';
import { noTraces, type Traces } from '../ingestion/runtime/traces.ts';
import { openSecrets } from '../ingestion/secrets/open.ts';
import { type Database, openDatabase } from '../ingestion/store/database.ts';
import { WriteProbe } from '../ingestion/store/probe.ts';
import { openRightsSummaries } from './commands/rights-summary.ts';
import type { Config } from './config/config.ts';
import { sweepDrafts } from './dialogs/drafts.ts';
import { listenToProbes } from './http/health.ts';
import { listenToTeams } from './http/messages.ts';
import { closeServer, portOf } from './http/server.ts';
import { TeamsAdapter } from './teams/adapter.ts';
import type { Backend } from './teams/backend.ts';
import { type Delivery, deliver } from './teams/card-delivery.ts';
import { pruneConversations } from './teams/conversations.ts';
import { Pacer } from './teams/pacer.ts';
import { Refusals } from './teams/refusals.ts';
import { openKnown, Roster } from './teams/roster.ts';
import { listAudience } from './teams/told-places.ts';
import { openViewers } from './teams/viewers.ts';
import { TeamsBot } from './teams-bot.ts';

/**
 * What lies outside the process, for an app that speaks in Teams. `stopping` aborts when the process is asked to end; `traces` goes
 * to whoever wants to see what takes how long.
 */
export type AppRuntime = ProcessRuntime & {
  authentication: BotFrameworkAuthentication;
  stopping?: AbortSignal;
  traces?: Traces;
};

/** A running app: where it listens to Teams and to probes, and how it ends, within ten seconds. */
export type App = { port: number; healthPort: number; close(): Promise<void> };

/** At the end, background work and then requests of Teams have so long; what is cut is found again by the next start. */
const workMs = 5_000;
const requestsMs = 2_000;

/**
 * Wires every part. Nothing runs before the store is open; what was opened first is closed last, also where something can't be
 * opened, or the process is asked to end meanwhile.
 */
export async function createApp(config: Config, given: AppRuntime, log: Logger): Promise<App> {
  const runtime = { ...given, tags: config.tags };
  const { stopping, traces = noTraces } = runtime;
  let closing = false;
  await using opened = new AsyncDisposableStack();
  opened.defer(() => traces.close());
  const database = await openDatabase({ ...config, ...(stopping && { stopping }) }, runtime);
  opened.defer(() => database.close());
  stopping?.throwIfAborted();
  const probe = new WriteProbe(database.access);
  opened.defer(() => probe.close());
  const readiness = async () => (closing ? ({ why: 'stopping' } as const) : probe.ask());
  let jobs: Jobs | null = null;
  const counted = async () => (await jobs?.counted()) ?? [];
  const health = await listenToProbes(config, { runtime, database, readiness, counted, log });
  opened.defer(() => closeServer(health, realDeadline(0)));

  const adapter = new TeamsAdapter(runtime.authentication);
  adapter.onTurnError = async (_context, error) => log.error({ err: error }, 'a turn failed');
  const backend = await openBackend(config, { runtime, database, log });
  const bot = new TeamsBot(backend, new Roster(runtime, openKnown(runtime)));
  const refusals = new Refusals(log, runtime.now);
  const teams = await listenToTeams(config, { adapter, bot, refusals, traces }, log);
  opened.defer(() => closeServer(teams, runtime.deadline(requestsMs)));
  stopping?.throwIfAborted();

  const delivery = { ...backend, adapter, appId: config.bot.appId, pacer: new Pacer(runtime) };
  const working = openJobs(config, { runtime, database, delivery, traces });
  jobs = working;
  opened.defer(() => closeJobs(working, { runtime, log }));
  stopping?.throwIfAborted();
  const parts = opened.move();
  return {
    port: portOf(teams),
    healthPort: portOf(health),
    close() {
      closing = true;
      return parts.disposeAsync();
    },
  };
}

type Ground = { runtime: AppRuntime; database: Database; log: Logger };

async function openBackend(config: Config, { runtime, database: { pool, leases }, log }: Ground): Promise<Backend> {
  return {
    runtime,
    pool,
    leases,
    secrets: await openSecrets(runtime, pool, config),
    log,
    startedAt: runtime.now(),
    tokenAgeDays: config.tokenAgeDays,
    outboundAddresses: config.outboundAddresses,
    roleDefinitions: openRoleDefinitions(runtime),
    readings: openReadings<Content[]>(runtime),
    verifications: openReadings<Verification>(runtime),
    rightsSummaries: openRightsSummaries(runtime),
    viewers: openViewers(runtime),
  };
}

function openJobs(
  { oktaShare, uploadBytes, memoryBytes, compression }: Config,
  { runtime, database, delivery, traces }: Omit<Ground, 'log'> & { delivery: Delivery & Backend; traces: Traces },
): Jobs {
  const { pool, secrets, log } = delivery;
  return Jobs.open({
    runtime,
    database,
    secrets,
    log,
    oktaShare,
    uploadBytes,
    memoryBytes,
    compression,
    traces,
    deliver: (outboxCardId) => deliver(delivery, outboxCardId),
    describe,
    audience: listAudience,
    sweep: async () => {
      await sweepDrafts(pool, runtime.now());
      await pruneConversations(pool, (ids) => listChosen(pool, ids), runtime.now());
    },
  });
}

async function closeJobs(jobs: Jobs, { runtime, log }: Pick<Ground, 'runtime' | 'log'>): Promise<void> {
  const closed = jobs.close().catch((error) => log.warn({ err: error }, 'background work did not end in good order'));
  if (!(await endsWithin(closed, runtime.deadline(workMs)))) log.warn('what is under way is left to the next start');
}
