import { randomUUID } from 'node:crypto';
import type { Queryable } from '../store/queryable.ts';
import { dropEmptyAlerts } from './alerts.ts';
import { createCheckpoint } from './checkpoints.ts';
import type { Connector, Settings } from './connector.ts';
import { type ConnectorRow, connectorFrom } from './connectors.ts';
import { recordHealthChange } from './health-changes.ts';
import { record } from './health-records.ts';
import { knowWorkspace } from './health-rules.ts';
import { newborn } from './lifecycle.ts';
import { watchOlderFeeds } from './older-feeds.ts';

/** By then there are events by which older connectors of the same org can be told. */
const firstLookMs = 3_600_000;

/** A new connector in Pending, due at once, with its checkpoint at the start of the backfill. Null when the name is taken. */
export async function createConnector(
  tx: Queryable,
  given: { tenantId: string; name: string; domain: string; settings: Settings },
  now: number,
): Promise<Connector | null> {
  const { desired, provisioning, status } = newborn();
  const { rows } = await tx.query<ConnectorRow>(
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
  await createCheckpoint(tx, rows[0].id, now - given.settings.backfillHours * 3_600_000);
  await watchOlderFeeds(tx, given.settings.workspace.id, now + firstLookMs);
  await knowWorkspace(tx, given.settings.workspace);
  await recordHealthChange(tx, rows[0].id, now);
  return connectorFrom(rows[0]);
}

/** Takes a removed connector, with everything the store knows of it, out of the store; its last health record stays to be sent. */
export async function forgetConnector(tx: Queryable, connector: Connector, now: number): Promise<void> {
  // Whoever changes a connector holds it first, and then what belongs to it.
  await tx.query('select from connectors where id = $1 for update', [connector.id]);
  await record(tx, connector, { occasion: 'removed', now });
  await tx.query('delete from connectors where id = $1', [connector.id]);
  await dropEmptyAlerts(tx, connector.tenantId);
}
