import { parentPort, workerData } from 'node:worker_threads';
import { Fenced } from './checkpoint.ts';
import type { Connector } from './connector.ts';
import type { Given, Order, Outcome } from './engine.ts';
import { Memory } from './memory.ts';
import { Packer } from './packer.ts';
import { Secrets } from './secrets.ts';
import { openPool } from './store/database.ts';
import { type Parts, sync } from './sync.ts';
import { Windows } from './window.ts';
import type { World } from './world.ts';

// What `engine.ts` starts: beats, side by side, each as it is ordered, with a store connection and an outside world of the
// thread's own.

const { elsewhere, databaseUrl, secretKey, share, uploadBytes } = workerData as Given;
const { openWorld } = (await import(elsewhere.module)) as { openWorld(data: unknown): World };
const closing = new AbortController();
const pool = openPool(databaseUrl, 12);
const secrets = await Secrets.open({ secretKey, file: '' });
const parts: Parts = {
  world: openWorld(elsewhere.data),
  pool,
  secrets,
  windows: new Windows(),
  memory: new Memory(),
  packer: new Packer(),
  share,
  uploadBytes,
};

parentPort?.on('message', async (order: Order) => {
  if (order.kind === 'beat') parentPort?.postMessage(await beat(order.id, order.connector));
  if (order.kind === 'stop') closing.abort(new Error('Patchbay is stopping.'));
  if (order.kind === 'close') {
    parentPort?.close();
    await pool.end();
  }
});

async function beat(id: number, connector: Connector): Promise<Outcome> {
  try {
    return { id, synced: await sync(parts, connector, closing.signal) };
  } catch (error) {
    return error instanceof Fenced ? { id, fenced: true } : { id, error: plain(error) };
  }
}

/** An error as it can cross to the other thread: its own properties may hold what can't. */
function plain(error: unknown): Error {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return Object.assign(new Error(message), { stack });
}
