import { LogsQueryClient } from '@azure/monitor-query';
import { tableName } from '../../ingestion/azure/table.ts';
import { loopback } from '../sims/world.ts';
import type { Company } from './company.ts';

/** What became of the events. `lost` were served and are not there; `repeated` are copies beyond the first. */
export type Tally = { sent: number; visible: number; lost: number; repeated: number };

/** Counts, uuid by uuid, what Okta served against what a query of the workspace finds. */
export async function tally(company: Company, mode: 'rows' | 'ledger'): Promise<Tally> {
  const found = mode === 'rows' ? await query(company) : ledger(company);
  let sent = 0;
  let lost = 0;
  for (const { uuid, times } of company.org.log.ledger()) {
    if (times === 0) continue;
    sent++;
    if (!found.has(uuid)) lost++;
  }
  let copies = 0;
  for (const count of found.values()) copies += count;
  return { sent, visible: found.size, lost, repeated: copies - found.size };
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
