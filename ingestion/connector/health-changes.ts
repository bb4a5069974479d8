import type pg from 'pg';
import { transaction } from '../store/database.ts';
import type { Queryable } from '../store/queryable.ts';
import { type ConnectorRow, connectorFrom } from './connectors.ts';
import { record, recordEveryMs, shownState } from './health-records.ts';

/**
 * Writes a health record when what people see of the connector is not what the last one said. Every transaction that changes
 * a connector ends with it, so that no change goes unrecorded.
 */
export async function recordHealthChange(tx: Queryable, id: string, now: number): Promise<void> {
  const { rows } = await tx.query<ConnectorRow & { reported: string | null }>(
    'select * from connectors where id = $1',
    [id],
  );
  const [row] = rows;
  if (!row) return;
  const connector = connectorFrom(row);
  const shown = shownState(connector);
  if (shown === row.reported) return;
  await tx.query('update connectors set reported = $2, reported_at = $3 where id = $1', [id, shown, new Date(now)]);
  await record(tx, connector, { occasion: row.reported === null ? 'created' : 'changed', now });
}

/** Writes a health record of each connector of the workspace (its ARM id in lower case) that has had none for an hour. */
export async function recordHourly(pool: pg.Pool, workspaceId: string, now: number): Promise<void> {
  const until = new Date(now - recordEveryMs);
  const { rows } = await pool.query<{ id: string }>(
    `select id from connectors where lower(settings->'workspace'->>'id') = $1 and reported_at <= $2`,
    [workspaceId, until],
  );
  for (const { id } of rows) {
    await transaction(pool, async (tx) => {
      const { rows } = await tx.query<ConnectorRow>(
        'update connectors set reported_at = $2 where id = $1 and reported_at <= $3 returning *',
        [id, new Date(now), until],
      );
      if (rows[0]) await record(tx, connectorFrom(rows[0]), { occasion: 'hourly', now });
    });
  }
}
