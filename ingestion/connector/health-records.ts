import { randomUUID } from 'node:crypto';
import product from '../../package.json' with { type: 'json' };
import type { Evidence } from '../errors.ts';
import type { Reason } from '../reasons.ts';
import type { Queryable } from '../store/queryable.ts';
import { type Connector, type Health, type State, stateOf, type Workspace } from './connector.ts';
import { readTraffic, type Traffic } from './statistics.ts';

/** Why a health record was written. */
export type Occasion = 'created' | 'changed' | 'hourly' | 'removed';

/** How a connector stood at one time: what becomes one row of the health table. It waits in the store until Azure has taken it. */
export type HealthRecord = {
  /** The same whenever it is sent, so that a row that came twice can be seen. */
  id: string;
  at: number;
  occasion: Occasion;
  connector: { id: string; name: string; domain: string };
  state: State;
  health: Health;
  problem: { reason: Reason; evidence: Evidence; since: number | null } | null;
  lastHour: Traffic;
  behindMs: number;
  lastEventAt: number | null;
  lastPollAt: number | null;
  /** Of Patchbay. */
  version: string;
};

/** While nothing changes, a record is written this often. */
export const recordEveryMs = 3_600_000;

/** What people see of a connector; when it changes, a record is written. */
export function shownState(connector: Connector): string {
  const { state, health, problem } = seen(connector);
  return [state, health, problem?.reason ?? ''].join(' ');
}

function seen(connector: Connector): Pick<HealthRecord, 'state' | 'health' | 'problem'> {
  const { provisioning, status } = connector;
  const state = stateOf(connector);
  // What stops it from being built stops nothing while it rests.
  const stuck = state !== 'paused' && provisioning.problem ? { ...provisioning.problem, since: null } : null;
  const problem = state === 'deleting' ? stuck : (status.problem ?? stuck);
  const health = stuck ? 'error' : state === 'deleting' ? 'ok' : status.health;
  return { state, health, problem };
}

/**
 * Puts a record of the connector as it is among those that wait to be sent; in the transaction of what it tells of. It touches
 * no row that the workspace's connectors share: whoever holds one must not keep a verdict from being told.
 */
export async function record(
  tx: Queryable,
  connector: Connector,
  { occasion, now }: { occasion: Occasion; now: number },
): Promise<void> {
  const { id, name, domain, status, settings } = connector;
  const written: HealthRecord = {
    id: randomUUID(),
    at: now,
    occasion,
    connector: { id, name, domain },
    ...seen(connector),
    lastHour: await readTraffic(tx, id, now - 3_600_000),
    behindMs: status.behindMs,
    lastEventAt: status.lastEventAt,
    lastPollAt: status.lastPollAt,
    version: product.version,
  };
  await tx.query('insert into health_records (id, workspace_id, at, hourly, record) values ($1, $2, $3, $4, $5)', [
    written.id,
    settings.workspace.id.toLowerCase(),
    new Date(now),
    occasion === 'hourly',
    written,
  ]);
}

/** A record in words, and the leg that fails, if one does. */
export type Described = { description: string; leg: string | null };

const operations = new Map<Occasion, string>([
  ['created', 'Connector created'],
  ['changed', 'Data fetch status change'],
  ['hourly', 'Data fetch status change'],
  ['removed', 'Connector removed'],
]);

/** The row that a record becomes, in the columns of the health table. */
export function rowOf(record: HealthRecord, { description, leg }: Described, workspace: Workspace) {
  const { connector, problem, lastHour } = record;
  return {
    TimeGenerated: iso(record.at),
    OperationName: operations.get(record.occasion),
    Status: statusOf(record),
    Reason: problem?.reason ?? '',
    Description: description,
    RecordId: record.id,
    SentinelResourceId: connector.id,
    SentinelResourceName: connector.name,
    SentinelResourceKind: 'Okta',
    SentinelResourceType: 'Data connector',
    ExtendedProperties: {
      State: record.state,
      Occasion: record.occasion,
      // What Azure puts into TimeGenerated is another time when a record had to wait for two days.
      RecordedAt: iso(record.at),
      OktaDomain: connector.domain,
      FailingLeg: leg,
      FailingSince: iso(problem?.since ?? null),
      Evidence: problem?.evidence ?? null,
      LastHour: {
        Events: lastHour.events,
        Bytes: lastHour.bytes,
        Requests: lastHour.requests,
        Retries: lastHour.retries,
        Repeated: lastHour.repeated,
        Refused: lastHour.refused,
        DelayP50Seconds: lastHour.p50Seconds,
        DelayP95Seconds: lastHour.p95Seconds,
      },
      BehindSeconds: Math.round(record.behindMs / 1000),
      LastEvent: iso(record.lastEventAt),
      LastCheck: iso(record.lastPollAt),
      PatchbayVersion: record.version,
    },
    WorkspaceId: workspace.customerId,
  };
}

function iso(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}

/** Nothing is fetched before the first rows, nor from a connector that rests or is being removed. */
function statusOf({ occasion, state, health }: HealthRecord): string {
  if (health === 'error') return 'Failure';
  if (health === 'warning') return 'Warning';
  return state === 'connected' && occasion !== 'removed' ? 'Success' : 'Informational';
}

/** The oldest records that wait for a workspace. */
export async function readWaiting(db: Queryable, workspaceId: string, most: number): Promise<HealthRecord[]> {
  const { rows } = await db.query<{ record: HealthRecord }>(
    'select record from health_records where workspace_id = $1 order by at, id limit $2',
    [workspaceId, most],
  );
  return rows.map(({ record }) => record);
}

/** Takes records away that Azure has taken, or never will. */
export async function dropRecords(db: Queryable, records: HealthRecord[]): Promise<void> {
  await db.query('delete from health_records where id = any($1)', [records.map(({ id }) => id)]);
}

/** Forgets what waits for a workspace (its ARM id in lower case). */
export async function forgetRecords(db: Queryable, workspaceId: string): Promise<void> {
  await db.query('delete from health_records where workspace_id = $1', [workspaceId]);
}

const keptMs = 30 * 86_400_000;
const mostKept = 10_000;

/**
 * Gives up records that could not be sent for 30 days, or are more than 10,000 of a workspace, hourly and old ones first.
 * Returns how many.
 */
export async function pruneRecords(db: Queryable, now: number): Promise<number> {
  const { rowCount } = await db.query(
    `delete from health_records where at < $1 or id in
       (select id from (select id, row_number() over (partition by workspace_id order by hourly, at desc) as place
                          from health_records) as ranked where place > ${mostKept})`,
    [new Date(now - keptMs)],
  );
  return rowCount ?? 0;
}
