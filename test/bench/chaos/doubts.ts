import type pg from 'pg';
import { fromBytes, KeySet, keyOf } from '../../../ingestion/sync/event-keys.ts';
import type { RequestRecord } from '../../sims/azure/exchange.ts';
import { fromHeader } from '../../sims/network.ts';
import type { Company } from '../company.ts';

/** So many of a connector's newest saves, and of an app's newest requests, may matter when it ends; it holds two pages at a time. */
const newestSaves = 120;
/** So many requests of an app may be without a note in the store. */
export const newestRequests = 40;

/**
 * The rows that requests stored whose answer was lost: by a fault, because the app died or stood still before it was in the store, or
 * because the store was away. Only what Azure did and what the store holds counts here, not what the product says of itself.
 */
export class Doubts {
  readonly #requests: RequestRecord[];
  readonly #copies = new Map<string, number>();
  readonly #doubted = new Set<RequestRecord>();
  byKill = 0;
  byFault = 0;

  constructor({ azure }: Company) {
    this.#requests = azure.requests;
  }

  /** How often the event may stand in the workspace once more. */
  of(uuid: string): number {
    return this.#copies.get(uuid) ?? 0;
  }

  /** How many requests there were up to now. */
  get count(): number {
    return this.#requests.length;
  }

  /** An app has died, or stands still, and these of its events were noted by then: what its newest requests stored beyond them. */
  cutOff(app: string, noted: KeySet): void {
    for (const request of this.#storedBy(app, this.#requests).slice(-newestRequests)) this.#unless(noted, request);
  }

  /** The store was away since so many requests, and these events were noted after it: what all apps have stored beyond them. */
  storeAway(since: number, noted: KeySet): void {
    for (const request of this.#requests.slice(since)) if (request.stored) this.#unless(noted, request);
  }

  /**
   * An app stood still from the one to the other number of requests, and wakes: what it sends before it knows that others have its work,
   * and what was on its way, repeats what they have stored meanwhile.
   */
  woken(app: string, { since, until }: { since: number; until: number }): void {
    const meanwhile = this.#requests.slice(since, until);
    const others = new Set(
      meanwhile
        .filter(({ stored, headers }) => stored && headers[fromHeader] !== app)
        .flatMap(({ uuids = [] }) => uuids),
    );
    for (const request of this.#storedBy(app, meanwhile)) {
      if (this.#doubted.has(request)) continue;
      this.byKill += this.#doubt((request.uuids ?? []).filter((uuid) => others.has(uuid)));
    }
  }

  /** At the end: requests whose answer a fault has lost. */
  lostAnswers(): void {
    for (const { stored, fault, uuids = [] } of this.#requests) {
      if (stored && fault === 'lost-answer') this.byFault += this.#doubt(uuids);
    }
  }

  /** What was sent of this event, a line for each request: for whoever finds it repeated without a reason. */
  story(uuid: string): string[] {
    return this.#requests.flatMap(({ uuids, headers, ...request }, index) => {
      if (!uuids?.includes(uuid)) return [];
      const { at, status, fault, answered } = request;
      return `${uuid} #${index} by ${headers[fromHeader]} at ${at}: ${fault ?? status}${answered ? '' : ', not answered'}`;
    });
  }

  #storedBy(app: string, requests: RequestRecord[]): RequestRecord[] {
    return requests.filter(({ stored, headers }) => stored && headers[fromHeader] === app);
  }

  #unless(noted: KeySet, request: RequestRecord): void {
    if (request.fault === 'lost-answer' || this.#doubted.has(request)) return;
    const doubtful = (request.uuids ?? []).filter((uuid) => !noted.has(keyOf(uuid), 0));
    if (doubtful.length === 0) return;
    this.#doubted.add(request);
    this.byKill += this.#doubt(doubtful);
  }

  #doubt(uuids: string[]): number {
    for (const uuid of uuids) this.#copies.set(uuid, this.of(uuid) + 1);
    return uuids.length;
  }
}

/** The events that the newest saves of each connector noted as delivered. */
export async function noted(store: pg.Client): Promise<KeySet> {
  const { rows } = await store.query<{ keys: Buffer }>(
    `select newest.keys from patchbay.connectors,
            lateral (select keys from patchbay.delivered where connector_id = connectors.id
                      order by id desc limit ${newestSaves}) as newest`,
  );
  const all = new KeySet(0);
  for (const save of rows) {
    const keys = fromBytes(save.keys);
    for (let row = 0; row < keys.length / 4; row++) all.add(keys, row);
  }
  return all;
}
