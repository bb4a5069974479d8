import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { type Held, listHeld, readEvents, readPutAside } from '../../ingestion/connector/quarantine.ts';
import { clouds } from '../../ingestion/runtime/clouds.ts';
import { readProxies } from '../../ingestion/runtime/proxy.ts';
import { type Address, accessTo, explained, type Identity } from '../../ingestion/store/access.ts';
import { openEmbedded } from '../../ingestion/store/embedded.ts';
import { type Environment, readVariables, type Values } from '../config/read.ts';

// A program for whoever runs Patchbay: what was put aside, listed, or written out whole, one event a line. It only reads,
// and needs nothing but the place of the store, so that it works wherever that is, and beside a running app.

const usage = 'npm run -s quarantine -- [list | export] [connector name or id]';

class Refused extends Error {}

type Client = pg.Client;
type Lines = AsyncGenerator<string | Buffer>;
type Output = (client: Client, connectors: Held[], named: boolean) => { lines: Lines; told(): string };

const outputs = new Map<string, Output>([
  ['list', (client, connectors, named) => (named ? events(client, connectors) : totals(connectors))],
  ['export', whole],
]);

/** Per connector, how much of it is put aside. */
function totals(connectors: Held[]): ReturnType<Output> {
  async function* lines(): Lines {
    yield row('events', 'bytes', 'newest', 'connector', 'domain', 'id');
    for (const { events, bytes, newest, name, domain, id } of connectors) {
      yield row(events, bytes, newest === null ? '-' : timeOf(newest), name, domain, id);
    }
  }
  return { lines: lines(), told: () => `${putAside(connectors)} put aside.` };
}

/** What may be said of each event of these connectors. */
function events(client: Client, connectors: Held[]): ReturnType<Output> {
  async function* lines(): Lines {
    yield row('put aside', 'published', 'bytes', 'uuid', 'reason');
    for await (const { at, published, bytes, uuid, reason } of readPutAside(client, idsOf(connectors))) {
      yield row(timeOf(at), published, bytes, uuid, reason);
    }
  }
  return { lines: lines(), told: () => `${putAside(connectors)} put aside.` };
}

/** The events as Okta sent them, as JSON Lines. */
function whole(client: Client, connectors: Held[]): ReturnType<Output> {
  let written = 0;
  async function* lines(): Lines {
    for await (const event of readEvents(client, idsOf(connectors))) {
      yield onOneLine(event);
      yield '\n';
      written++;
    }
  }
  return { lines: lines(), told: () => `${counted(written)} exported.` };
}

/** JSON has line breaks between its tokens only, where a blank says the same; an event without any stays as it is. */
function onOneLine(event: Buffer): Buffer {
  const line = event.includes('\n') || event.includes('\r') ? Buffer.from(event) : event;
  if (line !== event) for (const [at, byte] of line.entries()) if (byte === 0x0a || byte === 0x0d) line[at] = 0x20;
  return line;
}

/** Foreign text, in a terminal: without what would steer it. */
function row(...cells: (string | number)[]): string {
  return `${cells.map((cell) => `${cell}`.replace(/\p{C}+/gu, ' ')).join('\t')}\n`;
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}

function counted(count: number): string {
  return count === 1 ? '1 event was' : `${count} events were`;
}

function putAside(connectors: Held[]): string {
  return counted(connectors.reduce((sum, { events }) => sum + events, 0));
}

function idsOf(connectors: Held[]): string[] {
  return connectors.map(({ id }) => id);
}

/** The connectors that are asked for: all of them without a name, else the one with that name or id. */
function choose(all: Held[], asked: string): Held[] {
  if (asked === '') return all;
  const wanted = asked.normalize().toLowerCase();
  const found = all.filter(({ name, id }) => id === wanted || name.toLowerCase() === wanted);
  if (found.length === 1) return found;
  if (found.length > 1) throw new Refused(`Several connectors have this name. Give an id: ${idsOf(found).join(', ')}.`);
  const names = all.map(({ name }) => name).join(', ');
  throw new Refused(
    `There is no connector named ${asked}. ${names ? `There are: ${names}.` : 'There is none at all.'}`,
  );
}

type Place = Values<'quarantine'> & { env: Environment };

/** The same reading as the app's; nothing else of its configuration is needed. */
function placeIn(env: Environment): Place {
  const { values, faults } = readVariables('quarantine', env);
  if (faults.length > 0) throw new Refused(faults.map(({ name, says }) => `${name}${says}.`).join('\n'));
  return { ...values, env };
}

/** The identity that signs in by Entra; what holds it is loaded only where it is needed. */
async function identityIn({ cloud, env }: Place): Promise<Identity> {
  const { proxies, faults } = readProxies(env);
  if (faults.length > 0) throw new Refused(faults.join('\n'));
  const { openRuntime } = await import('../../ingestion/runtime/open.ts');
  return openRuntime(clouds[cloud], proxies);
}

/**
 * Runs `work` on the store beside whoever else is on it, without a claim to it and without a right to write. An embedded
 * server is stopped at the end if nobody else is on it: an app that runs, or has started meanwhile, keeps it.
 */
async function visit(place: Place, work: (client: Client) => Promise<void>): Promise<void> {
  const { databaseUrl, dataDir } = place;
  if (!databaseUrl && !(await holdsStore(dataDir))) {
    throw new Refused(`There is no store in ${resolve(dataDir)}: set DATA_DIR or DATABASE_URL as for the app.`);
  }
  const embedded = databaseUrl ? null : await openEmbedded(dataDir);
  const identity = place.databaseAuth === 'entra' ? await identityIn(place) : null;
  const address: Address = { url: databaseUrl ?? embedded?.url ?? '', auth: identity ? 'entra' : 'password' };
  const client = new pg.Client({
    ...(identity ? accessTo(address, identity) : { connectionString: address.url }),
    application_name: 'patchbay quarantine',
    options: '-c search_path=patchbay -c default_transaction_read_only=on',
    connectionTimeoutMillis: 10_000,
  });
  client.on('error', () => undefined); // the query that is under way throws it
  try {
    await client.connect().catch(async (error: unknown) => {
      throw identity ? await explained(error, address, identity) : error;
    });
    await work(client);
  } finally {
    const last = embedded !== null && (await isAlone(client).catch(() => false));
    await client.end();
    if (last) await embedded.stop();
  }
}

/** An embedded store, or the note of where it lies; opening would make a new one. */
async function holdsStore(dataDir: string): Promise<boolean> {
  const found = await Promise.allSettled(['postgres', 'cluster-id'].map((name) => access(join(dataDir, name))));
  return found.some(({ status }) => status === 'fulfilled');
}

async function isAlone(client: Client): Promise<boolean> {
  const { rows } = await client.query(
    `select from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`,
  );
  return rows.length === 0;
}

async function run(args: string[], place: Place, signal: AbortSignal): Promise<void> {
  const [verb = 'list', ...rest] = args;
  const output = outputs.get(verb);
  if (!output) throw new Refused(`Say what to do: ${usage}`);
  await visit(place, async (client) => {
    const asked = rest.join(' ');
    const { lines, told } = output(client, choose(await listHeld(client), asked), asked !== '');
    for await (const line of lines) {
      signal.throwIfAborted();
      await write(line);
    }
    process.stderr.write(`${told()}\n`);
  });
}

/** Resolves when it has been written, so that no more than a line waits in memory for a slow reader. */
function write(line: string | Buffer): Promise<void> {
  return new Promise((done, fail) => {
    process.stdout.write(line, (error) => (error ? fail(error) : done()));
  });
}

/** What to say of a failure, and how the program ends; a reader that has gone away, as `head` does, is none. */
function verdictOn(error: NodeJS.ErrnoException): { text: string; code: number } {
  if (error.code === 'EPIPE') return { text: '', code: 0 };
  if (error.name === 'AbortError') return { text: 'Stopped before the end.', code: 130 };
  if (error.code === '42P01') return { text: 'Patchbay has not run on this store yet.', code: 1 };
  return { text: error.message || error.code || 'The store does not answer.', code: 1 };
}

process.stdout.on('error', () => undefined); // the write that fails throws it
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
try {
  await run(process.argv.slice(2), placeIn(process.env), interrupted.signal);
} catch (error) {
  const { text, code } = verdictOn(error as NodeJS.ErrnoException);
  if (text) process.stderr.write(`${text}\n`);
  process.exitCode = code;
}
