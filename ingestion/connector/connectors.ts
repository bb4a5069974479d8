import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { mendedBy } from '../reasons.ts';
import { type Queryable, transaction } from '../store/database.ts';
import { isGuid } from '../store/guid.ts';
import { restartCheckpoint } from './checkpoint.ts';
import type { Connector, ConnectorStatus, Observation, Provisioning, Settings, TableSettings } from './connector.ts';
import { record, recordEveryMs, shownState } from './health-records.ts';
import { closeIncident, followIncident } from './incidents.ts';
import { newborn } from './lifecycle.ts';
import { bumpProgress } from './outbox.ts';
import { recordTally, type Tally } from './statistics.ts';

type Row = {
  id: string;
  tenant_id: string;
  name: string;
  domain: string;
  created_at: number;
  due_at: number;
  desired: Connector['desired'];
  settings: Settings;
  provisioning: Provisioning;
  status: ConnectorStatus;
  observation: Observation | null;
};

const fromRow = (row: Row): Connector => ({
  id: row.id,
  tenantId: row.tenant_id,
  name: row.name,
  domain: row.domain,
  createdAt: row.created_at,
  dueAt: row.due_at,
  desired: row.desired,
  settings: row.settings,
  provisioning: row.provisioning,
  status: row.status,
  observation: row.observation,
});

/** A new connector in Pending, due at once, with its checkpoint at the start of the backfill. Null when the name is taken. */
export async function createConnector(
  tx: Queryable,
  given: { tenantId: string; name: string; domain: string; settings: Settings },
  now: number,
): Promise<Connector | null> {
  const { desired, provisioning, status } = newborn();
  const { rows } = await tx.query<Row>(
    `insert into connectors (id, tenant_id, name, domain, created_at, due_at, desired, settings, provisioning, status)
     values ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9)
     on conflict do nothing returning *`,
    [
      randomUUID(),
      given.tenantId,
      given.name,
      given.domain,
      new Date(now),
      desired,
      given.settings,
      provisioning,
      status,
    ],
  );
  if (!rows[0]) return null;
  const since = new Date(now - given.settings.backfillHours * 3_600_000);
  await tx.query('insert into checkpoints (connector_id, since) values ($1, $2)', [rows[0].id, since]);
  await tellChange(tx, rows[0].id, now);
  return fromRow(rows[0]);
}

/** The connector, or null when it is gone; `id` may be anything that a card carried. */
export async function getConnector(db: Queryable, id: string): Promise<Connector | null> {
  if (!isGuid(id)) return null;
  const { rows } = await db.query<Row>('select * from connectors where id = $1', [id]);
  return rows[0] ? fromRow(rows[0]) : null;
}

/** All connectors of a tenant, worst first, then by name. */
export async function listConnectors(db: Queryable, tenantId: string): Promise<Connector[]> {
  const { rows } = await db.query<Row>(
    `select * from connectors where tenant_id = $1
      order by provisioning->'problem' = 'null', array_position(array['error', 'warning', 'ok'], status->>'health'), lower(name)`,
    [tenantId],
  );
  return rows.map(fromRow);
}

/** The connectors whose name is `text`, or else those whose name begins with it, without regard to case. */
export async function findConnectors(db: Queryable, tenantId: string, text: string): Promise<Connector[]> {
  const all = await listConnectors(db, tenantId);
  const wanted = text.normalize().toLowerCase();
  const exact = all.filter((connector) => connector.name.toLowerCase() === wanted);
  return exact.length > 0 ? exact : all.filter((connector) => connector.name.toLowerCase().startsWith(wanted));
}

/** The connectors that write to the workspace with this ARM id. */
export async function listInWorkspace(db: Queryable, workspaceId: string): Promise<Connector[]> {
  const { rows } = await db.query<Row>(
    `select * from connectors where lower(settings->'workspace'->>'id') = $1 and desired = 'run'`,
    [workspaceId.toLowerCase()],
  );
  return rows.map(fromRow);
}

/** The built connectors without a poll for three intervals, and for `leastMs`, of which that has not been said. */
export async function listOverdue(db: Queryable, now: number, leastMs: number): Promise<Connector[]> {
  const { rows } = await db.query<Row>(
    `select * from connectors
      where desired = 'run' and provisioning->'finishedAt' <> 'null' and status->'problem'->>'reason' is distinct from 'scheduler-down'
        and greatest((status->>'lastPollAt')::bigint, (provisioning->>'finishedAt')::bigint)
            < $1 - greatest(3000 * (settings->>'intervalSeconds')::bigint, $2)
        and due_at <= $3 limit 100`,
    [now, leastMs, new Date(now)],
  );
  return rows.map(fromRow);
}

/**
 * Writes how far building, or taking apart, has come, and has the progress card follow. False, and nothing written, when
 * the owner's desired state is another one by now.
 */
export async function saveProvisioning(
  pool: pg.Pool,
  { id, desired }: Pick<Connector, 'id' | 'desired'>,
  provisioning: Provisioning,
  dueAt: number,
  now: number,
): Promise<boolean> {
  return transaction(pool, async (tx) => {
    const { rowCount } = await tx.query(
      'update connectors set provisioning = $2, due_at = $3 where id = $1 and desired = $4',
      [id, provisioning, new Date(dueAt), desired],
    );
    if (rowCount === 1) await bumpProgress(tx, id, now);
    if (rowCount === 1) await tellChange(tx, id, now);
    return rowCount === 1;
  });
}

/**
 * Writes what bringing a connector up to date has changed of it, beside its polls. Nothing when it is being built anew, or is
 * to go.
 */
export async function saveUpdate(db: Queryable, id: string, to: Partial<Provisioning>): Promise<void> {
  await db.query(
    `update connectors set provisioning = provisioning || $2 where id = $1 and desired = 'run' and provisioning->'finishedAt' <> 'null'`,
    [id, to],
  );
}

/**
 * Says of all connectors of a workspace how the table that they share is by now, and when that was asked for: no older wish may
 * come after it.
 */
export async function saveTable(
  db: Queryable,
  workspaceId: string,
  { table, at }: { table: TableSettings; at: number },
): Promise<void> {
  await db.query(
    `update connectors
        set provisioning = provisioning || jsonb_build_object('table', $2::jsonb, 'tableAt', greatest((provisioning->>'tableAt')::bigint, $3))
      where lower(settings->'workspace'->>'id') = $1 and provisioning->'table' <> 'null'`,
    [workspaceId.toLowerCase(), table, at],
  );
}

export async function saveObservation(db: Queryable, id: string, observation: Observation): Promise<void> {
  await db.query('update connectors set observation = $2 where id = $1', [id, observation]);
}

/**
 * Ends a poll: the new standing, the incident it opens, changes or resolves, and the cards that follow, in one
 * transaction. Writes nothing when a later poll has taken the checkpoint (`version`) over. What a person has made due since the
 * poll began (`wasDueAt`) stays so.
 */
export async function settle(
  pool: pg.Pool,
  connector: Connector,
  end: { status: ConnectorStatus; tally: Tally; version: number; dueAt: number; wasDueAt: number },
  now: number,
): Promise<void> {
  await transaction(pool, async (tx) => {
    const { rowCount } = await tx.query(
      `update connectors set status = $2, due_at = case when due_at = $5 then $3 else due_at end
        where id = $1 and desired = 'run'
          and exists (select from checkpoints where connector_id = $1 and version = $4)`,
      [connector.id, end.status, new Date(end.dueAt), end.version, new Date(end.wasDueAt)],
    );
    if (rowCount === 0) return;
    await recordTally(tx, connector.id, end.tally, now);
    const settled = { ...connector, status: end.status };
    await followIncident(tx, settled, now);
    await tellChange(tx, connector.id, now);
    if (connector.status.firstSeenAt === null) await bumpProgress(tx, connector.id, now);
  });
}

/** Lets the connector be due at `dueAt`. */
export async function makeDue(db: Queryable, id: string, dueAt: number): Promise<void> {
  await db.query('update connectors set due_at = $2 where id = $1', [id, new Date(dueAt)]);
}

/**
 * Everything about the connector is tried again at once: its next step or poll, the look into its workspace, and the sending of
 * health records. Where its trouble may lie in what Azure has of it, all of that is checked again, and made anew if need be, if it
 * can be beside its polls; the checkpoint stays.
 */
export async function retryNow(db: Queryable, id: string, now: number): Promise<void> {
  await db.query(
    `update connectors
        set due_at = $2, observation = observation || '{"triedAt": 0}',
            provisioning = case when desired <> 'run' then provisioning
                         when status->'problem'->>'reason' = any($3)
                         then provisioning || '{"done": [], "attempts": 0, "finishedAt": null}'
                         when status->'problem'->>'reason' = any($4) then provisioning || '{"version": 0, "failedUpgrade": null}'
                         when provisioning->'failedUpgrade' <> 'null' then jsonb_set(provisioning, '{failedUpgrade,dueAt}', '0') else provisioning end
      where id = $1`,
    [id, new Date(now), mendedBy('rebuild'), mendedBy('check')],
  );
  await db.query(
    `update health_rules set due_at = $2
      where id = (select lower(settings->'workspace'->>'id') from connectors where id = $1)`,
    [id, new Date(now)],
  );
}

/** The connector, locked until the end of the transaction; null when it is gone, or is to go. */
export async function holdConnector(tx: Queryable, id: string): Promise<Connector | null> {
  const { rows } = await tx.query<Row>(`select * from connectors where id = $1 and desired = 'run' for update`, [id]);
  return rows[0] ? fromRow(rows[0]) : null;
}

/** What people may change of a connector that runs. */
export type Chosen = { name: string; domain: string } & Pick<
  Settings,
  'keyId' | 'intervalSeconds' | 'conversationId'
> & { /** Another retention of the table that all connectors of the workspace share. */ table: TableSettings | null };

/**
 * Changes what was chosen of a connector that is held. A new token or interval is used at once, and the checkpoint stays as
 * it is. Another domain goes through provisioning again, as the rule carries it, and its log is read anew; another retention
 * is told to Azure by an update of its own. Throws the store's error when the name is taken.
 */
export async function changeConnector(tx: Queryable, held: Connector, to: Chosen, now: number): Promise<void> {
  const { name, domain, table, ...others } = to;
  const chosen = table ? { ...others, table, tableChangedAt: now } : others;
  const moves = domain !== held.domain;
  const urgent =
    moves || others.keyId !== held.settings.keyId || others.intervalSeconds !== held.settings.intervalSeconds;
  const done = held.provisioning.done.filter((step) => step === 'rights' || step === 'table');
  const again: Partial<Provisioning> = { done, running: null, problem: null, attempts: 0, finishedAt: null };
  await tx.query(
    `update connectors set name = $2, domain = $3, settings = settings || $4, provisioning = provisioning || $5, due_at = $6
      where id = $1`,
    [held.id, name, domain, chosen, moves ? again : {}, new Date(urgent ? now : held.dueAt)],
  );
  if (moves) await restartCheckpoint(tx, held.id);
  await bumpProgress(tx, held.id, now);
  await tellChange(tx, held.id, now);
}

/** Whether the connector's org is still the one that `connector` says, and nothing more of it is known to be gone in Azure. */
export async function isStillAt(db: Queryable, { id, domain, observation }: Connector): Promise<boolean> {
  const { rows } = await db.query(
    `select from connectors where id = $1 and domain = $2 and coalesce(observation->'gone', 'null') = $3`,
    [id, domain, JSON.stringify(observation?.gone ?? null)],
  );
  return rows.length === 1;
}

/** The owner's desired state to remove it: it is due at once, is never polled again, and its cards say so. */
export async function markForDeletion(tx: Queryable, id: string, now: number): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update connectors set desired = 'delete', due_at = $2, provisioning = provisioning || '{"problem": null, "attempts": 0}'
      where id = $1 and desired <> 'delete'`,
    [id, new Date(now)],
  );
  await closeIncident(tx, id, now);
  await bumpProgress(tx, id, now);
  await tellChange(tx, id, now);
  return rowCount === 1;
}

/** Takes a removed connector, with everything the store knows of it, out of the store; its last health record stays to be sent. */
export async function forgetConnector(tx: Queryable, connector: Connector, now: number): Promise<void> {
  // Whoever changes a connector holds it first, and then what belongs to it.
  await tx.query('select from connectors where id = $1 for update', [connector.id]);
  await record(tx, connector, 'removed', now);
  await tx.query('delete from connectors where id = $1', [connector.id]);
}

/**
 * Writes a health record when what people see of the connector is not what the last one said. Every transaction that changes
 * a connector ends with it, so that no change goes unrecorded.
 */
export async function tellChange(tx: Queryable, id: string, now: number): Promise<void> {
  const { rows } = await tx.query<Row & { reported: string | null }>('select * from connectors where id = $1', [id]);
  const [row] = rows;
  if (!row) return;
  const connector = fromRow(row);
  const shown = shownState(connector);
  if (shown === row.reported) return;
  await tx.query('update connectors set reported = $2, reported_at = $3 where id = $1', [id, shown, new Date(now)]);
  await record(tx, connector, row.reported === null ? 'created' : 'changed', now);
}

/** Writes a health record of each connector of the workspace that has had none for an hour. */
export async function tellHourly(pool: pg.Pool, workspaceId: string, now: number): Promise<void> {
  const until = new Date(now - recordEveryMs);
  const { rows } = await pool.query<{ id: string }>(
    `select id from connectors where lower(settings->'workspace'->>'id') = $1 and reported_at <= $2`,
    [workspaceId, until],
  );
  for (const { id } of rows) {
    await transaction(pool, async (tx) => {
      const { rows } = await tx.query<Row>(
        'update connectors set reported_at = $2 where id = $1 and reported_at <= $3 returning *',
        [id, new Date(now), until],
      );
      if (rows[0]) await record(tx, fromRow(rows[0]), 'hourly', now);
    });
  }
}
