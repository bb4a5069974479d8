import type pg from 'pg';
import { bytesOf, joinKeys, keyOf } from '../../../ingestion/sync/event-keys.ts';
import { uuidAt } from '../scale/org-log.ts';
import type { Flow } from './flow.ts';

/** So many keys are a segment, as the product joins them. */
const keysPerRow = 8192;

/** What each connector has delivered: how many events before `now`, and how many of these it will read once more. */
export type Past = { now: number; remembered: number; reread: number };

/** Has each connector know the last events of its org's log as delivered, and begin in the midst of them. The connectors are in the order of their orgs. */
export async function remember(pool: pg.Pool, ids: string[], flow: Flow, past: Past): Promise<void> {
  for (const [org, id] of ids.entries()) {
    const end = flow.placeAt(org, past.now);
    for (let from = end - past.remembered; from < end; from += keysPerRow) {
      const to = Math.min(end, from + keysPerRow);
      const keys = joinKeys(Array.from({ length: to - from }, (_, index) => keyOf(uuidAt(org, from + index))));
      await pool.query(
        'insert into delivered (connector_id, keys, is_segment, from_at, to_at) values ($1, $2, true, $3, $4)',
        [id, bytesOf(keys), isoAt(flow, org, from), isoAt(flow, org, to - 1)],
      );
    }
    const since = flow.timeOf(org, end - past.reread);
    await pool.query('update checkpoints set since = $2 where connector_id = $1', [id, new Date(since)]);
  }
}

function isoAt(flow: Flow, org: number, place: number): string {
  return new Date(flow.timeOf(org, place)).toISOString();
}
