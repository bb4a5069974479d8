import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { openAgents } from '../../ingestion/runtime/proxy.ts';

const servers: Server[] = [];
const most = 3;
const { http: agent } = openAgents({}, most);

before(async () => {
  for (let count = 0; count < 8; count++) {
    const server = createServer((_, response) => response.end('[]')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
  }
});
after(() => {
  agent.destroy();
  for (const server of servers) server.close();
});

const hosts = () => servers.map((server) => (server.address() as AddressInfo).port);

/** Asks once; whether it went by a connection that was kept. */
async function ask(port: number): Promise<boolean> {
  const request = get({ agent, host: '127.0.0.1', port });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  await once(response.resume(), 'close');
  return request.reusedSocket;
}

test('of many hosts, so many connections wait for their next request, and the others are closed after theirs', async () => {
  for (const port of hosts()) assert.equal(await ask(port), false);
  const again: boolean[] = [];
  for (const port of hosts()) again.push(await ask(port));
  assert.deepEqual(again, [true, true, true, false, false, false, false, false]);
  assert.equal(Object.values(agent.freeSockets).flat().length, most);
});

test('a kept connection that its host closes makes room for another', async () => {
  servers[0]?.closeAllConnections();
  const last = hosts().at(-1) as number;
  while (Object.values(agent.freeSockets).flat().length >= most) await new Promise(setImmediate);
  await ask(last);
  assert.equal(await ask(last), true);
});
