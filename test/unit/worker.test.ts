import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Checkpoint } from '../../ingestion/connector/checkpoint.ts';
import type { Connector } from '../../ingestion/connector/connector.ts';
import { clouds } from '../../ingestion/runtime/clouds.ts';
import { PollWorker } from '../../ingestion/sync/worker.ts';

const order = {
  connector: { id: '00000000-0000-0000-0000-000000000000', provisioning: { rule: {} } } as Connector,
  checkpoint: { version: 1 } as Checkpoint,
  allowed: { by: { scheme: 'SSWS' as const, token: 't' } },
};
const given = {
  cloud: clouds.public,
  database: { url: 'postgres://127.0.0.1:1/none', auth: 'password' as const },
};
const settings = { share: 1, uploadBytes: 1_000_000, memoryBytes: 32_000_000, compression: 'gzip' as const };

function engineIn(module: string, closing = new AbortController().signal): PollWorker {
  const forThreads = { module: `data:text/javascript,${encodeURIComponent(module)}`, data: null };
  return new PollWorker({ ...given, ...settings, forThreads }, { credential: { getToken: async () => null }, closing });
}

test('a thread that can not start says why to each poll that was waiting, and the next one gets a new thread', async () => {
  const engine = engineIn('export function openTimeAndNetwork() { throw new Error("there is no outside") }');
  const polls = await Promise.allSettled([engine.sync(order), engine.sync(order)]);
  for (const poll of polls) assert.match(String(poll.status === 'rejected' && poll.reason), /there is no outside/);
  await assert.rejects(engine.sync(order), /there is no outside/);
  await engine.close();
});

test('a thread that just ends leaves no poll waiting', async () => {
  const engine = engineIn('export function openTimeAndNetwork() { process.exit(3) }');
  await assert.rejects(engine.sync(order), /The sync engine has ended/);
  await engine.close();
});

test('a fault of a poll crosses to whoever ordered it, and the thread stays', async () => {
  const engine = engineIn('export function openTimeAndNetwork() { return { now: Date.now } }');
  await assert.rejects(engine.sync(order), /ECONNREFUSED/);
  await assert.rejects(engine.sync(order), /ECONNREFUSED/);
  await engine.close();
});

test('once the app is stopping, no poll begins', async () => {
  const closing = new AbortController();
  const engine = engineIn('export function openTimeAndNetwork() { return { now: Date.now } }', closing.signal);
  await assert.rejects(engine.sync(order), /ECONNREFUSED/);
  closing.abort();
  await assert.rejects(engine.sync(order), /Patchbay is stopping/);
  await engine.close();
});
