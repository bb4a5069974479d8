import { type Database, openDatabase } from '../../ingestion/store/database.ts';
import { freshDatabase, openServer, sharedServer } from './server.ts';

/** The product's store without the app, for one test file: a database of its own, on the server of the run or one of its own. */
export async function openTestStore(): Promise<Database> {
  const server = sharedServer() ?? (await openServer());
  const { url, drop } = await freshDatabase(server);
  const store = await openDatabase({ databaseUrl: url, dataDir: '' });
  const close = async () => {
    await store.close();
    await drop();
    await server.close();
  };
  return { ...store, close };
}
