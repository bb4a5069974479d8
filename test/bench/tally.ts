import { LogsQueryClient } from '@azure/monitor-query';
import type pg from 'pg';
import { tableName } from '../../ingestion/azure/resources/table.ts';
import { fromBytes, KeySet, keyOf } from '../../ingestion/sync/event-keys.ts';
import type { RequestRecord } from '../sims/azure/exchange.ts';
import { loopback } from '../sims/network.ts';
import type { Company } from './company.ts';

/**
 * What became of the events. `lost` were served and are not there; `repeated` are copies beyond the first, `unexplained`
 * those of them that no lost answer explains; `again` were served twice and more, by a log that holds them so often.
 */
export type Tally = {
  sent: number;
  visible: number;
  lost: number;
  repeated: number;
  unexplained: number;
  again: number;
};

/** Counts, uuid by uuid, what Okta served against what a query of the workspace finds. */
export async function tally(company: Company, mode: 'rows' | 'ledger', doubts: Doubts): Promise<Tally> {
  const found = mode === 'rows' ? await query(company) : ledger(company);
  const sent = new Set<string>();
  let again = 0;
  for (const { uuid, times } of company.org.log.ledger()) {
    if (times === 0) continue;
    if (sent.has(uuid)) again++;
    sent.add(uuid);
  }
  let lost = 0;
  for (const uuid of sent) if (!found.has(uuid)) lost++;
  let repeated = 0;
  let unexplained = 0;
  for (const [uuid, copies] of found) {
    repeated += copies - 1;
    unexplained += Math.max(0, copies - 1 - doubts.of(uuid));
  }
  return { sent: sent.size, visible: found.size, lost, repeated, unexplained, again };
}

/** The rows as anybody with the right to read the workspace sees them. */
async function query({ azure, workspace }: Company): Promise<Map<string, number>> {
  const audience = 'https://api.loganalytics.io';
  const token = azure.tokenFor(azure.identity.principalId, audience);
  const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
  const client = new LogsQueryClient(credential, { httpClient: loopback(() => azure.url) });
  const text = `${tableName} | summarize Copies = count() by EventOriginalUid`;
  const answer = await client.queryWorkspace(workspace.customerId, text, { duration: 'P2D' });
  if (answer.status !== 'Success') throw new Error(`The query of the rows failed: ${answer.partialError.message}`);
  return new Map(answer.tables[0]?.rows.map(([uuid, copies]) => [String(uuid), Number(copies)]));
}

function ledger({ azure, workspace }: Company): Map<string, number> {
  return new Map([...azure.table(workspace, tableName).ledger].map(([uuid, { copies }]) => [uuid, copies]));
}

/** Requests that Azure stored and whose events it was sent again, because nobody had noted the answer. */
export function requestsRepeated({ azure }: Company): number {
  const later = new Set<string>();
  let repeated = 0;
  for (const { stored, uuids = [] } of azure.requests.toReversed()) {
    if (!stored) continue;
    if (uuids.some((uuid) => later.has(uuid))) repeated++;
    for (const uuid of uuids) later.add(uuid);
  }
  return repeated;
}

/** So many of the newest saves and requests of an app may matter when it is killed; it holds two pages at a time. */
const newestSaves = 120;
const newestRequests = 40;

/**
 * The rows that requests stored whose answer was lost: by a fault, or because the app died before it was in the store. Only
 * what Azure did and what the store holds counts here, not what the product says of itself.
 */
export class Doubts {
  readonly #requests: RequestRecord[];
  readonly #copies = new Map<string, number>();
  #judged = 0;
  byKill = 0;
  byFault = 0;

  constructor({ azure }: Company) {
    this.#requests = azure.requests;
  }

  /** How often the event may stand in the workspace once more. */
  of(uuid: string): number {
    return this.#copies.get(uuid) ?? 0;
  }

  /** Judges the requests since the last time: of an app that died and noted these events, or is alive and noted all (null). */
  judge(noted: KeySet | null): void {
    const stored = this.#requests.slice(this.#judged).filter(({ stored, uuids }) => stored && uuids?.length);
    this.#judged = this.#requests.length;
    for (const [index, { fault, uuids = [] }] of stored.entries()) {
      if (fault === 'lost-answer') this.byFault += this.#doubt(uuids);
      else if (noted && index >= stored.length - newestRequests) {
        this.byKill += this.#doubt(uuids.filter((uuid) => !noted.has(keyOf(uuid), 0)));
      }
    }
  }

  #doubt(uuids: string[]): number {
    for (const uuid of uuids) this.#copies.set(uuid, this.of(uuid) + 1);
    return uuids.length;
  }
}

/** The events that the newest saves noted as delivered. */
export async function noted(store: pg.Client): Promise<KeySet> {
  const { rows } = await store.query<{ keys: Buffer }>(
    `select keys from patchbay.delivered order by id desc limit ${newestSaves}`,
  );
  const all = new KeySet(0);
  for (const save of rows) {
    const keys = fromBytes(save.keys);
    for (let row = 0; row < keys.length / 4; row++) all.add(keys, row);
  }
  return all;
}
