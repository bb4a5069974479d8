import { randomUUID } from 'node:crypto';
import { type Database, openDatabase } from '../../ingestion/store/database.ts';
import { openServer, query, sharedServer } from './server.ts';

/** The product's store without the app, for one test file: a database of its own, on the server of the run or one of its own. */
export async function openTestStore(): Promise<Database> {
  const server = sharedServer() ?? (await openServer());
  const name = `store_${randomUUID().replaceAll('-', '')}`;
  await query(server.url, `create database ${name}`);
  const store = await openDatabase({ databaseUrl: server.url.replace(/\/postgres$/, `/${name}`), dataDir: '' });
  const close = async () => {
    await store.close();
    await query(server.url, `drop database ${name} with (force)`);
    await server.close();
  };
  return { ...store, close };
}
