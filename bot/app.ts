import { createServer, type Server } from 'node:http';
import type { BotFrameworkAuthentication } from 'botframework-connector';
import type { Logger } from 'pino';
import restify from 'restify';
import { describe } from '../cards/words/health-record.ts';
import { openRoleDefinitions } from '../ingestion/azure/access/rights.ts';
import type { Content } from '../ingestion/azure/content/content.ts';
import { listChosen } from '../ingestion/connector/directory.ts';
import type { Verification } from '../ingestion/connector/verification.ts';
import { Jobs } from '../ingestion/jobs/jobs.ts';
import { openReadings } from '../ingestion/runtime/readings.ts';
import type { ProcessRuntime } from '../ingestion/runtime/runtime.ts';
import { openSecrets } from '../ingestion/secrets/open.ts';
import { type Database, openDatabase } from '../ingestion/store/database.ts';
import { openRightsSummaries } from './commands/rights-summary.ts';
import type { Config } from './config/config.ts';
import { sweepDrafts } from './dialogs/drafts.ts';
import { maxBodyBytes, readActivity } from './teams/activity-check.ts';
import { TeamsAdapter } from './teams/adapter.ts';
import { deliver } from './teams/card-delivery.ts';

import { pruneConversations } from './teams/conversations.ts';
import { Pacer } from './teams/pacer.ts';
import { Refusals } from './teams/refusals.ts';
import { openKnown, Roster } from './teams/roster.ts';
import { listAudience } from './teams/told-places.ts';
import { openViewers } from './teams/viewers.ts';
import { TeamsBot } from './teams-bot.ts';

/** What lies outside the process, for an app that speaks in Teams. */
export type AppRuntime = ProcessRuntime & { authentication: BotFrameworkAuthentication };

/** A running app: where it listens to Teams and to probes, and how it ends. */
export type App = { port: number; healthPort: number; close(): Promise<void> };

/** Wires every part. Nothing runs before the store is open, and `close` waits for what is under way. */
export async function createApp(config: Config, runtime: AppRuntime, log: Logger): Promise<App> {
  const database = await openDatabase(config, runtime);
  const { pool } = database;
  const secrets = await openSecrets(runtime, pool, config);

  const adapter = new TeamsAdapter(runtime.authentication);
  adapter.onTurnError = async (_context, error) => log.error({ err: error }, 'a turn failed');
  const caches = {
    roleDefinitions: openRoleDefinitions(runtime),
    readings: openReadings<Content[]>(runtime),
    verifications: openReadings<Verification>(runtime),
    rightsSummaries: openRightsSummaries(runtime),
    viewers: openViewers(runtime),
  };
  const { tokenAgeDays } = config;
  const backend = { runtime, pool, secrets, log, startedAt: runtime.now(), tokenAgeDays, ...caches };
  const bot = new TeamsBot(backend, new Roster(runtime, openKnown(runtime)));
  const delivery = { ...backend, adapter, appId: config.bot.appId, pacer: new Pacer(runtime) };
  const jobs = await Jobs.open({
    runtime,
    database,
    secrets,
    log,
    oktaShare: config.oktaShare,
    uploadBytes: config.uploadBytes,
    deliver: (outboxCardId) => deliver(delivery, outboxCardId),
    describe,
    audience: listAudience,
    sweep: async () => {
      await sweepDrafts(pool, runtime.now());
      await pruneConversations(pool, (ids) => listChosen(pool, ids), runtime.now());
    },
  });
  const refusals = new Refusals(log, runtime.now);
  const teams = await listenToTeams(config, { adapter, bot, refusals }, log);
  const health = await listenToProbes(config, database);
  return {
    port: teams.address().port,
    healthPort: (health.address() as { port: number }).port,
    async close() {
      await new Promise<void>((done) => teams.close(() => done()));
      try {
        await jobs.close();
      } finally {
        await new Promise((done) => health.close(done));
        await database.close();
      }
    },
  };
}

// The parser takes a size limit, of which its types do not know.
const bodyLimits = { maxBodySize: maxBodyBytes, mapParams: false };

type RestifyFault = [request: unknown, response: restify.Response, error: { statusCode?: number }, done: () => void];

/** One route; callers learn a status and a fixed text, the log learns why. */
async function listenToTeams(
  config: Config,
  { adapter, bot, refusals }: { adapter: TeamsAdapter; bot: TeamsBot; refusals: Refusals },
  log: Logger,
): Promise<restify.Server> {
  const server = restify.createServer({ name: 'patchbay' });
  server.use(onlyPlainJson);
  server.use(restify.plugins.jsonBodyParser(bodyLimits));
  server.on('restifyError', (...[, response, error, done]: RestifyFault) => {
    response.send(error.statusCode ?? 400, { error: 'This is no activity of Microsoft Teams.' });
    done();
  });
  server.post('/api/messages', async (request, response) => {
    const read = readActivity(request.body, config);
    if ('why' in read) {
      const status = read.why === 'the tenant is not allowed' ? 403 : 400;
      refusals.note(status, read.why);
      response.send(status, { error: 'This activity is not accepted.' });
      return;
    }
    const { answer, reason } = await adapter.receive(request.headers.authorization ?? '', read.activity, (context) =>
      bot.run(context),
    );
    if (answer.status === 500) log.warn({ err: reason, status: 500 }, 'an activity was refused');
    else if (reason) refusals.note(answer.status, reason.message);
    response.send(answer.status, answer.body);
  });
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(config.port, config.host, done);
  });
  return server;
}

/**
 * Before a body is read: the parser would unpack a compressed one without a limit, and write the parts of a form to disk.
 */
function onlyPlainJson(request: restify.Request, response: restify.Response, next: restify.Next): void {
  const json = /^application\/json\b/i.test(request.headers['content-type'] ?? '');
  const plain = json && request.headers['content-encoding'] === undefined;
  if (!plain) response.send(415, { error: 'This is no activity of Microsoft Teams.' });
  next(plain ? undefined : false);
}

/** For the machine around it, on a port that the internet does not see. */
async function listenToProbes({ healthHost, healthPort }: Config, database: Database): Promise<Server> {
  const server = createServer(async (request, response) => {
    const ready = request.url === '/healthz' || (request.url === '/readyz' && (await answers(database)));
    response.writeHead(ready ? 200 : request.url === '/readyz' ? 503 : 404, { 'content-type': 'text/plain' });
    response.end(ready ? 'ok' : 'not ready');
  });
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(healthPort, healthHost, done);
  });
  return server;
}

function answers(database: Database): Promise<boolean> {
  return database.pool.query('select 1').then(
    () => true,
    () => false,
  );
}
