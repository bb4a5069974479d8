import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { circlesIn, faultsOf, type Imports, importsOf, roomOf } from '../house/imports.ts';

const imports = importsOf(['bot', 'cards', 'ingestion', 'manifest']);

test('nothing imports what stands above it', () => {
  assert.deepEqual(faultsOf(imports), []);
});

test('no files and no rooms import each other in a circle, not even for types', () => {
  assert.deepEqual(circlesIn(imports), []);
  const rooms: Imports = new Map();
  for (const [from, targets] of imports) {
    const room = roomOf(from);
    const others = targets.map(roomOf).filter((other) => other !== room);
    rooms.set(room, [...(rooms.get(room) ?? []), ...others]);
  }
  assert.deepEqual(circlesIn(rooms), []);
});

test('each floor has few rooms', () => {
  const most = { ingestion: 14, bot: 11, cards: 5 };
  for (const [floor, limit] of Object.entries(most)) {
    const rooms = readdirSync(new URL(`../../${floor}`, import.meta.url)).filter((name) => name !== 'README.md');
    assert.ok(rooms.length <= limit, `${floor} has ${rooms.length} rooms: ${rooms.join(', ')}`);
  }
});

test('each file can be read in one sitting, but for tables', () => {
  const tables = ['bot/config/variables', 'cards/words/fields', 'cards/words/poll-hints', 'ingestion/store/migrations'];
  const long = [...imports.keys()].filter((file) => linesOf(file) > 250);
  assert.deepEqual(long.sort(), tables.map((table) => `${table}.ts`).sort());
});

function linesOf(file: string): number {
  return readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n').length;
}

test('a planted import against the direction, a circle and a stranger are found', () => {
  const planted = (from: string, to: string) => faultsOf(new Map([[from, [to]]]));
  assert.deepEqual(planted('ingestion/okta/system-log.ts', 'ingestion/azure/key-vault.ts'), [
    'ingestion/okta/system-log.ts imports ingestion/azure/key-vault.ts',
  ]);
  assert.equal(planted('ingestion/store/database.ts', 'bot/app.ts').length, 1);
  assert.equal(planted('ingestion/store/database.ts', 'restify').length, 1);
  assert.equal(planted('cards/kit/template.ts', 'cards/words/hints.ts').length, 1);
  assert.equal(planted('bot/app.ts', 'test/scene/scene.ts').length, 1);
  assert.equal(planted('bot/teams/adapter.ts', 'bot/dialogs/connect.ts').length, 1);
  assert.equal(planted('ingestion/attic/new.ts', 'ingestion/errors.ts').length, 1);
  assert.deepEqual(planted('ingestion/jobs/jobs.ts', 'ingestion/errors.ts'), []);
  assert.deepEqual(
    circlesIn(
      new Map([
        ['a', ['b']],
        ['b', ['c']],
        ['c', ['a']],
      ]),
    ),
    ['a -> b -> c -> a'],
  );
});
