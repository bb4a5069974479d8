import type { Plan, Step } from './plan.ts';

const minute = 60_000;
const temper: Plan['temper'] = {
  gzip: false,
  spaced: false,
  idleNext: 'same',
  oddity: 'none',
  joinedLinks: false,
  readLagMs: 0,
};
const small = (count: number, lateMs = 0): Step => ({ do: 'publish', kind: 'small', count, lateMs, aheadMs: 0 });
const poll = (instance: 0 | 1 = 0): Step => ({ do: 'poll', instance, problem: null });

const earlyBird: Step[] = [
  small(1, -120 * minute),
  small(20),
  { do: 'jump', ms: 20 * minute },
  { do: 'okta', fault: { kind: 'shortPage', events: 1 }, times: 1 },
  poll(),
  { do: 'forget' },
];
const late: Step[] = [small(1), poll(), small(1, 70 * 60 * minute), poll(), { do: 'forget' }, poll(1)];
const cutAt = (at: number): Step[] => [
  { do: 'poison' },
  small(1048),
  { do: 'poll', instance: 0, problem: { kind: 'cut', at, side: 'before', restart: true } },
];
const afterEachMessage = Array.from({ length: 25 }, (_, message) => cutAt(message + 5));

const fencedWhileHalving: Step[] = [
  { do: 'narrow', bytes: 1_000, times: 10_000 },
  small(900),
  { do: 'poll', instance: 0, problem: { kind: 'fence', at: 12 } },
  poll(1),
];

/** Schedules that once went wrong, as short as they can be. */
export const found: [what: string, schedules: Step[][]][] = [
  ['an event dated ahead of its time does not make the re-reading begin behind events still to come', [earlyBird]],
  [
    'three refused events at the head of a page do not block it',
    [[{ do: 'poison' }, { do: 'poison' }, { do: 'poison' }]],
  ],
  ['a refused event does not block a page of which all others were taken in an earlier poll', afterEachMessage],
  ['a page of late events is remembered like any other', [late]],
  ['a poll that has lost its checkpoint sends no more halves', [fencedWhileHalving]],
];

/** A schedule on an org that writes as plainly as can be. */
export const plainly = (steps: Step[]): Plan => ({ seed: 0, temper, steps });
