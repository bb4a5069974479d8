import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { listAudience } from '../../../bot/teams/told-places.ts';
import type { Connector, ConnectorStatus } from '../../../ingestion/connector/connector.ts';
import { followIncident } from '../../../ingestion/connector/incidents.ts';
import { transaction } from '../../../ingestion/store/database.ts';
import type { Queryable } from '../../../ingestion/store/queryable.ts';
import type { Message } from '../../sims/teams/tenant.ts';
import type { Teams } from '../../sims/teams.ts';

/** What became of the alerts: the seconds until the last one that came, and how many did not, or came again. */
export type Alerts = { seconds: number; lost: number; doubled: number };

/** Without a new alert for so long, no more will come. */
const patienceMs = 60_000;
const lookMs = 100;
/** After the last one, for copies. */
const lingerMs = 5_000;

/** What Teams lets a bot post: in a thread, and an app in all of a tenant; so many in so many seconds. */
const threadLimits = [
  [7, 1],
  [8, 2],
  [60, 30],
  [1800, 3600],
] as const;
const appPerSecond = 50;

/**
 * The seconds that so many alerts, as many in each channel, take at the full rate of Teams' limits
 * (learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit): 50 a second for the app in a tenant, and in a thread 7 a
 * second, 8 in 2, 60 in 30 and 1,800 in an hour.
 */
export function shortestSeconds(alerts: number, channels: number): number {
  const perChannel = Math.ceil(alerts / channels);
  const inThread = threadLimits.map(([posts, seconds]) => Math.floor((perChannel - 1) / posts) * seconds);
  return Math.max(alerts / appPerSecond, ...inThread);
}

/** Opens an incident of each connector, all at one moment, from which time counts; and watches the alerts come. */
export async function alertAll(
  { pool, teams, signal }: { pool: pg.Pool; teams: Teams; signal: AbortSignal },
  connectors: readonly Connector[],
): Promise<Alerts> {
  const posts = new Posts(teams, connectors);
  await transaction(pool, async (tx) => {
    for (const connector of connectors) await fail(tx, connector);
  });
  const began = Date.now();
  while (posts.read() < connectors.length && Date.now() - Math.max(began, posts.lastAt) < patienceMs)
    await delay(lookMs, undefined, { signal });
  await delay(lingerMs, undefined, { signal });
  const lost = connectors.length - posts.read();
  return { seconds: (posts.lastAt - began) / 1000, lost, doubled: posts.copies };
}

/** Okta refuses its token. */
async function fail(tx: Queryable, connector: Connector): Promise<void> {
  const now = Date.now();
  const problem = { reason: 'token-refused', health: 'error', since: now, evidence: { status: 401 } } as const;
  const status: ConnectorStatus = { ...connector.status, state: 'error', health: 'error', problem, lastPollAt: now };
  await tx.query('update connectors set status = $2 where id = $1', [connector.id, status]);
  await followIncident(tx, { ...connector, status }, { audience: listAudience, now });
}

/** The posts about connectors in the channels from now on; not the replies to them. */
class Posts {
  /** When the last connector was first heard of. */
  lastAt = 0;
  /** Posts beyond the first about a connector. */
  copies = 0;
  readonly #messages: readonly Message[];
  readonly #missing: Set<string>;
  readonly #wanted: number;
  #next: number;

  constructor({ tenant }: Teams, connectors: readonly Connector[]) {
    this.#messages = tenant.messages;
    this.#missing = new Set(connectors.map(({ name }) => name));
    this.#wanted = connectors.length;
    this.#next = tenant.messages.length;
  }

  /** Reads what has come since the last time; how many connectors were heard of. */
  read(): number {
    for (; this.#next < this.#messages.length; this.#next++) this.#count(this.#messages[this.#next] as Message);
    return this.#wanted - this.#missing.size;
  }

  #count({ from, replyTo, createdAt, cards }: Message): void {
    if (from !== 'bot' || replyTo !== undefined) return;
    // Every name is a word, a word and four digits.
    const [name = ''] = /[A-Z]\w+ [A-Z]\w+ \d{4}/.exec(JSON.stringify(cards)) ?? [];
    if (this.#missing.delete(name)) this.lastAt = createdAt;
    else this.copies += 1;
  }
}
