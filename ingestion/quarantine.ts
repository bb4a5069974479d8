import { createHash } from 'node:crypto';
import type { Queryable } from './store/database.ts';

/**
 * Keeps an event that can't be delivered, byte for byte, so that it is neither lost nor in the way of the others. False
 * when it is kept already.
 */
export async function quarantine(
  db: Queryable,
  connectorId: string,
  event: { uuid: string; published: string; reason: string; bytes: Buffer },
): Promise<boolean> {
  const hash = createHash('sha256').update(event.bytes).digest();
  const { rowCount } = await db.query(
    `insert into quarantine (connector_id, uuid, published, reason, event, hash, at) values ($1, $2, $3, $4, $5, $6, now())
     on conflict do nothing`,
    [connectorId, event.uuid, event.published, event.reason, event.bytes, hash],
  );
  return rowCount === 1;
}
