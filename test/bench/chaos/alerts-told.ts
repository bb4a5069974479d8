import type pg from 'pg';
import type { Teams } from '../../sims/teams.ts';

/** `alerts`: what the store says was to be told; `alerts_lost`: those of which nothing stands in Teams. */
export type AlertsTold = { alerts: number; alerts_lost: number };

/**
 * Counts, for each incident of the store and each place that was to hear of it, whether a message of that place has the id under which
 * the store knows its card, or the card that it was merged into. An incident that was over before its card was posted is not
 * told, and is not lost; whether the card says the right thing is not looked at here (`npm run chaos -- --alerts` does).
 */
export async function alertsTold(store: pg.Client, { tenant }: Teams): Promise<AlertsTold> {
  const { rows } = await store.query<{ activity_id: string | null }>(
    `select shown.activity_id
       from patchbay.incidents join patchbay.outbox as own on own.alert_id = incidents.alert_id and own.kind = 'alert'
            join patchbay.outbox as shown on shown.id = coalesce(own.merged_into, own.id)
      where incidents.connector_id = any(own.connector_ids)
        and not (resolved_at is not null and shown.activity_id is null and shown.gone is not null)`,
  );
  const there = new Set(tenant.messages.filter(({ deleted }) => !deleted).map(({ id }) => id));
  const lost = rows.filter(({ activity_id }) => activity_id === null || !there.has(activity_id));
  return { alerts: rows.length, alerts_lost: lost.length };
}

/** How many cards and replies of alerts are still to be posted or brought up to date. */
export async function cardsDue(store: pg.Client): Promise<number> {
  const { rows } = await store.query<{ count: number }>(
    `select count(*)::int from patchbay.outbox where kind in ('alert', 'reply') and shown_version < version and gone is null and merged_into is null`,
  );
  return rows[0]?.count ?? 0;
}
