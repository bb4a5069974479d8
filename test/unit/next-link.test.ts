import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextLink } from '../../ingestion/okta/system-log.ts';

const next = 'https://acme.okta.com/api/v1/logs?after=1,2;3';

test('the next link is found wherever it stands in the header, and nothing else is taken for it', () => {
  for (const header of [
    `<${next}>; rel="next"`,
    `<${next}>;rel=next`,
    `<https://acme.okta.com/api/v1/logs>; rel="self", <${next}>; title="x"; rel="next"`,
    `<< <${next}>; rel="next"`,
  ])
    assert.equal(nextLink(header), next, header);
  for (const header of ['', `<${next}>; rel="self"`, `<${next}>; rel="nextish"`, `${next}; rel="next"`])
    assert.equal(nextLink(header), null, header);
});

test('a header of a million opening brackets is read once, and holds no link', () => {
  assert.equal(nextLink('<'.repeat(1_000_000)), null);
});
