import { flushCompileCache } from 'node:module';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { AccessToken, TokenCredential } from '@azure/core-auth';
import { Fenced, openSaves } from '../connector/checkpoints.ts';
import { ConnectorError, type CrossingError, packError, unpackError } from '../errors.ts';
import { BufferPool } from '../okta/buffer-pool.ts';
import type { Counted } from '../runtime/metrics.ts';
import type { TimeAndNetwork } from '../runtime/runtime.ts';
import { accessTo } from '../store/access.ts';
import { openPool } from '../store/database.ts';
import { Compressor } from './compressor.ts';
import { DedupWindows } from './dedup-windows.ts';
import { type Order, type PollParts, sync } from './poll.ts';
import type { FromThread, ToThread, WorkerGiven } from './worker.ts';

// What `worker.ts` starts: polls, side by side, each as it is ordered, with connections and memory of the thread's own.

const port = parentPort as MessagePort;
const { forThreads, cloud, database, share, uploadBytes, memoryBytes, compression } = workerData as WorkerGiven;
const { openTimeAndNetwork } = (await import(forThreads.module)) as {
  openTimeAndNetwork(data: unknown): TimeAndNetwork;
};
const closing = new AbortController();
const tokens = new Map<number, PromiseWithResolvers<AccessToken | null>>();
const credential = askingCredential();
const pool = openPool(accessTo(database, { credential, cloud }), 12);
const parts: PollParts = {
  runtime: { ...openTimeAndNetwork(forThreads.data), credential, cloud },
  pool,
  saves: openSaves(pool),
  windows: new DedupWindows(memoryBytes / 3),
  memory: new BufferPool((memoryBytes / 3) * 2),
  compressor: new Compressor({ compression }),
  share,
  uploadBytes,
};

port.on('message', async (told: ToThread) => {
  switch (told.kind) {
    case 'poll':
      return say(await poll(told.id, told.order));
    case 'token':
      return tokens.get(told.id)?.resolve(told.token);
    case 'no-token':
      return tokens.get(told.id)?.reject(noToken(told.fault));
    case 'count':
      return say({ kind: 'counted', counted: await count() });
    case 'stop':
      return closing.abort(new Error('Patchbay is stopping.'));
    case 'close':
      port.close();
      await pool.end();
  }
});

// A thread writes its own part of the cache, at its end; and an app may be killed before.
flushCompileCache();

/** What this thread has counted, with the memory that its windows take now. */
function count(): Promise<Counted> {
  const { runtime, windows } = parts;
  runtime.metrics.windowBytes.set(windows.bytes);
  return runtime.metrics.read();
}

function say(said: FromThread): void {
  port.postMessage(said);
}

async function poll(id: number, order: Order): Promise<FromThread> {
  try {
    return { kind: 'synced', id, synced: await sync(parts, order, closing.signal) };
  } catch (error) {
    return error instanceof Fenced ? { kind: 'fenced', id } : { kind: 'failed', id, fault: packError(error) };
  }
}

/** Whatever went wrong over there, no token means that nothing was sent with it, and is the identity's fault. */
function noToken(fault: CrossingError): Error {
  if (fault.kind === 'connector') return unpackError(fault);
  return new ConnectorError('identity-failed', { text: fault.message.slice(0, 300) }, unpackError(fault));
}

/** The bot's identity, asked for over there: one cache of tokens for the process, and one heap that holds its libraries. */
function askingCredential(): TokenCredential {
  let asked = 0;
  return {
    async getToken(scopes, { claims, tenantId } = {}) {
      const id = ++asked;
      const answer = Promise.withResolvers<AccessToken | null>();
      tokens.set(id, answer);
      say({ kind: 'token', id, scopes, options: { ...(claims && { claims }), ...(tenantId && { tenantId }) } });
      return answer.promise.finally(() => tokens.delete(id));
    },
  };
}
