import type pg from 'pg';
import type { Connector } from '../../../ingestion/connector/connector.ts';
import { SealedSecrets } from '../../../ingestion/secrets/sealed.ts';
import { transaction } from '../../../ingestion/store/database.ts';
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
    const ids = connectors.slice(from, from + atOnce).map(({ id }) => id);
    const keyIds = await Promise.all(ids.map((id) => secrets.keep(`token of ${id}`)));
    await pool.query(
      `update connectors
          set settings = settings || jsonb_build_object('keyId', made.key_id),
              provisioning = jsonb_set(provisioning, '{rule,endpoint}',
                to_jsonb(replace('https://' || domain, '.okta.com', '.westeurope-1.ingest.monitor.azure.com'))),
              observation = jsonb_set(observation, '{triedAt}', to_jsonb($3::bigint))
         from unnest($1::uuid[], $2::text[]) as made (id, key_id) where connectors.id = made.id`,
      [ids, keyIds, never],
    );
    await remember(pool, ids, wanted.remembered);
  }
  await pool.query('update older_feeds set due_at = $1', [new Date(never)]);
  return connectors;
}

const never = Date.UTC(2100, 0);

/** What each remembers after so many saves of five events. */
async function remember(pool: pg.Pool, ids: string[], saves: number): Promise<void> {
  const key = 'uuid_send(gen_random_uuid())';
  await transaction(pool, async (tx) => {
    // Else each row is looked at by itself, whether its connector is there.
    await tx.query('set local session_replication_role = replica');
    await tx.query(
      `insert into delivered (connector_id, keys)
       select id, ${Array(5).fill(key).join(' || ')} from generate_series(1, $2), unnest($1::uuid[]) as id`,
      [ids, saves],
    );
  });
}

/** Polls are due from this moment on (ms since the epoch), spread by chance over so much time; to the millisecond, as the product has it. */
export async function makeDue(pool: pg.Pool, { from, withinMs }: { from: number; withinMs: number }): Promise<void> {
  await pool.query(
    `update connectors set due_at = date_trunc('milliseconds', $1::timestamptz + random() * $2 * interval '1 millisecond')`,
    [new Date(from), withinMs],
  );
}
