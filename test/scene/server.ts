import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { openEmbedded } from '../../ingestion/store/embedded.ts';

/** A PostgreSQL for tests: where it is, and how to be rid of it. */
export type Server = { url: string; close(): Promise<void> };

// What is in it is worth nothing after a crash, so nothing waits for the disk. Each app of each scene may hold some eighty
// connections, and several files run side by side.
const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: 1000 };

/** Starts a real PostgreSQL in a directory of its own, with these settings besides those of all tests. */
export async function openServer(more: Parameters<typeof openEmbedded>[1] = {}): Promise<Server> {
  const dir = await mkdtemp(join(tmpdir(), 'patchbay-test-'));
  await chmod(dir, 0o755); // as root, the server runs as another user, who must be able to enter
  const { url, stop } = await openEmbedded(dir, { ...settings, ...more });
  const close = async () => {
    await stop();
    await rm(dir, { recursive: true, force: true });
  };
  return { url, close };
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
