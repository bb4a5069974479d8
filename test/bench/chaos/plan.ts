import { Random } from '../../sims/okta/random.ts';

/** What is done to the apps and their store, in the order in which it comes; `lock` names the table of which a row is held. */
export type Disturbance =
  | { kind: 'kill' | 'stop' | 'postgres-restart' | 'restore' | 'long-pause' }
  | { kind: 'pause'; ms: number }
  | { kind: 'lock'; table: string };

/** How often each is to be, how long a pause is at most, and the tables of which rows are held. */
export type Wanted = {
  kills: number;
  stops: number;
  restarts: number;
  restores: number;
  pauses: number;
  pauseMs: number;
  longPause: boolean;
  tables: string[];
};

const shortestPauseMs = 2_000;

/** All that is wanted, in an order of chance that is the same for the same seed. */
export function planOf(wanted: Wanted, seed: number): Disturbance[] {
  const random = new Random(seed, 4);
  const many = (count: number, make: () => Disturbance) => Array.from({ length: count }, make);
  const pauseMs = () =>
    Math.min(wanted.pauseMs, shortestPauseMs) + random.below(Math.max(0, wanted.pauseMs - shortestPauseMs));
  return [
    ...many(wanted.kills, () => ({ kind: 'kill' })),
    ...many(wanted.stops, () => ({ kind: 'stop' })),
    ...many(wanted.restarts, () => ({ kind: 'postgres-restart' })),
    ...many(wanted.restores, () => ({ kind: 'restore' })),
    ...many(wanted.pauses, () => ({ kind: 'pause', ms: pauseMs() })),
    ...many(wanted.longPause ? 1 : 0, () => ({ kind: 'long-pause' })),
    ...wanted.tables.map((table): Disturbance => ({ kind: 'lock', table })),
  ]
    .map((disturbance) => ({ disturbance, place: random.next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ disturbance }) => disturbance);
}
