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
  await tx.query(baselineSql('(select $1::uuid as id, $2::jsonb as baseline) as taught'), [
    connectorId,
    JSON.stringify(baseline),
  ]);
}

/** SQL that keeps what the polls of several have taught: each an `id` and a `baseline`, as JSON, of `from`; null teaches nothing. */
export function baselineSql(from: string): string {
  return `insert into baselines (connector_id, until, counts, silences, falls, rises)
     select id, learned.until, learned.counts, learned.silences, learned.falls, learned.rises
       from ${from}, jsonb_populate_record(null::baselines, baseline) as learned where baseline is not null
     on conflict (connector_id) do update
        set until = excluded.until, counts = excluded.counts, silences = excluded.silences, falls = excluded.falls,
            rises = excluded.rises`;
}
