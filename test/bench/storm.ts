import type { Fault } from '../sims/okta/faults.ts';
import type { Company, Joined } from './company.ts';
import { type Gust, type OktaTrouble, stormOf } from './storm-plan.ts';

/** So many pages back lead the links that lead back. */
const pagesBack = 3;

/** Troubles of Okta and Azure that come while events are stored, one at a time on each side. It counts those that were met. */
export class Storm {
  readonly met = new Map<string, number>();
  readonly #company: Company;
  readonly #coming: Record<Gust['side'], Gust[]>;
  #held = false;
  /** How many gusts of Okta's there were: each is of the next org. */
  #okta = 0;
  /** How many requests are still to meet the gust that blows on this side. */
  readonly #left = { okta: 0, azure: 0 };
  /** How many events were stored when the last gust of this side ended. */
  readonly #calmSince = { okta: 0, azure: 0 };

  private constructor(company: Company, gusts: Gust[]) {
    this.#company = company;
    this.#coming = {
      okta: gusts.filter(({ side }) => side === 'okta'),
      azure: gusts.filter(({ side }) => side === 'azure'),
    };
  }

  /** Begins it; the same seed brings the same gusts, each when so many events are stored. */
  static over(company: Company, { seed, events }: { seed: number; events: number }): Storm {
    const storm = new Storm(company, stormOf(seed, events));
    company.azure.on('change', () => storm.#blow());
    return storm;
  }

  /** No gust begins while `work` is under way; one that blows goes on until it is met. */
  async notDuring<T>(work: () => Promise<T>): Promise<T> {
    this.#held = true;
    return work().finally(() => {
      this.#held = false;
    });
  }

  #blow(): void {
    if (this.#held) return;
    for (const side of ['okta', 'azure'] as const) {
      const { stored } = this.#company;
      const [next] = this.#coming[side];
      // Something must have been stored in between, or two short gusts would be a long one.
      if (!next || next.at > stored || this.#left[side] > 0 || this.#calmSince[side] >= stored) continue;
      this.#coming[side].shift();
      this.#raise(next);
    }
  }

  #raise(gust: Gust): void {
    const { azure, orgs } = this.#company;
    const { kind, side, times } = gust;
    this.#left[side] = times;
    // Asked of each request until it says yes, so that it can count.
    const when = () => this.#meet(side, kind);
    if (gust.side === 'azure') azure.faults.add({ where: 'ingestion', times, when, do: gust.do });
    else {
      const { org } = orgs[this.#okta++ % orgs.length] as Joined;
      org.faults.add({ times, when, do: this.#fault(gust.do, org.host) });
    }
  }

  #meet(side: Gust['side'], kind: string): true {
    this.met.set(kind, (this.met.get(kind) ?? 0) + 1);
    this.#left[side]--;
    if (this.#left[side] === 0) this.#calmSince[side] = this.#company.stored;
    return true;
  }

  #fault(problem: OktaTrouble, host: string): Fault {
    if (problem !== 'back') return problem;
    return { kind: 'next', to: (next) => this.#linkBefore(host) ?? next };
  }

  /** A link that was given out, and followed, some pages ago. */
  #linkBefore(of: string): string | undefined {
    const followed = this.#company.okta.requests.filter(({ host, url, status }) => {
      return host === of && status === 200 && url.includes('after=');
    });
    return followed.at(-pagesBack)?.url;
  }
}
