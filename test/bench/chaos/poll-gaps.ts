import type { Okta } from '../../sims/okta.ts';

/** How long each org goes without a poll, as Okta sees it, by our own clock. */
export class PollGaps {
  /** When each was asked last, in ms since the epoch, and the longest time without. */
  readonly #orgs: Map<string, { last: number; longest: number }>;

  private constructor(hosts: string[]) {
    this.#orgs = new Map(hosts.map((host) => [host, { last: Date.now(), longest: 0 }]));
  }

  /** Watches while `work` is under way: the longest gap of each host in it, in ms. One that is still open counts. */
  static async during(okta: Okta, hosts: string[], work: () => Promise<void>): Promise<Map<string, number>> {
    const gaps = new PollGaps(hosts);
    const polled = ({ host }: { host: string }) => gaps.#polled(host);
    okta.on('change', polled);
    try {
      await work();
    } finally {
      okta.off('change', polled);
    }
    for (const host of hosts) gaps.#polled(host);
    return new Map([...gaps.#orgs].map(([host, { longest }]) => [host, longest]));
  }

  #polled(host: string): void {
    const org = this.#orgs.get(host);
    if (!org) return;
    org.longest = Math.max(org.longest, Date.now() - org.last);
    org.last = Date.now();
  }
}
