import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectorsCard } from '../../cards/messages/connectors.ts';
import { statusCard } from '../../cards/messages/status.ts';
import { type Connector, stateOf } from '../../ingestion/connector/connector.ts';
import { syncStateOf } from '../../ingestion/connector/sync-state.ts';
import { parts, textOf } from '../sims/teams/cards.ts';
import { built, checkpoint, connected, detail, lastHour, minute, now, rowsOf } from './every-card.ts';

const failing = { reason: 'okta-unreachable', since: now - minute, polls: 1 } as const;
const limited = { ...failing, reason: 'rate-limited' } as const;

/** What is known of a connected one, when its poll is due, and what both cards say of it. */
const rows: [
  Partial<Connector['status']>,
  dueInMs: number,
  state: string,
  mark: string,
  word: string,
  behind: RegExp,
][] = [
  [{}, minute, 'caught-up', '✓', 'Connected', /Behind: no, caught up/],
  [{}, -15_000, 'caught-up', '✓', 'Connected', /Behind: no, caught up/],
  [
    {},
    -15_001,
    'late',
    '◐',
    'Connected, check under way',
    /Behind: not known: the check that was due at .* has not ended/,
  ],
  [{ behindMs: minute }, minute, 'behind', '◐', 'Connected, catching up', /Behind: 1 minute, and not catching up/],
  [
    { behindMs: 9 * minute, catchUpMs: 4 * minute },
    0,
    'behind',
    '◐',
    'Connected, catching up',
    /Behind: 9 minutes, caught up in about 4 minutes/,
  ],
  [
    { behindMs: 2 * minute, failing },
    minute,
    'failing',
    '◐',
    'Connected, last check failed',
    /Behind: 2 minutes at most/,
  ],
  [{ failing }, -minute, 'failing', '◐', 'Connected, last check failed', /Behind: .* at most/],
  [{ behindMs: minute, failing: limited }, minute, 'behind', '◐', 'Connected, catching up', /Behind: 1 minute/],
];

test('a connector with events that wait, or may, is never Connected and caught up, in words or colour', () => {
  for (const [status, dueInMs, state, mark, word, behind] of rows) {
    const connector = { ...built({ ...connected, ...status }), dueAt: now + dueInMs };
    assert.equal(syncStateOf(connector, now), state);
    const told = statusCard({ connector, checkpoint, lastHour, ...detail, state: stateOf(connector), now });
    const text = textOf(told);
    assert.ok(text.includes(`${mark} ${word}`), `${mark} ${word} in ${text}`);
    assert.match(text, behind);
    const listed = connectorsCard({
      rows: rowsOf([connector]),
      counts: { all: 1, errors: 0, warnings: 0, paused: 0 },
      page: 1,
      filter: '',
      now,
    });
    assert.ok(textOf(listed).includes(word), word);
    const green = [told, listed].filter((card) =>
      [...parts(card)].some(({ color, style }) => color === 'Good' || style === 'good'),
    );
    assert.equal(green.length, state === 'caught-up' ? 2 : 0, `green: ${word}`);
  }
});

test('of a connector that rests, or was never polled, nothing is said of how far it is behind', () => {
  const connector = built(connected);
  assert.equal(syncStateOf({ ...connector, desired: 'pause' }, now), null);
  assert.equal(syncStateOf(built({ ...connected, lastPollAt: null }), now), null);
});
