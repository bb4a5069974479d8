import type { Effect } from '../../sims/azure/faults.ts';
import type { Fault } from '../../sims/okta/faults.ts';
import { Random } from '../../sims/okta/random.ts';
import { type Kind, kinds } from './written.ts';

/** What befalls a poll: the store is cut off at its n-th message, or something happens at its n-th call to Okta or Azure. */
export type Problematic =
  | { kind: 'cut'; at: number; side: 'before' | 'behind'; restart: boolean }
  | { kind: 'stop' | 'fence' | 'rival' | 'forget' | 'jump' | 'publish'; at: number };

export type Step =
  | { do: 'publish'; kind: Kind; count: number; lateMs: number; aheadMs: number }
  /** An event that Azure refuses whenever it is in a body. */
  | { do: 'poison' }
  | { do: 'okta'; fault: Fault; times: number }
  | { do: 'azure'; effect: Effect; times: number }
  /** Azure refuses bodies above this size. */
  | { do: 'narrow'; bytes: number; times: number }
  /** Okta refuses every link that it has given out. */
  | { do: 'forget' }
  | { do: 'jump'; ms: number }
  /** Two instances of the product take turns. */
  | { do: 'poll'; instance: 0 | 1; problem: Problematic | null };

/** How one org writes its answers. */
export type Temper = {
  gzip: boolean;
  spaced: boolean;
  idleNext: 'same' | 'moves';
  oddity: 'none' | 'commas' | 'repeated limit';
  joinedLinks: boolean;
  readLagMs: number;
};

export type Plan = { seed: number; temper: Temper; steps: Step[] };

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** The schedule of a seed: always the same. */
export function plan(seed: number): Plan {
  const random = new Random(seed, 0);
  const temper: Temper = {
    gzip: random.chance(0.3),
    spaced: random.chance(0.3),
    idleNext: random.pick(['same', 'moves']),
    oddity: random.pick(['none', 'none', 'commas', 'repeated limit']),
    joinedLinks: random.chance(0.3),
    readLagMs: random.pick([0, 0, 5 * second]),
  };
  const steps = Array.from({ length: 8 + random.below(18) }, () => step(random));
  return { seed, temper, steps };
}

function step(random: Random): Step {
  const share = random.next();
  if (share < 0.36)
    return { do: 'poll', instance: random.chance(0.2) ? 1 : 0, problem: random.chance(0.5) ? problem(random) : null };
  if (share < 0.62) return publish(random);
  if (share < 0.76) return { do: 'okta', fault: oktaFault(random), times: 1 + random.below(4) };
  if (share < 0.88) return { do: 'azure', effect: azureEffect(random), times: 1 + random.below(6) };
  if (share < 0.9) return { do: 'narrow', bytes: 20_000 + random.below(400_000), times: 1 + random.below(8) };
  if (share < 0.93) return { do: 'poison' };
  if (share < 0.96) return { do: 'forget' };
  return { do: 'jump', ms: random.pick([second, minute, 20 * minute, 3 * hour, 30 * hour]) };
}

function problem(random: Random): Problematic {
  if (random.chance(0.5)) {
    const side = random.pick(['before', 'behind'] as const);
    return { kind: 'cut', at: 1 + random.below(25), side, restart: random.chance(0.5) };
  }
  const kind = random.pick(['stop', 'fence', 'rival', 'forget', 'jump', 'publish'] as const);
  return { kind, at: 1 + random.below(8) };
}

function publish(random: Random): Step {
  const kind = random.pick(kinds);
  const counts = new Map<Kind, number>([
    ['small', random.chance(0.15) ? 900 + random.below(1500) : 1 + random.below(60)],
    ['made', random.chance(0.15) ? 400 + random.below(1000) : 1 + random.below(60)],
    ['oversize', 1 + random.below(2)],
  ]);
  return {
    do: 'publish',
    kind,
    count: counts.get(kind) ?? 1 + random.below(8),
    // Sometimes before its time: the clocks of those who publish may be wrong.
    lateMs: random.pick([0, 0, 0, 6 * minute, 45 * minute, 3 * hour, 70 * hour, -2 * hour]),
    aheadMs: random.pick([0, 0, 0, 0, 2 * second, 20 * minute]),
  };
}

function oktaFault(random: Random): Fault {
  return random.pick<Fault>([
    { kind: 'error', status: 500, code: 'E0000009' },
    { kind: 'error', status: 503, code: 'E0000010' },
    { kind: 'html', status: random.pick([502, 503, 504]) },
    { kind: 'tooMany', form: 'budget' },
    { kind: 'tooMany', form: 'concurrency', ...(random.chance(0.5) && { retryAfter: '7' }) },
    { kind: 'redirect', to: 'https://elsewhere.example/api/v1/logs' },
    { kind: 'emptyPage', next: random.pick(['same', 'missing', 'new']) },
    { kind: 'shortPage', events: 1 + random.below(5) },
    { kind: 'shortPage', events: 1 + random.below(5) },
    { kind: 'next', to: () => undefined },
    { kind: 'body', body: random.pick(['', 'null', '{}', '[{]', '[1]', '[{"uuid":"x"}', '{"errorCode":"E0"}']) },
    { kind: 'cut', at: random.next(), contentLength: true },
    { kind: 'cut', at: random.next(), contentLength: false },
    { kind: 'cut', at: random.next(), contentLength: true, reset: true },
    { kind: 'slow', everyMs: 1, pieces: 5 },
    { kind: 'brokenGzip' },
    { kind: 'reset' },
  ]);
}

function azureEffect(random: Random): Effect {
  return random.pick<Effect>([
    { status: 503 },
    { status: 500 },
    { status: 429 },
    { status: 429, headers: { 'retry-after': String(random.below(60)) } },
    { status: 400, body: { error: { code: 'InvalidPayload', message: 'no' } } },
    'reset',
    'lost-answer',
    'lost-answer',
    { delayMs: 5 + random.below(20) },
  ]);
}

/** A step in a few words. */
export function describe(step: Step): string {
  switch (step.do) {
    case 'publish':
      return `publish ${step.count} ${step.kind}, ${step.lateMs / 1000} s late, ${step.aheadMs / 1000} s ahead`;
    case 'okta':
      return `Okta ${JSON.stringify(step.fault)} ×${step.times}`;
    case 'azure':
      return `Azure ${JSON.stringify(step.effect)} ×${step.times}`;
    case 'narrow':
      return `Azure refuses bodies above ${step.bytes} bytes ×${step.times}`;
    case 'jump':
      return `jump ${step.ms / 1000} s`;
    case 'poll':
      return `poll of instance ${step.instance}${step.problem ? `, ${troubled(step.problem)}` : ''}`;
    default:
      return step.do;
  }
}

function troubled(problem: Problematic): string {
  if (problem.kind !== 'cut') return `${problem.kind} at its call ${problem.at}`;
  return `cut from the store ${problem.side} its message ${problem.at}${problem.restart ? ', then restarted' : ''}`;
}
