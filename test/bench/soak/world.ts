import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { CalmPolls, type Lateness } from './calm-polls.ts';
import { Flow } from './flow.ts';
import { type Counted, Ledger } from './ledger.ts';
import { type Trouble, Troubles } from './troubles.ts';

/** How many orgs it plays, how many events a second they have together, how often each is to be polled. */
/** `deliveredUntil`: events before that time (ms since the epoch) were delivered before it began; null: each log begins where it is first read. */
export type WorldOptions = {
  orgs: number;
  rate: number;
  intervalMs: number;
  seed: number;
  deliveredUntil: number | null;
};

/** What was counted up to now: events, how many were served in pages, troubles by kind, other requests, which got 404, and lateness of polls by quarters of the time. */
export type Figures = {
  counted: Counted;
  served: number;
  faults: Record<string, number>;
  others: number;
  quarters: Lateness[];
};

export type Said = { kind: 'open'; url: string } | ({ kind: 'figures' } & Figures);
/** What it is told: to say what was counted; to have no more events and troubles from now on. */
export type Told = 'figures' | 'end';

// Okta and Logs Ingestion for a long time: light stand-ins, troubled each minute, with a ledger of what was uploaded. It ends with the
// process that started it.
const options = JSON.parse(process.argv[2] ?? '') as WorldOptions;
const unzip = promisify(gunzip);
const startedAt = Date.now();
const flow = new Flow(options);
const ledger = new Ledger(options.orgs);
if (options.deliveredUntil !== null)
  for (let org = 0; org < options.orgs; org++) ledger.begin(org, flow.placeAt(org, options.deliveredUntil));
const calm = new CalmPolls(options);
const troubles = new Troubles({ seed: options.seed, startedAt });
let endsAt = Number.POSITIVE_INFINITY;
let others = 0;
let served = 0;

const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
  // Whoever hangs up is not waited for.
  void answer(request, response).catch(() => response.destroy());
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { host = '', authorization = '' } = request.headers;
  const [, number, domain] = /^org-(\d+)\.(okta\.com$|.*\.ingest\.monitor\.azure\.com$)/.exec(host) ?? [];
  const org = Number(number);
  if (domain === 'okta.com' && request.method === 'GET' && authorization.startsWith('SSWS ')) {
    calm.asked(org, Date.now());
    return sendPage(org, request.url ?? '', { host, response, trouble: troubleOf(org, 'okta') });
  }
  if (domain && domain !== 'okta.com' && request.method === 'POST') return takeUpload(org, request, response);
  await finished(request.resume());
  others++;
  response.writeHead(404).end();
}

function troubleOf(org: number, side: 'okta' | 'azure'): Trouble | null {
  const now = Date.now();
  if (now >= endsAt) return null;
  if (troubles.blows(now)) calm.blows(now);
  const trouble = troubles.of(org, now);
  if (!trouble?.kind.startsWith(side)) return null;
  calm.troubled(org);
  return trouble;
}

type Asked = { host: string; response: ServerResponse; trouble: Trouble | null };

function sendPage(org: number, target: string, { host, response, trouble }: Asked): void {
  const now = Date.now();
  if (trouble?.kind === 'okta_hang') return;
  if (trouble?.kind === 'okta_reset') return void response.socket?.resetAndDestroy();
  const reset = Math.ceil((trouble?.until ?? now + 60_000) / 1000);
  const limits = { 'x-rate-limit-limit': 600, 'x-rate-limit-reset': reset, 'content-type': 'application/json' };
  if (trouble && trouble.kind !== 'okta_cut') {
    const [status, errorCode] =
      trouble.kind === 'okta_429' ? ([429, 'E0000047'] as const) : ([503, 'E0000010'] as const);
    response.writeHead(status, { ...limits, 'x-rate-limit-remaining': status === 429 ? 0 : 599 });
    return void response.end(JSON.stringify({ errorCode, errorSummary: 'A trouble.' }));
  }
  const from = placeOf(org, target);
  const { body, place, last } = flow.page(org, from, now);
  served += place - from;
  const self = `https://${host}${target}`;
  const next = `${self.replace(/&after=[^&]*/, '')}&after=${place}`;
  const link = [`<${self}>; rel="self"`, `<${next}>; rel="next"`];
  const length = Buffer.byteLength(body);
  response.writeHead(200, { ...limits, 'x-rate-limit-remaining': 599, link, 'content-length': length });
  if (trouble) return void response.write(body.slice(0, length / 2), () => response.socket?.destroy());
  response.end(body, () => last && calm.caughtUp(org, Date.now()));
}

/** Where the request begins in the org's log: behind a place, or at a time. */
function placeOf(org: number, target: string): number {
  const query = new URLSearchParams(target.split('?')[1]);
  const after = query.get('after');
  const place = after === null ? flow.placeAt(org, Date.parse(query.get('since') ?? '')) : Number(after);
  ledger.begin(org, place);
  return place;
}

async function takeUpload(org: number, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const sent = await buffer(request);
  const trouble = troubleOf(org, 'azure');
  switch (trouble?.kind) {
    case 'azure_503':
      return void response.writeHead(503).end();
    case 'azure_429':
      return void response.writeHead(429, { 'retry-after': '5' }).end();
    case 'azure_reset':
      return void response.socket?.resetAndDestroy();
    case 'azure_hang':
      // One in two is stored, as nobody can know.
      return sent.length % 2 === 0 ? (await store(org, sent, request)).doubt() : undefined;
    case 'azure_lost_answer':
      (await store(org, sent, request)).doubt();
      return void response.socket?.resetAndDestroy();
    default: {
      const stored = await store(org, sent, request);
      response.writeHead(204).end();
      await finished(response).catch(() => stored.doubt());
      calm.answered(org, Date.now());
    }
  }
}

async function store(org: number, sent: Buffer, { headers }: IncomingMessage): Promise<{ doubt(): void }> {
  const text = headers['content-encoding'] === 'gzip' ? await unzip(sent) : sent;
  const events = JSON.parse(text.toString()) as { uuid: string }[];
  return ledger.store(
    org,
    events.map(({ uuid }) => uuid),
  );
}

function figures(): Figures {
  const now = Math.min(Date.now(), endsAt);
  const quarter = (now - startedAt) / 4;
  const quarters = [0, 1, 2, 3].map((at) => calm.figures(startedAt + at * quarter, startedAt + (at + 1) * quarter));
  const counted = ledger.count((org) => flow.placeAt(org, now));
  return { counted, served, faults: Object.fromEntries([...troubles.met].sort()), others, quarters };
}

const say = (said: Said) => process.send?.(said);
process.once('disconnect', () => process.exit(0));
process.on('message', (told: Told) => {
  if (told === 'figures') return say({ kind: 'figures', ...figures() });
  endsAt = Date.now();
  flow.end(endsAt);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
say({ kind: 'open', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
