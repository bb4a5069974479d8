import type { Queryable } from '../store/queryable.ts';
import type { Connector, Person } from './connector.ts';
import { bumpOpenIncident } from './incidents.ts';
import { bumpProgress } from './outbox/telling.ts';

/** Notes that `by` wants everything about the connector tried again, and has its cards say so. */
export async function noteRetry(tx: Queryable, id: string, { by, now }: { by: Person; now: number }): Promise<void> {
  await tx.query('update connectors set retried = $2 where id = $1', [id, { by, at: now, tried: false }]);
  await follow(tx, id);
}

/** What was asked for when `connector` was read has been tried by now, whatever came of it. A later wish stays. */
export async function endRetry(tx: Queryable, { id, retried }: Pick<Connector, 'id' | 'retried'>): Promise<void> {
  if (!retried || retried.tried) return;
  const { rowCount } = await tx.query('update connectors set retried = $3 where id = $1 and retried = $2', [
    id,
    retried,
    { ...retried, tried: true },
  ]);
  if (rowCount === 1) await follow(tx, id);
}

async function follow(tx: Queryable, id: string): Promise<void> {
  await bumpOpenIncident(tx, id);
  await bumpProgress(tx, id);
}
