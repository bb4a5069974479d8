import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type Database, openDatabase } from '../../ingestion/store/database.ts';

/**
 * The product's store without the app, for a test file: a database of its own on the server at TEST_SERVER, or else on a
 * PostgreSQL of its own.
 */
export async function openTestStore(): Promise<Database> {
  const { TEST_SERVER: server } = process.env;
  if (!server) {
    const dataDir = await mkdtemp(join(tmpdir(), 'patchbay-store-'));
    await chmod(dataDir, 0o755); // as root, the server runs as another user, who must be able to enter
    const store = await openDatabase({ databaseUrl: null, dataDir });
    return closing(store, () => rm(dataDir, { recursive: true, force: true }));
  }
  const name = `store_${randomUUID().replaceAll('-', '')}`;
  await query(server, `create database ${name}`);
  const store = await openDatabase({ databaseUrl: server.replace(/\/\w+$/, `/${name}`), dataDir: '' });
  return closing(store, () => query(server, `drop database ${name} with (force)`));
}

function closing(store: Database, then: () => Promise<void>): Database {
  return { ...store, close: () => store.close().then(then) };
}

async function query(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(text);
  await client.end();
}
