import { Random } from '../../sims/okta/random.ts';

const minute = 60_000;
/** A trouble begins within so much of its minute, and is over a moment before the next. */
const beginsWithinMs = 3_000;
const shortestMs = 3_000;
const longestMs = 54_000;

/** What goes wrong: at Okta or at Azure, with the request, the answer, or what comes back of it. */
export const kinds = [
  'okta_503',
  'okta_429',
  'okta_reset',
  'okta_hang',
  'okta_cut',
  'azure_503',
  'azure_429',
  'azure_reset',
  'azure_hang',
  'azure_lost_answer',
] as const;

/** For every org, or one in three, between two times in ms since the epoch. */
export type Trouble = { kind: (typeof kinds)[number]; from: number; until: number; orgs: (org: number) => boolean };

/** One trouble each minute: all kinds in turn, shuffled anew each time; most of them short. */
export class Troubles {
  /** How many minutes had each kind. */
  readonly met = new Map<string, number>();
  readonly #random: Random;
  readonly #startedAt: number;
  #minute = 0;
  #left: Trouble['kind'][] = [];
  #now: Trouble | null = null;

  /** The first minute has none. */
  constructor({ seed, startedAt }: { seed: number; startedAt: number }) {
    this.#random = new Random(seed, 3);
    this.#startedAt = startedAt;
  }

  /** What goes wrong in this org; null while all is well there. */
  of(org: number, now: number): Trouble | null {
    const trouble = this.#at(now);
    return trouble?.orgs(org) ? trouble : null;
  }

  /** Whether something goes wrong anywhere. */
  blows(now: number): boolean {
    return this.#at(now) !== null;
  }

  #at(now: number): Trouble | null {
    const number = Math.floor((now - this.#startedAt) / minute);
    if (number > this.#minute) {
      this.#minute = number;
      this.#now = this.#make(this.#startedAt + number * minute);
    }
    return this.#now && now >= this.#now.from && now < this.#now.until ? this.#now : null;
  }

  #make(minuteAt: number): Trouble {
    const random = this.#random;
    if (this.#left.length === 0) this.#left = [...kinds];
    const [kind = kinds[0]] = this.#left.splice(random.below(this.#left.length), 1);
    this.met.set(kind, (this.met.get(kind) ?? 0) + 1);
    const from = minuteAt + random.below(beginsWithinMs);
    const until = from + shortestMs + (longestMs - shortestMs) * random.next() ** 2;
    const third = random.below(3);
    const everywhere = random.chance(0.5);
    return { kind, from, until, orgs: (org) => everywhere || org % 3 === third };
  }
}
