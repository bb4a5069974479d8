import type { Queryable } from '../store/queryable.ts';

/**
 * When events were published, as Okta writes it, so that such texts order as times do: from the oldest to the newest, and from
 * `ahead` on those with a time that was yet to come, which says nothing of the others. Null where there are none.
 */
export type Span = { oldest: string | null; newest: string | null; ahead: string | null };

/** The span of nothing. */
export const noSpan: Span = { oldest: null, newest: null, ahead: null };

/** The span of events that were published then; what is later than `limit` was yet to come. */
export function spanOf(published: Iterable<string>, limit: string): Span {
  let { oldest, newest, ahead } = noSpan;
  for (const at of published) {
    if (at > limit) ahead = ahead === null || at < ahead ? at : ahead;
    else {
      if (oldest === null || at < oldest) oldest = at;
      if (newest === null || at > newest) newest = at;
    }
  }
  return { oldest, newest, ahead };
}

/** The span of both. */
export function joinSpans(one: Span, other: Span): Span {
  const least = (a: string | null, b: string | null) => (a === null || (b !== null && b < a) ? b : a);
  const most = (a: string | null, b: string | null) => (a === null || (b !== null && b > a) ? b : a);
  return {
    oldest: least(one.oldest, other.oldest),
    newest: most(one.newest, other.newest),
    ahead: least(one.ahead, other.ahead),
  };
}

/** Whether an event that was published then may be one of those. */
export function mayHold({ oldest, newest, ahead }: Span, published: string): boolean {
  const within = oldest !== null && newest !== null && oldest <= published && published <= newest;
  return within || (ahead !== null && published >= ahead);
}

/** What a save remembers, in SQL, column by column: keys of 16 bytes, and their span. */
export const rememberedColumns = [
  ['keys', 'bytea'],
  ['from_at', 'text'],
  ['to_at', 'text'],
  ['ahead_at', 'text'],
] as const;

/** SQL that remembers what was delivered, for use within the statement that saves it: `from` is the query there that yields the columns. */
export function rememberSql(from: string): string {
  return `insert into delivered (connector_id, keys, from_at, to_at, ahead_at)
          select connector_id, keys, from_at, to_at, ahead_at from ${from} where length(keys) > 0`;
}

/** A segment grows up to so many keys, and so many segments are remembered: 400,000 events. */
const segmentBytes = 16 * 8_192;
const mostSegments = 50;

const segmentColumns = 'id, from_at as oldest, to_at as newest, ahead_at as ahead';

/** A part of what was delivered, by its id: keys that lie in the store, and are read when an event may be among them. */
export type Segment = Span & { id: number };

/**
 * Joins what a connector's saves have left to a segment, with the last one where that is small, and forgets what was delivered
 * longest ago: whoever holds this `version` of the checkpoint. Returns all segments, the oldest first; null when the version is
 * another by now.
 */
export async function joinDelivered(db: Queryable, connectorId: string, version: number): Promise<Segment[] | null> {
  const { rows } = await db.query<Segment>({
    name: 'join-delivered',
    text: `
      with mine as (select connector_id from checkpoints where connector_id = $1 and version = $2 for no key update),
           parts as (
        delete from delivered using mine
         where delivered.connector_id = mine.connector_id and not (is_segment and length(keys) >= $3) returning delivered.*),
           joined as (
        insert into delivered (connector_id, keys, from_at, to_at, ahead_at, is_segment)
        select $1, string_agg(keys, '' order by id), min(from_at), max(to_at), min(ahead_at), true
          from parts having count(*) > 0
     returning ${segmentColumns}),
           kept as (
        select id from delivered where connector_id = $1 and is_segment and length(keys) >= $3 order by id desc limit $4),
           forgotten as (
        delete from delivered using mine
         where delivered.connector_id = mine.connector_id and is_segment and id < (select min(id) from kept)
           and (select count(*) from kept) = $4)
      select ${segmentColumns} from delivered join kept using (id) where exists (select from mine)
       union all select * from joined order by id`,
    values: [connectorId, version, segmentBytes, mostSegments - 1],
  });
  return rows.length > 0 ? rows : null;
}

/** What a connector has delivered lately, as the store has it: its segments, the oldest first, and the keys of what was saved since. */
export type Delivered = { segments: Segment[]; since: Buffer[] };

/** What a connector has delivered lately, without what lies in segments. */
export async function readDelivered(db: Queryable, connectorId: string): Promise<Delivered> {
  const { rows } = await db.query<Segment & { keys: Buffer | null }>({
    name: 'read-delivered',
    text: `select ${segmentColumns}, case when not is_segment then keys end as keys
             from delivered where connector_id = $1 order by id`,
    values: [connectorId],
  });
  return {
    segments: rows.flatMap(({ keys, ...segment }) => (keys ? [] : segment)),
    since: rows.flatMap(({ keys }) => keys ?? []),
  };
}

/** The keys of these segments, by their ids. */
export async function readSegments(db: Queryable, ids: number[]): Promise<Map<number, Buffer>> {
  const { rows } = await db.query<{ id: number; keys: Buffer }>('select id, keys from delivered where id = any($1)', [
    ids,
  ]);
  return new Map(rows.map(({ id, keys }) => [id, keys]));
}

/** Nothing of a connector counts as delivered any more. */
export async function forgetDelivered(tx: Queryable, connectorId: string): Promise<void> {
  await tx.query('delete from delivered where connector_id = $1', [connectorId]);
}
