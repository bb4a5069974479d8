import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { checkSchema } from '../deploy/asim.ts';
import { table, transform } from '../deploy/transform.ts';
import { deliversWhole } from '../scene/delivery.ts';
import { closeServer, Scene } from '../scene/scene.ts';
import { SmallEstate } from '../sims/azure/small-estate.ts';
import type { Row } from '../sims/kql.ts';
import { hostile } from '../sims/okta/hostile.ts';
import { agrees } from '../unit/page-oracle.ts';
import { publishedRows, sampleEvents } from './data.ts';

// Events of real orgs that people have published, on their way from the page to the workspace.

after(closeServer);

const files = sampleEvents();
const lines = [...files.values()].flat();
const events = lines.map((line) => JSON.parse(line) as Row);

test('the scanner agrees with JSON.parse on every published sample', () => {
  for (const [name, each] of files) assert.equal(agrees(Buffer.from(`[${each.join(',')}]`)), each.length, name);
});

test('every public sample event goes through, and what has no value rule arrives as Okta sent it', () => {
  const facts = publishedRows('azure/okta_field_to_column.csv');
  for (const event of events) {
    const row = transform.run(event) ?? assert.fail('no row');
    for (const fact of facts) checkFact(fact, event, row);
  }
  assert.ok(events.length >= 49, `${events.length} events`);
});

function checkFact(fact: string, event: Row, row: Row): void {
  const [column = '', , path = '', rule] = fact.split(',');
  // The rules of these two are remarks that change no value of the samples.
  const plain = rule === '' || column === 'SecurityContextAsNumber' || column === 'SrcGeoLongtitude';
  if (!plain) return;
  const source =
    path.split('.').reduce<unknown>((value, key) => (value as Row | null | undefined)?.[key], event) ?? null;
  if (column === 'DebugData' && Array.isArray(event.debugContext)) return;
  const type = table.find(({ name }) => name === column)?.type ?? assert.fail(`${column} is no column`);
  const text = (value: unknown) => (typeof value === 'string' ? value : value === null ? '' : String(value));
  const expected = type !== 'string' ? source : column === 'SrcZone' && source === 'null' ? '' : text(source);
  assert.deepEqual(row[column], expected, column);
}

test('the parser for ASIM reads the public samples', () => checkSchema(events, 30));

test('Azure’s simulator counts real events of many shapes by uuid and keeps them byte for byte', async (t) => {
  const place = await SmallEstate.open({ keepBytes: true });
  t.after(() => place.azure.close());
  const rule = await place.connected();
  assert.equal((await place.post(rule, `[${lines.join(',')}]`)).status, 204);
  const { ledger } = place.azure.table(place.workspace, 'OktaSystemLogs_CL');
  const kept = [...ledger.values()].flatMap(({ bytes }) => bytes.map(String));
  assert.deepEqual(kept.sort(), lines.map((line) => line.trim()).sort());
  assert.deepEqual(place.azure.unexpected, []);
});

test('every published sample arrives byte for byte as Okta served it', async (t) => {
  const scene = await Scene.open({ azure: { keepBytes: true } });
  t.after(() => scene.close());
  await deliversWhole(scene, [...unique(), ...hostile().map(({ bytes }) => bytes)]);
});

/** Every sample, with a fresh uuid where the files repeat one. */
function unique(): Buffer[] {
  const seen = new Set<string>();
  return lines.map((line) => {
    const { uuid } = JSON.parse(line) as { uuid: string };
    const text = seen.has(uuid) ? line.replace(`"uuid":${JSON.stringify(uuid)}`, `"uuid":"${randomUUID()}"`) : line;
    seen.add(uuid);
    return Buffer.from(text);
  });
}
