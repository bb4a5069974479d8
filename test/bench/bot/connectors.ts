import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import deployed from '../../../deploy/version.json' with { type: 'json' };
import { audit } from '../../../ingestion/connector/audit.ts';
import type { Connector, Settings, Workspace } from '../../../ingestion/connector/connector.ts';
import { followIncident } from '../../../ingestion/connector/incidents.ts';
import { createConnector } from '../../../ingestion/connector/registration.ts';
import { transaction } from '../../../ingestion/store/database.ts';
import type { Queryable } from '../../../ingestion/store/queryable.ts';

/** Nothing is polled, provisioned or checked while it is measured: all of it is due after so long. */
const restMs = 86_400_000;
const hour = 3_600_000;
/** Five-minute counts of so many hours lie behind each connector, unless others are wanted. */
const usualHours = 24;

const owners = ['Contoso', 'Fabrikam', 'Northwind', 'Adatum', 'Tailspin', 'Litware', 'Proseware', 'Wingtip'];
const places = ['Oslo', 'Lyon', 'Kyoto', 'Lagos', 'Quito', 'Perth', 'Turin', 'Omaha', 'Delhi', 'Cork'];

/** What the connectors beyond the healthy ones are like, in turn. */
type Kind = 'connected' | 'warning' | 'error' | 'pending';
const kinds: readonly Kind[] = [...Array<Kind>(7).fill('connected'), 'warning', 'error', 'pending'];

/** Who has the connectors, how many, and where the incidents of each in turn are told. */
export type Wanted = {
  tenantId: string;
  count: number;
  /** So many of them, the first, are well; of the others most are, and one in ten each has a warning, an error, or no data yet. */
  healthy: number;
  conversations: string[];
  hoursOfTraffic?: number;
};

/** Puts that many connectors into the store, with what they have been through; the healthy ones come first. */
export async function makeConnectors(pool: pg.Pool, wanted: Wanted): Promise<Connector[]> {
  const now = Date.now();
  const { hoursOfTraffic = usualHours } = wanted;
  const made = await transaction(pool, async (tx) => {
    const connectors: Connector[] = [];
    for (let index = 0; index < wanted.count; index++) connectors.push(await makeOne(tx, { ...wanted, index, now }));
    return connectors;
  });
  await pool.query(
    `insert into statistics (connector_id, bucket, events, bytes, okta_calls, azure_calls, retries, repeated, refused, delays)
     select id, bucket, 40 + random() * 400, 1e6, 5, 2, 0, 0, 0, '{4,9,20,60,30,9,2,0,0,0,0,0,0,0,0,0,0,0,0,0}'
       from connectors, generate_series($1::timestamptz, $2, '5 minutes') as bucket where status->>'state' <> 'pending'`,
    [new Date(now - (now % 300_000) - hoursOfTraffic * hour), new Date(now)],
  );
  await pool.query('analyze');
  return made;
}

async function makeOne(tx: Queryable, given: Wanted & { index: number; now: number }): Promise<Connector> {
  const { tenantId, conversations, index, healthy, now } = given;
  const name = `${pick(owners, index)} ${pick(places, Math.floor(index / owners.length))} ${String(index).padStart(4, '0')}`;
  const conversationId = pick(conversations, index);
  const born = { tenantId, name, domain: `org-${index}.okta.com`, settings: settingsOf(index, conversationId) };
  const connector = await createConnector(tx, born, now - 30 * 24 * hour);
  if (!connector) throw new Error(`There is a connector ${name} already.`);
  const grown = { ...connector, ...stateAs(index < healthy ? 'connected' : pick(kinds, index), connector, now) };
  await tx.query('update connectors set due_at = $2, status = $3, provisioning = $4, observation = $5 where id = $1', [
    grown.id,
    new Date(grown.dueAt),
    grown.status,
    grown.provisioning,
    grown.observation,
  ]);
  await tx.query(
    'update checkpoints set newest = $2, since = $2, sent_events = 1e6, sent_bytes = 1e9 where connector_id = $1',
    [grown.id, new Date(now - 60_000)],
  );
  const { createdBy } = grown.settings;
  const deed = { tenantId, actor: createdBy, connectorId: grown.id, target: name, result: 'done', conversationId };
  for (const action of ['connect', 'manage'] as const) await audit(tx, { ...deed, action }, grown.createdAt);
  await pastIncident(tx, grown, now);
  return grown;
}

function settingsOf(index: number, conversationId: string): Settings {
  const table = { plan: 'Analytics', retentionDays: 90, totalRetentionDays: 180 } as const;
  const rhythm = { intervalSeconds: 60, backfillHours: 1 };
  const createdBy = { id: randomUUID(), name: `${pick(places, index)} Owner` };
  return { workspace: workspaceOf(index % 20), table, keyId: randomUUID(), ...rhythm, conversationId, createdBy };
}

function workspaceOf(number: number): Workspace {
  const name = `soc-${number}`;
  const group = `/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/${name}`;
  const id = `${group}/providers/Microsoft.OperationalInsights/workspaces/${name}`;
  const customerId = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  return { id, name, customerId, location: 'westeurope' };
}

/** A month old, as the kind has it. */
function stateAs(
  kind: Kind,
  { status, provisioning, settings, id }: Connector,
  now: number,
): Pick<Connector, 'dueAt' | 'status' | 'provisioning' | 'observation'> {
  const immutableId = `dcr-${id}`;
  const endpoint = 'https://nowhere.westeurope-1.ingest.monitor.azure.com';
  const rule = { id: `${settings.workspace.id}/${immutableId}`, immutableId, endpoint };
  const made = { rule, table: settings.table, finishedAt: now - 29 * 24 * hour, version: deployed.version };
  const built = { dueAt: now + restMs, provisioning: { ...provisioning, ...made } };
  if (kind === 'pending') return { ...built, status, observation: null };
  const seen = { at: now, rows: 5000, newestEvent: now - 60_000, newestArrival: now - 30_000 };
  const at = { lastPollAt: now, caughtUpAt: now, firstSeenAt: made.finishedAt, lastEventAt: now - 60_000 };
  const observation = { triedAt: now, seen, problem: null, there: { at: now, since: now }, gone: null };
  return { ...built, status: { ...status, ...at, ...conditionOf(kind, now) }, observation };
}

function conditionOf(kind: Kind, now: number): Pick<Connector['status'], 'state' | 'health' | 'problem'> {
  const since = { since: now - hour, evidence: {} };
  if (kind === 'error')
    return { state: 'error', health: 'error', problem: { reason: 'token-refused', health: 'error', ...since } };
  if (kind === 'warning')
    return {
      state: 'connected',
      health: 'warning',
      problem: { reason: 'cursor-refused', health: 'warning', ...since },
    };
  return { state: 'connected', health: 'ok', problem: null };
}

/** One that is over, or goes on for whoever has an error; no card tells of it any more. */
async function pastIncident(tx: Queryable, connector: Connector, now: number): Promise<void> {
  const { status, createdAt } = connector;
  const over = { reason: 'okta-unreachable', health: 'error', since: createdAt, evidence: {} } as const;
  const told = { audience: async () => [], now };
  if (status.health === 'error') return followIncident(tx, connector, told);
  const before = { ...connector, status: { ...status, problem: over } };
  await followIncident(tx, before, { ...told, now: createdAt + hour });
  await followIncident(tx, { ...before, status: { ...status, problem: null } }, { ...told, now: createdAt + 2 * hour });
}

function pick<T>(values: readonly T[], index: number): T {
  return values[index % values.length] as T;
}
