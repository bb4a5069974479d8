import type pg from 'pg';
import type { Connector } from '../../../ingestion/connector/connector.ts';
import { shownState } from '../../../ingestion/connector/health-records.ts';
import { SealedSecrets } from '../../../ingestion/secrets/sealed.ts';
import { makeConnectors } from '../bot/connectors.ts';

const hoursOfTraffic = 1;
/** So many connectors in one statement, which must not take as long as the product lets one. */
const atOnce = 25;

/** Which connectors there are to be, and after how many saves each remembers what it has delivered. */
export type Wanted = {
  tenantId: string;
  count: number;
  conversations: string[];
  remembered: number;
  secretKey: string | null;
};

/**
 * Puts that many connectors into the store, all of them well, each with a token, an org and an endpoint of its own. None is due
 * before `makeDue`; what looks at workspaces is not due at all, as nobody plays them.
 */
export async function fill(pool: pg.Pool, wanted: Wanted): Promise<Connector[]> {
  const connectors = await makeConnectors(pool, { ...wanted, healthy: wanted.count, hoursOfTraffic });
  const secrets = await SealedSecrets.open(pool, Date.now, { secretKey: wanted.secretKey, file: '' });
  for (let from = 0; from < connectors.length; from += atOnce) {
    const some = connectors.slice(from, from + atOnce);
    const ids = some.map(({ id }) => id);
    const keyIds = await Promise.all(ids.map((id) => secrets.keep(`token of ${id}`)));
    await pool.query(
      `update connectors
          set settings = settings || jsonb_build_object('keyId', made.key_id),
              provisioning = jsonb_set(provisioning, '{rule,endpoint}',
                to_jsonb(replace('https://' || domain, '.okta.com', '.westeurope-1.ingest.monitor.azure.com'))),
              observation = jsonb_set(observation, '{triedAt}', to_jsonb($3::bigint)), reported = shown, reported_at = now()
         from unnest($1::uuid[], $2::text[], $4::text[]) as made (id, key_id, shown) where connectors.id = made.id`,
      [ids, keyIds, never, some.map(shownState)],
    );
    await remember(pool, ids, wanted.remembered);
  }
  await pool.query('update older_feeds set due_at = $1', [new Date(never)]);
  return connectors;
}

const never = Date.UTC(2100, 0);

/** What each remembers after so many saves of five events, joined to rows of about so many keys as the product does it. */
const keysPerRow = 8000;

async function remember(pool: pg.Pool, ids: string[], saves: number): Promise<void> {
  if (saves === 0) return;
  await pool.query(
    `insert into delivered (connector_id, keys, is_segment, from_at, to_at)
     select id, (select string_agg(uuid_send(gen_random_uuid()), '') from generate_series(n + 1, least(n + $3, $2)) where id is not null),
            true, '2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z'
       from unnest($1::uuid[]) as id, generate_series(0, $2 - 1, $3) as n`,
    [ids, saves * 5, keysPerRow],
  );
}

/** Polls are due from this moment on (ms since the epoch), spread by chance over so much time; to the millisecond, as the product has it. */
export async function makeDue(pool: pg.Pool, { from, withinMs }: { from: number; withinMs: number }): Promise<void> {
  await pool.query(
    `update connectors set due_at = date_trunc('milliseconds', $1::timestamptz + random() * $2 * interval '1 millisecond')`,
    [new Date(from), withinMs],
  );
}
