import type { Queryable } from '../store/database.ts';
import type { Connector, Mute } from './connector.ts';

/** Nothing is posted about the connector until then; null lets all be told again. */
export async function muteConnector(tx: Queryable, id: string, mute: Mute | null): Promise<void> {
  await tx.query('update connectors set muted = $2 where id = $1', [id, mute]);
}

/** The mute that holds at `now`; null when there is none, or it has ended. Pure. */
export function muteAt(muted: Connector['muted'], now: number): Mute | null {
  return muted && muted.until > now ? muted : null;
}
