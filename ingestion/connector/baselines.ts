import type { Queryable } from '../store/queryable.ts';
import { type Baseline, emptyBaseline } from './baseline.ts';

/** What the connector's polls have taught so far. */
export async function readBaseline(db: Queryable, connectorId: string): Promise<Baseline> {
  const { rows } = await db.query<Baseline>(
    'select until, counts, silences, falls, rises from baselines where connector_id = $1',
    [connectorId],
  );
  return rows[0] ?? emptyBaseline();
}

/** Keeps what they have taught. */
export async function saveBaseline(tx: Queryable, connectorId: string, baseline: Baseline): Promise<void> {
  const { until, counts, silences, falls, rises } = baseline;
  await tx.query(
    `insert into baselines (connector_id, until, counts, silences, falls, rises) values ($1, $2, $3, $4, $5, $6)
     on conflict (connector_id) do update
        set until = excluded.until, counts = excluded.counts, silences = excluded.silences, falls = excluded.falls,
            rises = excluded.rises`,
    [connectorId, until, counts, silences, falls, rises],
  );
}
