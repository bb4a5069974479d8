import type { Effect } from '../sims/azure/faults.ts';
import type { Fault } from '../sims/okta/faults.ts';
import { Random } from '../sims/okta/random.ts';

/** What goes wrong at Okta; `back`: the next link leads to pages that were served before. */
export type OktaTrouble = Fault | 'back';

type Problematic = { side: 'okta'; do: OktaTrouble; times: number } | { side: 'azure'; do: Effect; times: number };

/** One trouble, for so many requests in a row, from the moment when so many events are stored. */
export type Gust = Problematic & { kind: string; at: number };

/** A gust for every so many events, and every so many of them longer than the tries of one poll. */
const eventsPerGust = 3_000;
const gustsPerLong = 40;
/** The end of the log is read before the last events are stored. */
const endsAt = 0.85;

type Make = (random: Random, long: boolean) => Problematic;

const okta = (fault: OktaTrouble, times = 1): Problematic => ({ side: 'okta', do: fault, times });
const azure = (effect: Effect, times: number): Problematic => ({ side: 'azure', do: effect, times });
/** The product reads a page three times in a poll, and sends a chunk four times, five of them at once. */
const pageTries = (random: Random, long: boolean) => (long ? 3 + random.below(4) : 1 + random.below(2));
const chunkTries = (random: Random, long: boolean) => (long ? 8 + random.below(20) : 1 + random.below(3));

/** Okta says when it will answer again; in a long gust only by its Reset header, which may be a minute away. */
const tooMany =
  (form: 'budget' | 'concurrency'): Make =>
  (random, long) =>
    okta({ kind: 'tooMany', form, ...(!long && { retryAfter: String(1 + random.below(5)) }) });

const makes = new Map<string, Make>([
  [
    'okta_5xx',
    (random, long) =>
      okta(
        random.pick<Fault>([
          { kind: 'error', status: 500, code: 'E0000009' },
          { kind: 'error', status: 503, code: 'E0000010' },
          { kind: 'html', status: 502 },
          { kind: 'html', status: 504 },
        ]),
        pageTries(random, long),
      ),
  ],
  ['okta_reset', (random, long) => okta({ kind: 'reset' }, pageTries(random, long))],
  [
    'okta_cut',
    (random, long) =>
      okta({ kind: 'cut', at: random.next(), contentLength: true, reset: random.chance(0.5) }, pageTries(random, long)),
  ],
  [
    'okta_cut_without_length',
    (random, long) => okta({ kind: 'cut', at: random.next(), contentLength: false }, pageTries(random, long)),
  ],
  ['okta_429_budget', tooMany('budget')],
  ['okta_429_concurrency', tooMany('concurrency')],
  ['okta_back', () => okta('back')],
  ['azure_lost_answer', (random, long) => azure('lost-answer', chunkTries(random, long))],
  ['azure_reset', (random, long) => azure('reset', chunkTries(random, long))],
  ['azure_5xx', (random, long) => azure({ status: random.pick([500, 502, 503, 504]) }, chunkTries(random, long))],
  [
    'azure_429',
    (random, long) => {
      const headers = { 'retry-after': String(long ? 30 : 1 + random.below(5)) };
      const body = { error: { code: 'TooManyRequests', message: 'The limit of the data collection rule is reached.' } };
      return azure({ status: 429, ...(random.chance(0.8) && { headers }), body }, chunkTries(random, long));
    },
  ],
]);

/** Lost answers come oftener than the rest: they are what repeats events. */
const wheel = [...makes.keys(), 'azure_lost_answer', 'azure_lost_answer'];

/** The storm of a seed, always the same: gusts in the order in which they come, each kind at least once. */
export function stormOf(seed: number, events: number): Gust[] {
  const random = new Random(seed, 1);
  const count = Math.max(wheel.length, Math.round(events / eventsPerGust));
  let left: string[] = [];
  return Array.from({ length: count }, (_, index): Gust => {
    if (left.length === 0) left = [...wheel];
    const [kind = ''] = left.splice(random.below(left.length), 1);
    const make = makes.get(kind) as Make;
    const at = Math.floor((events * endsAt * (index + random.next())) / count);
    return { kind, at, ...make(random, index % gustsPerLong === gustsPerLong - 1) };
  });
}
