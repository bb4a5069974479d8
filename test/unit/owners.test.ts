import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secondWriters, type Texts, tablesNow, textsOf, trespasses, writersIn, writesIn } from '../house/writers.ts';

const texts = textsOf(['bot', 'ingestion']);

test('each table, and each column of connectors, has one writer: a file, or a folder that bears its name', () => {
  assert.deepEqual(secondWriters(texts), []);
});

test('the bot leaves the tables of ingestion alone, and ingestion those of the bot', () => {
  assert.deepEqual(trespasses(texts), []);
});

test('every table of the schema has its writer, so that none is overlooked', () => {
  const written = new Set(writesIn(texts).map(({ table }) => table));
  assert.deepEqual(
    [...tablesNow()].filter((table) => !written.has(table)),
    [],
  );
  const writers = writersIn(texts);
  for (const column of ['status', 'due_at', 'observation', 'provisioning', 'settings', 'desired', 'reported'])
    assert.equal(writers.get(`connectors.${column}`)?.size, 1, column);
});

/** The house with one statement more, in a file of its own. */
function planted(sql: string, file = 'ingestion/attic/planted.ts'): Texts {
  return new Map([...texts, [file, `await db.query(\`${sql}\`);`]]);
}

test('a planted second writer of a table is found, however the statement is written', () => {
  for (const sql of [
    'insert into outbox (id) values ($1)',
    'with old as (delete from outbox where id = $1 returning *) select * from old',
    'update outbox as o\n set gone = null where o.id = $1',
    'UPDATE outbox SET gone = null',
    'merge into outbox using (select 1) as one on true when matched then delete',
    'truncate outbox',
  ]) {
    assert.deepEqual(
      secondWriters(planted(sql)),
      ['outbox: ingestion/attic/planted.ts, ingestion/connector/outbox'],
      sql,
    );
  }
});

test('a file in the folder of another table is a second writer', () => {
  const file = 'ingestion/connector/outbox/planted.ts';
  assert.deepEqual(secondWriters(planted('update outbox set gone = null', file)), []);
  assert.deepEqual(secondWriters(planted('delete from digests', file)), [
    `digests: ingestion/connector/digests.ts, ${file}`,
  ]);
});

test('a planted second writer of a column is found among others, and behind commas that set nothing', () => {
  const column = (name: string, file: string) => `connectors.${name}: ingestion/attic/planted.ts, ${file}`;
  assert.deepEqual(
    secondWriters(
      planted(`update connectors set status = status || '{"state": "error", "problem": null}', due_at = greatest(due_at, $2)
        where id = $1`),
    ),
    [column('due_at', 'ingestion/connector/statuses.ts'), column('status', 'ingestion/connector/statuses.ts')],
  );
  assert.deepEqual(
    secondWriters(planted('update connectors set observation = $2 from held where connectors.id = held.id')),
    [column('observation', 'ingestion/connector/observations.ts')],
  );
  assert.deepEqual(secondWriters(planted('update connectors set provisioning = null')), [
    column('provisioning', 'ingestion/connector/provisioning-record.ts'),
  ]);
  assert.equal(secondWriters(planted('delete from connectors where id = $1')).length, 1);
});

test('a statement that hides its table or its columns is found', () => {
  // Written apart, so that this file does not hide anything itself.
  const hidden = '$' + '{table}';
  assert.equal(secondWriters(planted(`delete from ${hidden} where id = $1`)).length, 1);
  assert.equal(secondWriters(planted(`update connectors set ${hidden} = $2`)).length, 1);
});

test('a planted look across is found: ingestion at drafts, and the bot at incidents', () => {
  assert.deepEqual(trespasses(planted('select key_id from drafts')), ['ingestion/attic/planted.ts names drafts']);
  assert.deepEqual(trespasses(planted('select c.id from connectors c, conversations where true')), [
    'ingestion/attic/planted.ts names conversations',
  ]);
  assert.deepEqual(
    trespasses(planted('select 1 from outbox o join incidents i on true', 'bot/attic.ts')),
    ['bot/attic.ts names outbox', 'bot/attic.ts names incidents'].sort(),
  );
});
