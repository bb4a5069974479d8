import type { Server } from 'node:http';
import type { Activity } from 'botbuilder';
import type { Logger } from 'pino';
import restify from 'restify';
import type { Traces } from '../../ingestion/runtime/traces.ts';
import type { Config } from '../config/config.ts';
import { maxBodyBytes, readActivity } from '../teams/activity-check.ts';
import type { TeamsAdapter } from '../teams/adapter.ts';
import type { Refusals } from '../teams/refusals.ts';
import type { TeamsBot } from '../teams-bot.ts';
import { listen } from './server.ts';

type Parts = { adapter: TeamsAdapter; bot: TeamsBot; refusals: Refusals; traces: Traces };

const asked = { kind: 'asked', attributes: { 'http.request.method': 'POST' } } as const;

// The parser takes a size limit, of which its types do not know.
const bodyLimits = { maxBodySize: maxBodyBytes, mapParams: false };

type RestifyFault = [request: unknown, response: restify.Response, error: { statusCode?: number }, done: () => void];

/** Listens to Teams. One route; callers learn a status and a fixed text, the log learns why. */
export async function listenToTeams(
  config: Config,
  { adapter, bot, refusals, traces }: Parts,
  log: Logger,
): Promise<Server> {
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
    const { authorization = '' } = request.headers;
    const { answer, reason } = await traces.span(nameOf(read.activity), asked, async (tell) => {
      const received = await adapter.receive(authorization, read.activity, (context) => bot.run(context));
      tell({ 'http.response.status_code': received.answer.status });
      return received;
    });
    if (answer.status === 500) log.warn({ err: reason, status: 500 }, 'an activity was refused');
    else if (reason) refusals.note(answer.status, reason.message);
    response.send(answer.status, answer.body);
  });
  await listen(server.server, { name: 'PORT', host: config.host, port: config.port });
  return server.server;
}

/** By the kind of an activity, of which Teams has few; what somebody else makes up is not repeated. */
function nameOf({ type }: Activity): string {
  const known = /^(message|invoke|conversationUpdate|installationUpdate|messageReaction)$/.test(type);
  return `activity ${known ? type : 'of another kind'}`;
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
