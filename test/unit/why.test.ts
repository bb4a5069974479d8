import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whyWords } from '../../cards/words/why.ts';
import type { Connector } from '../../ingestion/connector/connector.ts';
import type { Evidence } from '../../ingestion/errors.ts';
import type { Reason } from '../../ingestion/reasons.ts';
import { type Given, hour, look, minute, now, record } from './record.ts';

const why = (reason: Reason, given: Given = {}, evidence: Evidence = {}) =>
  whyWords(record(given) satisfies Connector, { reason, evidence });

test('a problem says by which figures it was judged, and nothing where the platform’s words are all there is', () => {
  const volume = { seen: 0, usual: 31, from: now - 25 * minute, to: now };
  assert.match(
    why('source-quiet', {}, { volume }) ?? '',
    /^0 events in 25 minutes, until \{\{.*, where about 31 are usual by its own last weeks\. .* a silence like this .* less than once in a thousand days\.$/,
  );
  assert.match(why('volume-dropped', {}, { volume: { ...volume, seen: 1_234 } }) ?? '', /^1,234 events .* a fall like/);
  const failing = { reason: 'okta-unreachable', since: now - 16 * minute, polls: 17 } as const;
  assert.match(
    why('okta-unreachable', { status: { failing } }) ?? '',
    /^The last 17 checks have failed; none has gone well since \{\{/,
  );
  assert.match(
    why('okta-unreachable', { status: { failing: { ...failing, polls: 1 } } }) ?? '',
    /^The last check has failed;/,
  );
  const unseen = { status: { unseenSince: now - hour }, observation: look(now, now - 2 * hour) };
  assert.match(
    why('not-visible', unseen) ?? '',
    /^Azure took events \{\{.*\. The last look, \{\{.*, saw no row that came after \{\{/,
  );
  assert.match(why('no-first-data', { ...unseen, observation: look(now, null, 0) }) ?? '', /saw no row\.$/);
  const lag = { mostMs: hour, leastMs: 20 * minute, leastAt: now - 40 * minute };
  assert.match(
    why('falling-behind', { status: { behindMs: hour, lag } }) ?? '',
    /^The newest event that has arrived is 1 hour old; it was 20 minutes at the least, \{\{/,
  );
  assert.equal(why('token-refused', { status: { failing } }), null);
  assert.equal(why('events-refused'), null);
});
