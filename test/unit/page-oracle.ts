import assert from 'node:assert/strict';
import { PageError, scanPage } from '../../ingestion/okta/page-scanner.ts';

/** What scanPage must find, by JSON.parse; undefined where it must refuse. */
export function expectedEvents(page: Buffer): { uuid: string; published: string }[] | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(page.toString());
  } catch {
    // Not JSON at all: that is the answer.
    return undefined;
  }
  if (!Array.isArray(parsed)) return undefined;
  return parsed.map((one) => ({ uuid: textOf(one, 'uuid'), published: textOf(one, 'published') }));
}

function textOf(event: unknown, key: string): string {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return '';
  const value = Object.getOwnPropertyDescriptor(event, key)?.value;
  return typeof value === 'string' ? value : '';
}

/** Scans and compares with JSON.parse, event by event; returns how many events the page has. */
export function agrees(page: Buffer): number {
  const wanted = expectedEvents(page);
  if (!wanted) {
    assert.throws(() => scanPage(page), PageError, page.toString());
    return 0;
  }
  const found = scanPage(page);
  assert.deepEqual(
    found.map(({ uuid, published }) => ({ uuid, published })),
    wanted,
    page.toString(),
  );
  const whole = JSON.parse(page.toString()) as unknown[];
  const slices = found.map(({ start, end }) => JSON.parse(page.toString('utf8', start, end)) as unknown);
  assert.deepEqual(slices, whole);
  return found.length;
}
