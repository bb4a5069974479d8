import { setTimeout as delay } from 'node:timers/promises';
import type { Connector } from '../../../ingestion/connector/connector.ts';
import { Random } from '../../sims/okta/random.ts';
import type { User } from '../../sims/teams/tenant.ts';
import type { Teams } from '../../sims/teams.ts';
import type { Crowd } from './crowd.ts';
import { type Asking, type Place, type Request, requests } from './requests.ts';

/** How long each request took, in milliseconds, by its kind; and what went wrong, or would be shown wrongly, a sentence each. */
export type Load = { took: { kind: string; ms: number }[]; errors: string[] };

type Given = {
  teams: Teams;
  crowd: Crowd;
  connectors: readonly Connector[];
  perSecond: number;
  seconds: number;
  signal: AbortSignal;
  /** What is asked, each as likely as the others; without it, what a day is made of. */
  of?: readonly Request[];
};

const failures = /Something went wrong|Not now|Members only/;

/**
 * Has people ask at a steady rate, whether or not the last ones are answered: each request has its moment, from which its time
 * counts, so that a standstill shows in all who come meanwhile. The places take turns, in an order of chance. Resolves when all have ended.
 */
export async function load(given: Given): Promise<Load> {
  const { teams, crowd, connectors, perSecond, seconds, signal, of = hundred } = given;
  const random = new Random(1, 0);
  const turns = shuffled(crowd.places, random);
  const result: Load = { took: [], errors: [] };
  const underway: Promise<void>[] = [];
  const began = Date.now();
  for (let index = 0; index < perSecond * seconds; index++) {
    const moment = began + (index * 1000) / perSecond;
    await delay(Math.max(0, moment - Date.now()), undefined, { signal });
    const place = turns[index % turns.length] as Place;
    const asking = { teams, place, person: random.pick(place.people) as User, connector: random.pick(connectors) };
    underway.push(time(random.pick(of), { asking, moment }, result));
  }
  await Promise.all(underway);
  result.errors.push(...teams.violations);
  return result;
}

async function time(
  request: Request,
  { asking, moment }: { asking: Asking; moment: number },
  { took, errors }: Load,
): Promise<void> {
  try {
    const { at, shown } = await request.ask(asking);
    took.push({ kind: request.kind, ms: at - moment });
    const text = JSON.stringify(shown);
    if (failures.test(text) || !text.includes(request.holds(asking)))
      errors.push(`"${request.kind}" was answered with ${text.slice(0, 300)}`);
  } catch (error) {
    errors.push((error as Error).message.split('\n')[0] ?? '');
  }
}

const hundred = requests.flatMap((request) => Array<Request>(request.share).fill(request));

function shuffled<T>(values: readonly T[], random: Random): T[] {
  return values
    .map((value) => ({ value, place: random.next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ value }) => value);
}

/** The time within which this part (0 to 1) of the requests was answered; not a number when there were none. */
export function percentile({ took }: Load, part: number): number {
  const sorted = took.map(({ ms }) => ms).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}
