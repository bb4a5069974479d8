import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectorError } from '../../ingestion/errors.ts';
import { pauseMs, retryAfterMs, retrying, retryPolicies, waitMs } from '../../ingestion/retry.ts';
import { openMetrics } from '../../ingestion/runtime/metrics.ts';

const now = Date.parse('2026-11-29T12:00:00Z');

test('a Retry-After is read as seconds or as a date, and nothing else is', () => {
  const rows: [string | null | undefined, number | null][] = [
    ['90', 90_000],
    [' 5 ', 5_000],
    ['0', 0],
    ['1.5', 1_500],
    ['Sun, 29 Nov 2026 12:01:30 GMT', 90_000],
    ['Sun, 29 Nov 2026 11:00:00 GMT', 0],
    ['Sunday, 29-Nov-26 12:01:30 GMT', 90_000],
    ['2026-11-29T12:01:30Z', 90_000],
    ['', null],
    ['soon', null],
    ['-3x', null],
    [null, null],
    [undefined, null],
  ];
  for (const [header, ms] of rows) assert.equal(retryAfterMs(header, now), ms, String(header));
  // The form without a zone, which RFC 9110 still knows: whatever the zone here is, it is a date.
  assert.ok((retryAfterMs('Mon Nov 30 12:00:00 2026', now) ?? 0) > 0);
});

test('each policy waits for as long as it says, with and without chance, and heeds what is asked for as far as it says', () => {
  const second = 1_000;
  const minute = 60 * second;
  const endless = Number.POSITIVE_INFINITY;
  // Tries; the waits behind the first, second, third and thirtieth of them by no chance, and by all of it; a long wait that is asked for.
  const rows: Record<keyof typeof retryPolicies, [number, number[], number[], number | null]> = {
    oktaPage: [3, [2_000, 4_000, 4_000, 4_000], [0, 0, 0, 0], null],
    oktaToken: [3, [1_000, 2_000, 2_000, 2_000], [0, 0, 0, 0], null],
    upload: [4, [1_000, 2_000, 4_000, 4_000], [500, 1_000, 2_000, 2_000], 30 * second],
    alone: [endless, [1_000, 2_000, 4_000, 300_000], [500, 1_000, 2_000, 150_000], null],
    vault: [2, [300, 300, 300, 300], [100, 100, 100, 100], null],
    purge: [15, [1_000, 1_000, 1_000, 1_000], [1_000, 1_000, 1_000, 1_000], null],
    passing: [endless, [15_000, 30_000, 60_000, 300_000], [15_000, 30_000, 60_000, 300_000], 60 * minute],
    mended: [endless, [60_000, 120_000, 240_000, 900_000], [60_000, 120_000, 240_000, 900_000], 60 * minute],
    lostRecords: [
      endless,
      [15 * minute, 30 * minute, 60 * minute, 360 * minute],
      [15 * minute, 30 * minute, 60 * minute, 360 * minute],
      null,
    ],
    upgrade: [endless, [60_000, 120_000, 240_000, 3_600_000], [60_000, 120_000, 240_000, 3_600_000], null],
    card: [endless, [2_500, 5_000, 10_000, 900_000], [1_500, 3_000, 6_000, 540_000], 12 * 60 * minute],
    answer: [5, [500, 1_000, 2_000, 2_000], [300, 600, 1_200, 1_200], 5 * second],
  };
  assert.deepEqual(Object.keys(rows), Object.keys(retryPolicies));
  for (const [name, [tries, least, most, asked]] of Object.entries(rows)) {
    const policy = retryPolicies[name as keyof typeof retryPolicies];
    const waits = (chance: number) => [1, 2, 3, 30].map((attempt) => waitMs(policy, attempt, { chance }));
    assert.deepEqual([policy.tries, waits(0), waits(1)], [tries, least, most], name);
    assert.equal(waitMs(policy, 2, { askedMs: 20 * 60 * minute, chance: 0 }), asked ?? least[1], name);
  }
  assert.equal(waitMs({ ...retryPolicies.upload, retryAfterCapMs: 1 }, 1, { askedMs: 0, chance: 0 }), 1);
  for (let draw = 0; draw < 50; draw++) {
    const drawn = waitMs(retryPolicies.upload, 1);
    assert.ok(drawn >= 500 && drawn <= 1_000, `${drawn}`);
  }
});

test('waits double up to the cap, chance shortens them by its part, and what is asked for goes before', () => {
  const { upload, oktaPage, card, mended } = retryPolicies;
  const waits = (policy: Parameters<typeof waitMs>[0], chance: number) =>
    [1, 2, 3, 4, 9].map((attempt) => waitMs(policy, attempt, { chance }));
  assert.deepEqual(waits(upload, 0), [1_000, 2_000, 4_000, 4_000, 4_000]);
  assert.deepEqual(waits(upload, 1), [500, 1_000, 2_000, 2_000, 2_000]);
  assert.deepEqual(waits(oktaPage, 1), [0, 0, 0, 0, 0]);
  assert.deepEqual(waits(card, 0.5), [2_000, 4_000, 8_000, 16_000, 512_000]);
  assert.deepEqual(waits(mended, 0.5), [60_000, 120_000, 240_000, 480_000, 900_000]);
  assert.equal(waitMs(upload, 1, { askedMs: 7_000 }), 7_000);
  assert.equal(waitMs(upload, 1, { askedMs: 0 }), 1_000, 'at least a second');
  assert.equal(waitMs(upload, 1, { askedMs: 3_600_000 }), 30_000, 'no longer than the policy bears');
  assert.equal(waitMs(oktaPage, 1, { askedMs: 7_000, chance: 0 }), 2_000, 'not heeded');
});

test('what passes by itself is tried again soon, anything else seldom, and an hour at most is waited as asked', () => {
  const pause = (reason: ConstructorParameters<typeof ConnectorError>[0], attempts: number, askedMs?: number) =>
    pauseMs(new ConnectorError(reason, askedMs === undefined ? {} : { retryAfterMs: askedMs }), attempts);
  assert.deepEqual(
    [1, 2, 6].map((attempts) => pause('azure-busy', attempts)),
    [15_000, 30_000, 300_000],
  );
  assert.deepEqual(
    [1, 2, 6].map((attempts) => pause('scope-locked', attempts)),
    [60_000, 120_000, 900_000],
  );
  assert.deepEqual([pause('scope-locked', 1, 5_000), pause('azure-throttled', 9, 7_200_000)], [5_000, 3_600_000]);
  const lost = Object.assign(new ConnectorError('azure-unreachable', { retryAfterMs: 5_000 }), { lost: true });
  assert.deepEqual([pauseMs(lost, 1), pauseMs(lost, 2)], [900_000, 1_800_000], 'it may stand there');
});

type Trying = { aborted?: boolean; wakes?: boolean; policy?: Parameters<typeof retrying>[0]; lastsMs?: number };

/** Tries, with what each try ends in after `lastsMs`, and the waits between them. */
async function tried(
  faults: string[],
  { aborted = false, wakes = true, policy = retryPolicies.purge, lastsMs = 0 }: Trying = {},
) {
  const waits: number[] = [];
  const stop = new AbortController();
  if (aborted) stop.abort();
  const sleep = async (ms: number) => {
    waits.push(ms);
    if (!wakes) throw new Error('woken by the end');
  };
  let tries = 0;
  const deadline = (ms: number) => ({ leftMs: () => Math.max(0, ms - lastsMs) });
  const outcome = await retrying(
    policy,
    { sleep, deadline, signal: stop.signal, metrics: openMetrics() },
    {
      work: async (attempt) => {
        tries++;
        const fault = faults[attempt - 1];
        if (fault) throw new Error(fault);
        return `done at ${attempt}`;
      },
      again: (fault) => ((fault as Error).message === 'passes' ? {} : null),
    },
  ).catch((fault: Error) => fault.message);
  return { outcome, tries, waits };
}

test('work is tried until it succeeds, a fault that stays ends it, and so do the last try and the end of the app', async () => {
  assert.deepEqual(await tried([]), { outcome: 'done at 1', tries: 1, waits: [] });
  assert.deepEqual(await tried(['passes', 'passes']), { outcome: 'done at 3', tries: 3, waits: [1_000, 1_000] });
  assert.deepEqual(await tried(['passes', 'stays']), { outcome: 'stays', tries: 2, waits: [1_000] });
  const endless = await tried(Array(99).fill('passes'));
  assert.deepEqual([endless.outcome, endless.tries, endless.waits.length], ['passes', 15, 14]);
  assert.deepEqual(await tried(['passes'], { aborted: true }), { outcome: 'passes', tries: 1, waits: [] });
  assert.deepEqual(await tried(['passes'], { wakes: false }), { outcome: 'passes', tries: 1, waits: [1_000] });
});

test('within a poll what fails slowly is tried again for half a minute, a token for half of that', async () => {
  const rows = [
    ['oktaPage', 15_500, 2],
    ['oktaPage', 31_000, 1],
    ['upload', 15_500, 2],
    ['upload', 31_000, 1],
    ['oktaToken', 7_750, 2],
    ['oktaToken', 16_000, 1],
  ] as const;
  for (const [name, lastsMs, tries] of rows)
    assert.equal((await tried(Array(9).fill('passes'), { policy: retryPolicies[name], lastsMs })).tries, tries, name);
});

test('silence takes the time of one try, while quick faults are tried again within the time of the policy', async () => {
  const policy = { tries: 4, baseMs: 1_000, capMs: 4_000, jitter: 0, retryAfterCapMs: 0, withinMs: 30_000 };
  const rows: [lastsMs: number, tries: number][] = [
    [0, 4],
    [5_000, 4],
    [9_000, 3],
    [14_000, 2],
    [28_999, 2],
    [29_000, 1],
    [30_000, 1],
    [45_000, 1],
  ];
  for (const [lastsMs, tries] of rows)
    assert.equal((await tried(Array(9).fill('passes'), { policy, lastsMs })).tries, tries, `${lastsMs} ms`);
});
