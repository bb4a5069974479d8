import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { pollHints } from '../../cards/words/poll-hints.ts';
import { factsOf } from '../../ingestion/reasons.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

test('the README’s table of alerts has each reason for which a connector can stop, with its leg', () => {
  const section = readme.split('\n## ').find((each) => each.startsWith('What you are told')) ?? '';
  const told = [...section.matchAll(/^\| ([^|]+) \| (Okta|Azure|Patchbay) \| [^|]+ \|$/gm)];
  assert.deepEqual(
    told.map(([, title, leg]) => [title, leg]),
    pollHints.map(([reason, { title }]) => [title, factsOf(reason).leg]),
  );
});
