import assert from 'node:assert/strict';
import { homes } from '../../sims/teams/hosts.ts';
import { actionsIn, closeServer, Dialogue, Scene } from '../scene.ts';
import { lastWayOut, proxyHere } from './here.ts';

// The life of a connector, in proxied mode: connected, polled, broken and said so although the proxy at first shows a page
// of its own in Teams' name and then lets nobody there, and removed. Prints what went by the proxy, and what came to the simulators.

const scene = await Scene.open();
const proxy = proxyHere();
const way = lastWayOut();
assert.ok(proxy && way);

await scene.connected();
const teamsHost = new URL(homes.public.serviceUrl).host;
const attempts = 'select 1 as done from outbox where alert_id is not null and attempts > $1';
proxy.block(teamsHost);
scene.org.revoke(scene.token);
await scene.poll();
await scene.eventually(attempts, [0]);
proxy.refuse(teamsHost);
// What was tried again just before still met the page.
for (let tries = 1; way.traffic.refused.length === 0; tries++) {
  scene.clock.advance(5 * 60_000);
  await scene.eventually(attempts, [tries]);
}
proxy.allow(teamsHost);
scene.clock.advance(5 * 60_000);
await scene.card('✕ Okta refuses the API token');

const message = await scene.ask(scene.ada, 'delete Acme');
const action = actionsIn(message.cards).find(({ data }) => (data as { dialog?: string })?.dialog === 'delete');
const removal = await Dialogue.open(scene, scene.ada, message, action?.data as Record<string, unknown>);
await removal.submit({ confirm: 'Acme' });
await scene.card('Closed: the connector was deleted');
await scene.eventually('select 1 as done where not exists (select from connectors)');
await scene.close();
await closeServer();

const { tunnels, refused, forwarded } = way.traffic;
const onThisMachine = ({ host }: { host: string }) => host.startsWith('127.0.0.1:');
const azure = scene.azure.requests.filter((request) => !onThisMachine(request)).map(({ host }) => host);
const report = {
  tunnels: [...new Set(tunnels)],
  refused: [...new Set(refused)],
  plain: proxy.plain,
  forwarded: forwarded.map(({ host, path }) => ({ host, path })),
  came: { okta: scene.okta.requests.length, azure, teams: scene.teams.requests.length },
  askedHere: scene.azure.requests.filter(onThisMachine).length,
  wrong: [...scene.azure.unexpected, ...scene.teams.violations, ...scene.okta.strangers],
  said: scene.logLines.filter((line) => line.includes('Teams did not take a card')),
};
process.stdout.write(JSON.stringify(report));
