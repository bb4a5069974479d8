import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { finished } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { pageOf } from './org-log.ts';
import { type Punctual, Punctuality } from './punctuality.ts';

/** How many orgs it plays, how often each is to be polled, and how long Okta and Azure keep each request waiting. */
export type StandInOptions = { orgs: number; intervalMs: number; oktaMs: number; azureMs: number };

/** Uploads; other requests, which got 404; and the most requests that were being answered at one time. */
export type Requests = { azure: number; others: number; inFlight: number };

/** What its process says: where it is, once it is open; and what was measured, when asked. */
export type Said = { kind: 'open'; url: string } | { kind: 'figures'; punctual: Punctual; requests: Requests };
/** What it is told: to measure from now on; to say what was measured. */
export type Told = { kind: 'measure'; firstBy: number } | { kind: 'figures' };

// Okta and Logs Ingestion for any number of connectors, as cheap as they can be: an org is a number in the host's name, its pages
// are made as they are asked for, and what is uploaded is read and forgotten. It ends with the process that started it.
const options = JSON.parse(process.argv[2] ?? '') as StandInOptions;
const punctuality = new Punctuality(options);
let requests: Requests = { azure: 0, others: 0, inFlight: 0 };
let open = 0;

const server = createServer({ keepAliveTimeout: 120_000 }, async (request, response) => {
  requests.inFlight = Math.max(requests.inFlight, ++open);
  // Whoever hangs up is not waited for.
  await answer(request, response).catch(() => response.destroy());
  open--;
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { host = '', authorization = '' } = request.headers;
  const [, number, domain] = /^org-(\d+)\.(okta\.com$|.*\.ingest\.monitor\.azure\.com$)/.exec(host) ?? [];
  const org = Number(number);
  if (domain === 'okta.com' && request.method === 'GET' && authorization.startsWith('SSWS ')) {
    punctuality.polled(org, Date.now());
    await keepWaiting(org, options.oktaMs);
    return sendPage(org, { target: request.url ?? '', host, response });
  }
  await finished(request.resume());
  if (domain && domain !== 'okta.com' && request.method === 'POST') {
    requests.azure++;
    await keepWaiting(org, options.azureMs);
    response.writeHead(204).end();
  } else {
    requests.others++;
    response.writeHead(404).end();
  }
}

async function keepWaiting(org: number, ms: number): Promise<void> {
  if (ms > 0) await delay(ms);
  punctuality.kept(org, ms);
}

/** As the strict simulator does: the next link is the request's own address, with another place. */
function sendPage(
  org: number,
  { target, host, response }: { target: string; host: string; response: ServerResponse },
): void {
  const now = Date.now();
  const query = new URLSearchParams(target.split('?')[1]);
  const after = query.get('after');
  const since = Date.parse(query.get('since') ?? '');
  const { body, place } = pageOf(org, { after: after === null ? null : Number(after), since, now });
  const self = `https://${host}${target}`;
  const next = `${self.replace(/&after=[^&]*/, '')}&after=${place}`;
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    link: [`<${self}>; rel="self"`, `<${next}>; rel="next"`],
    'x-rate-limit-limit': 600,
    'x-rate-limit-remaining': 599,
    'x-rate-limit-reset': Math.ceil(now / 1000) + 60,
  });
  response.end(body);
}

const say = (said: Said) => process.send?.(said);
process.once('disconnect', () => process.exit(0));
process.on('message', (told: Told) => {
  if (told.kind === 'figures') return say({ kind: 'figures', punctual: punctuality.figures(Date.now()), requests });
  requests = { azure: 0, others: 0, inFlight: 0 };
  punctuality.begin(told.firstBy);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
say({ kind: 'open', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
