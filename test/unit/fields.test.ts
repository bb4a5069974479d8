import assert from 'node:assert/strict';
import { test } from 'node:test';
import type pg from 'pg';
import type { FieldContext } from '../../bot/dialogs/field-readers.ts';
import { changesOf, firstTexts, readFields, typedTexts, valuesOf } from '../../bot/dialogs/fields.ts';
import type { DialogCall } from '../../bot/teams/dialog.ts';
import { type FieldId, fieldWords, type Texts } from '../../cards/words/fields.ts';
import type { Connector } from '../../ingestion/connector/connector.ts';
import { newborn } from '../../ingestion/connector/lifecycle.ts';

const call = { tenantId: 't', conversationId: 'c', data: {} } as unknown as DialogCall;

function context(texts: Partial<Texts>, more: Partial<FieldContext> = {}): FieldContext {
  return { pool: {} as pg.Pool, call, connector: null, hasToken: false, texts, ...more };
}

const connector = {
  ...newborn(),
  id: 'i',
  name: 'Acme',
  domain: 'acme.okta.com',
  settings: {
    workspace: { id: 'w' },
    table: { plan: 'Analytics', retentionDays: 90, totalRetentionDays: 365 },
    intervalSeconds: 77,
    backfillHours: 2,
    conversationId: '19:soc',
  },
} as unknown as Connector;

test('each field takes what lies within its bounds, and says what is wrong with the rest', async () => {
  const rows: [FieldId, taken: [string, unknown][], refused: string[], beside?: Partial<Texts>][] = [
    [
      'interval',
      [
        ['10', 10],
        ['900', 900],
      ],
      ['9', '901', '', '-60', '60.5', '1e2', '0x3c', 'often'],
    ],
    [
      'surges',
      [
        ['yes', 'yes'],
        ['no', 'no'],
      ],
      ['', 'perhaps', 'YES'],
    ],
    [
      'backfill',
      [
        ['0', 0],
        ['48', 48],
      ],
      ['49', '', '-1', '1.5'],
    ],
    [
      'retention',
      [
        ['4', 4],
        ['730', 730],
      ],
      ['3', '731', '', 'many'],
    ],
    [
      'total',
      [
        ['90', 90],
        ['4383', 4383],
      ],
      ['89', '4384', ''],
      { retention: '90' },
    ],
    ['total', [['4', 4]], ['3'], { retention: '90', tier: 'Auxiliary' }],
    [
      'retention',
      [
        ['9', 9],
        ['many', 90],
      ],
      [],
      { tier: 'Auxiliary' },
    ],
    [
      'tier',
      [
        ['Analytics', 'Analytics'],
        ['Auxiliary', 'Auxiliary'],
      ],
      ['Basic', '', 'analytics'],
    ],
    ['workspace', [['/w', '/w']], ['']],
    ['domain', [['acme.okta.com', 'acme.okta.com']], ['10.0.0.1', '', 'acme']],
    ['key', [[`00${'x'.repeat(40)}`, `00${'x'.repeat(40)}`]], ['', 'a b', 'short']],
  ];
  for (const [id, taken, refused, beside] of rows) {
    for (const [text, value] of taken)
      assert.deepEqual(await readFields([id], context({ ...beside, [id]: text })), {
        values: { [id]: value },
        notes: [],
      });
    for (const text of refused) {
      const read = await readFields([id], context({ ...beside, [id]: text }));
      assert.ok('errors' in read && read.errors[id], `${id}: ${text}`);
    }
  }
});

test('an empty field for the token keeps the one there is, and what was stripped is said', async () => {
  assert.deepEqual(await readFields(['key'], context({ key: '' }, { hasToken: true })), {
    values: { key: null },
    notes: [],
  });
  const pasted = { domain: 'https://acme.okta.com/', key: `SSWS 00${'x'.repeat(40)}` };
  const read = await readFields(['domain', 'key'], context(pasted));
  assert.ok('values' in read);
  assert.equal(read.notes.length, 2);
});

test('what a card sent is read as text, tidied, and never a thing of another kind', () => {
  const data = {
    name: '  R\u00a0 &  D ',
    interval: 60,
    tier: { $gt: 1 },
    domain: ' a.okta.com ',
    find: 'x'.repeat(200),
  };
  const typed = typedTexts({ ...call, data }, ['name', 'interval', 'tier', 'domain', 'find', 'key']);
  const { find, ...others } = typed;
  assert.deepEqual(others, { name: 'R & D', interval: '60', tier: '', domain: 'a.okta.com', key: '' });
  assert.equal(find.length, 100);
});

test('fields show what is usual, or a connector as it is, but never its token', () => {
  const fresh = firstTexts(null);
  assert.deepEqual(
    [fresh.name, fresh.interval, fresh.tier, fresh.retention, fresh.total, fresh.backfill],
    ['', '60', 'Analytics', '90', '90', '1'],
  );
  const shown = firstTexts(connector);
  assert.deepEqual(
    [shown.name, shown.domain, shown.interval, shown.conversation, shown.retention, shown.total, shown.key],
    ['Acme', 'acme.okta.com', '77', '19:soc', '90', '365', ''],
  );
  assert.deepEqual(Object.keys(valuesOf(connector)), Object.keys(fieldWords));
});

test('a change is told once for each setting, in the order of the table, and audited by its name', () => {
  const all = changesOf(connector, { total: 30, retention: 30, domain: 'b.okta.com', key: null, name: 'Globex' });
  assert.deepEqual(all.audited, ['name', 'token', 'domain', 'retention']);
  assert.match(
    all.words,
    /^the name, which was Acme; the API token.*; the Okta domain;.*b\.okta\.com is read; how long/,
  );
  assert.deepEqual(changesOf(connector, {}), { audited: [], words: '' });
});
