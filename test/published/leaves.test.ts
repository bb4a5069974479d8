import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transform } from '../deploy/transform.ts';
import type { Row } from '../sims/kql.ts';
import { published } from './data.ts';

// Nothing that Okta says of an event is lost on its way into the table: each leaf of an event, changed alone, changes the row.

type Schema = { $ref?: string; type?: string; items?: Schema; properties?: Record<string, Schema> };
type Leaf = { path: string[]; values: [unknown, unknown] };

const { schemas } = (
  JSON.parse(published('okta/okta-logs-fragment-2026.06.3.json')) as { components: { schemas: Record<string, Schema> } }
).components;

/** Two values of each kind of leaf; those of a text are no values that Okta has, and must be there as they are. */
const valuesOf: Record<string, [unknown, unknown]> = {
  string: ['marker one', 'marker two'],
  integer: [4711, 4712],
  number: [1.25, 2.5],
  boolean: [true, false],
  object: [{ marker: 'marker one' }, { marker: 'marker two' }],
};

const documented = leavesOf(schemas.LogEvent ?? {}, []);

/** What Okta's list of fields and its live events have besides, in both ways of spelling. */
const seen = `
  device.id device.name device.managed device.registered device.platform device.os_platform device.osVersion device.os_version
  device.disk_encryption_type device.diskEncryptionType device.secure_hardware_present device.secureHardwarePresent device.screen_lock_type
  device.jailbreak device.device_integrator.score device.device_integrator.name
  authenticationContext.rootSessionId authenticationContext.authenticatorContext.id authenticationContext.authenticatorContext.name
`
  .trim()
  .split(/\s+/)
  .map((path): Leaf => ({ path: path.split('.'), values: ['marker one', 'marker two'] }));

function leavesOf(given: Schema, path: string[]): Leaf[] {
  const schema = given.$ref ? (schemas[given.$ref.split('/').at(-1) ?? ''] ?? {}) : given;
  if (schema.items) return leavesOf(schema.items, [...path, '0']);
  if (schema.properties)
    return Object.entries(schema.properties).flatMap(([name, part]) => leavesOf(part, [...path, name]));
  const isTime = path.join('.') === 'published';
  const values: Leaf['values'] = isTime ? ['2026-03-02T08:00:00.000Z', '2026-03-02T09:00:00.000Z'] : kindOf(schema);
  return [{ path, values }];
}

function kindOf({ type = '' }: Schema): Leaf['values'] {
  return valuesOf[type] ?? assert.fail(`no values of ${type}`);
}

/** An event that has this at this place and nothing else; a number in the path is a place in a list. */
function eventWith([name = '', ...rest]: string[], value: unknown): unknown {
  const inner = rest.length > 0 ? eventWith(rest, value) : value;
  return /^\d+$/.test(name) ? [inner] : { [name]: inner };
}

test('Okta documents more than 70 leaves of an event, and has more', () => {
  assert.ok(documented.length > 70, `${documented.length} leaves`);
  assert.ok(documented.length + seen.length >= 95, `${documented.length + seen.length} leaves`);
});

for (const { path, values } of [...documented, ...seen]) {
  test(`${path.join('.')} reaches the table`, () => {
    const [one, two] = values.map((value) => transform.run(eventWith(path, value) as Row));
    assert.notDeepEqual(one, two);
    if (typeof values[0] === 'string' && !path.includes('published'))
      for (const [row, value] of [
        [one, values[0]],
        [two, values[1]],
      ])
        assert.ok(JSON.stringify(row).includes(String(value)));
  });
}
