import type { Queryable } from '../store/queryable.ts';
import type { Connector, Mute } from './connector.ts';

/** Nothing is posted about the connector until then. One that is ended is one whose end has come: what it hid stays known. */
export async function muteConnector(tx: Queryable, id: string, mute: Mute): Promise<void> {
  await tx.query('update connectors set muted = $2 where id = $1', [id, mute]);
}

/** The mute that holds at `now`; null when there is none then. Pure. */
export function muteAt(muted: Connector['muted'], now: number): Mute | null {
  return muted && muted.at <= now && muted.until > now ? muted : null;
}

/** The connectors of a tenant that are silent on purpose: by a mute, until when (ms since the epoch), or because they rest (null). */
export async function listSilent(
  db: Queryable,
  tenantId: string,
  now: number,
): Promise<{ name: string; until: number | null }[]> {
  const { rows } = await db.query<{ name: string; until: number | null }>(
    `select name, case when desired = 'pause' then null else (muted->>'until')::bigint end as until from connectors
      where tenant_id = $1 and (desired = 'pause' or desired = 'run' and (muted->>'until')::bigint > $2) order by name`,
    [tenantId, now],
  );
  return rows;
}
