import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportsIn, exportsOf, undocumented } from '../house/documented.ts';

test('whatever a file exports says what it is, and which ConnectorError it throws', () => {
  const exported = exportsOf(['bot', 'cards', 'ingestion', 'manifest']);
  assert.ok(exported.length > 400, `only ${exported.length} exports were found`);
  for (const kind of ['function', 'class', 'type', 'method']) assert.ok(exported.some((each) => each.kind === kind));
  assert.deepEqual(undocumented(exported), []);
});

test('what says nothing of itself is found, however it is written', () => {
  const rows: [source: string, found: string | null][] = [
    ['/** Does it. */\nexport function did() {\n}', null],
    ['export function did() {\n}', 'has no doc comment'],
    ['/** Does it. */\n\nexport function did() {\n}', 'has no doc comment'],
    ['// Does it.\nexport async function did() {\n}', 'has no doc comment'],
    ['/* Does it. */\nexport async function did() {\n}', 'has no doc comment'],
    ['export const did = (a: number): number => a;', 'has no doc comment'],
    ['export const did = async function () {\n};', 'has no doc comment'],
    ['export const did = new Map();', null],
    ['function did() {\n}', null],
    ['export type Did = number;', 'has no doc comment'],
    ['// A number.\nexport type Did = number;', null],
    ['/** A. */\nexport class Did {\n  did() {\n  }\n}', 'Did.did has no doc comment'],
    ['/** A. */\nexport class Did {\n  static async did(): Promise<void> {\n  }\n}', 'Did.did has no doc comment'],
    ['/** A. */\nexport class Did {\n  get did(): number {\n  }\n}', 'Did.did has no doc comment'],
    ['/** A. */\nexport class Did {\n  constructor() {\n  }\n  #did() {\n  }\n}', null],
    ['/** A. */\nexport class Did {\n  override did() {\n  }\n}', null],
    ['/** A. */\nexport class Did {\n}\nconst did = {\n  did() {\n  },\n};', null],
  ];
  for (const [source, found] of rows) {
    const [fault = null] = undocumented(exportsIn('x.ts', source));
    assert.equal(found === null ? fault : fault?.includes(found), found === null ? null : true, source);
  }
});

test('a ConnectorError that is thrown is named above, with its reason', () => {
  const written = (comment: string, thrown: string) =>
    undocumented(
      exportsIn('x.ts', `/** ${comment} */\nexport async function did({\n  a,\n}: A) {\n  throw ${thrown};\n}`),
    );
  const thrown = "new ConnectorError('rule-missing', {})";
  assert.deepEqual(written('Does it.', thrown), ['x.ts: did throws and does not say: ConnectorError, rule-missing']);
  assert.deepEqual(written('Throws ConnectorError.', thrown), ['x.ts: did throws and does not say: rule-missing']);
  assert.deepEqual(written('Throws ConnectorError: rule-missing.', thrown), []);
  assert.deepEqual(written('Throws ConnectorError.', 'new ConnectorError(reason)'), []);
  assert.deepEqual(written('Does it.', "new Error('a bug')"), []);
});
