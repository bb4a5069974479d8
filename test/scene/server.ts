import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { openDatabase } from '../../ingestion/store/database.ts';
import { openEmbedded } from '../../ingestion/store/embedded.ts';

/** A PostgreSQL for tests: where it is, and how to be rid of it. */
export type Server = { url: string; close(): Promise<void> };

// What is in it is worth nothing after a crash, so nothing waits for the disk. Each app of each scene may hold some eighty
// connections, and several files run side by side.
const settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_wal_size: '256MB',
  max_connections: 1000,
};

// In bytes; ten times what a whole run takes of it.
const roomForServer = 2 ** 31;

/** Starts a real PostgreSQL in a directory of its own, with these settings besides those of all tests. */
export async function openServer(more: Parameters<typeof openEmbedded>[1] = {}): Promise<Server> {
  const dir = await mkdtemp(join(await roomyPlace(), 'patchbay-test-'));
  await chmod(dir, 0o755); // as root, the server runs as another user, who must be able to enter
  const { url, stop } = await openEmbedded(dir, { ...settings, ...more });
  await prepareSchema(url);
  const close = async () => {
    await stop();
    await rm(dir, { recursive: true, force: true });
  };
  return { url, close };
}

/**
 * Linux's directory in memory, where that has room enough: each database is some three hundred files, and to make and remove
 * them costs a disk's file system more than all that tests ask of them.
 */
async function roomyPlace(): Promise<string> {
  const inMemory = '/dev/shm';
  const { bavail = 0, bsize = 0 } = await statfs(inMemory).catch(() => ({}) as { bavail?: number; bsize?: number });
  return bavail * bsize >= roomForServer ? inMemory : tmpdir();
}

/** A database of its own on a server, and how to be rid of it. */
export type TestDatabase = { url: string; drop(): Promise<void> };

// To make the schema is most of what the app does at its first start.
const withSchema = 'with_schema';

async function prepareSchema(url: string): Promise<void> {
  await query(url, `create database ${withSchema}`);
  const { close } = await openDatabase({ databaseUrl: inDatabase(url, withSchema), dataDir: '' });
  await close();
}

/** A new database on a server, as it is after a first start of the app or, where `bare`, before it. */
export async function freshDatabase({ url }: Server, { bare = false } = {}): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await query(url, `create database ${name} template ${bare ? 'template1' : withSchema}`);
  return { url: inDatabase(url, name), drop: () => query(url, `drop database ${name} with (force)`) };
}

function inDatabase(url: string, name: string): string {
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}

/** The server that the run of the suite has started for all; null where a file is run alone. */
export function sharedServer(): Server | null {
  const { TEST_SERVER: url } = process.env;
  return url ? { url, close: async () => {} } : null;
}

/** Says one thing to a database. */
export async function query(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(text);
  await client.end();
}
