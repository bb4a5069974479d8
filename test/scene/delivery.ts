import assert from 'node:assert/strict';
import type { Scene } from './scene.ts';

/**
 * Ada connects an org that holds these events, by the dialog: each of them is stored in Azure byte for byte as Okta served
 * it, and none twice. The scene keeps the bytes (`azure: { keepBytes: true }`).
 */
export async function deliversWhole(scene: Scene, events: Buffer[]): Promise<void> {
  for (const event of events) scene.org.publish(event);
  await scene.connected();
  const table = scene.azure.table(scene.workspace, 'OktaSystemLogs_CL');
  const counted = [...table.ledger.values()].flatMap(({ bytes }) => bytes);
  const arrived = [...counted, ...table.strays].map((event) => event.toString('base64'));
  const wanted = events.map((event) => event.toString('base64'));
  for (const event of wanted) assert.ok(arrived.includes(event), Buffer.from(event, 'base64').toString().slice(0, 200));
  assert.equal(new Set(arrived).size, arrived.length, 'no event arrived twice');
  assert.ok(table.rows.every((row) => row.ConnectorId && row.OktaDomain === 'acme.okta.com'));
  assert.deepEqual([scene.teams.violations, scene.azure.unexpected, scene.okta.strangers], [[], [], []]);
}
