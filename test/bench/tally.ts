import { LogsQueryClient } from '@azure/monitor-query';
import { tableName } from '../../ingestion/azure/resources/table.ts';
import { loopback } from '../sims/network.ts';
import type { Doubts } from './chaos/doubts.ts';
import { say } from './command.ts';
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

/** Of so many events that are repeated without a reason it is told what was sent of them. */
const mostStories = 3;

/** Counts, uuid by uuid, what Okta served against what a query of the workspace finds. */
export async function tally(company: Company, mode: 'rows' | 'ledger', doubts: Doubts): Promise<Tally> {
  const found = mode === 'rows' ? await query(company) : ledger(company);
  const sent = new Set<string>();
  let again = 0;
  for (const { org } of company.orgs) {
    for (const { uuid, times } of org.log.ledger()) {
      if (times === 0) continue;
      if (sent.has(uuid)) again++;
      sent.add(uuid);
    }
  }
  let lost = 0;
  for (const uuid of sent) if (!found.has(uuid)) lost++;
  let repeated = 0;
  let unexplained = 0;
  for (const [uuid, copies] of found) {
    repeated += copies - 1;
    const odd = Math.max(0, copies - 1 - doubts.of(uuid));
    if (odd > 0 && unexplained < mostStories) for (const line of doubts.story(uuid)) say(line);
    unexplained += odd;
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
