import { type Activity, type ConversationReference, TurnContext } from 'botbuilder';
import type { Mute, Person } from '../../ingestion/connector/connector.ts';
import type { Queryable } from '../../ingestion/store/queryable.ts';
import { tenantOf } from './activity-check.ts';
import type { AlertRules, QuietHours } from './alert-rules.ts';

/** A place in Teams where the bot can speak: a channel or a personal chat. `id` is never a thread's. */
export type Conversation = {
  id: string;
  tenantId: string;
  kind: 'channel' | 'personal' | 'groupChat';
  name: string;
  reference: Partial<ConversationReference>;
  /** A service URL that an activity has named since, and over which nothing was sent yet; null without. */
  candidateUrl: string | null;
  /** Null while the bot may speak there. */
  closed: Closed | null;
  /** Since when Teams has said that it does not know the place, which may pass; null when it does. */
  missingSince: number | null;
} & AlertRules;

/**
 * Since when, and by what answer, Teams says that the bot may not speak in a place, or the app was removed there (no status);
 * and when it was last tried. Times in ms since the epoch.
 */
export type Closed = { since: number; status: number | null; code: string; triedAt: number };

/** A row of the table `conversations`. */
export type ConversationRow = {
  id: string;
  tenant_id: string;
  kind: Conversation['kind'];
  name: string;
  reference: Conversation['reference'];
  candidate_url: string | null;
  closed: Closed | null;
  missing_since: number | null;
} & AlertRules;

/** The conversation that a row holds. */
export const conversationFrom = (row: ConversationRow): Conversation => ({
  id: row.id,
  tenantId: row.tenant_id,
  kind: row.kind,
  name: row.name,
  reference: row.reference,
  candidateUrl: row.candidate_url,
  alerts: row.alerts,
  filter: row.filter,
  quiet: row.quiet,
  muted: row.muted,
  closed: row.closed,
  missingSince: row.missing_since,
});

/** A channel's id without the thread: an unstripped one would make every alert a reply to some old message. */
export function conversationIdOf(activity: Activity): string {
  return activity.conversation.id.split(';')[0] ?? '';
}

/**
 * Remembers where an authenticated activity came from: the bot may speak there. Another service URL than the known one is kept
 * beside it until a send over it has worked: now and then one is of a region where the place is not (botbuilder-js 3280).
 * `name` is what people call the place; an empty one leaves the known name as it is.
 */
export async function rememberConversation(
  db: Queryable,
  activity: Activity,
  { name, now }: { name: string; now: number },
): Promise<void> {
  const id = conversationIdOf(activity);
  const full = TurnContext.getConversationReference(activity);
  const { activityId: _, user: __, ...reference } = full;
  const kind = activity.conversation.conversationType ?? (activity.conversation.isGroup ? 'channel' : 'personal');
  await db.query(
    `insert into conversations (id, tenant_id, kind, team_id, name, reference, seen_at, person_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (id) do update
        set reference = excluded.reference
              || jsonb_build_object('serviceUrl', coalesce(conversations.reference->'serviceUrl', excluded.reference->'serviceUrl')),
            candidate_url = nullif(excluded.reference->>'serviceUrl', conversations.reference->>'serviceUrl'),
            seen_at = excluded.seen_at, closed = null, missing_since = null,
            team_id = coalesce(excluded.team_id, conversations.team_id),
            person_id = coalesce(excluded.person_id, conversations.person_id),
            name = case when excluded.name = '' then conversations.name else excluded.name end`,
    [
      id,
      tenantOf(activity),
      kind,
      teamOf(activity),
      name,
      { ...reference, conversation: { ...full.conversation, id } },
      new Date(now),
      kind === 'personal' ? (activity.from.aadObjectId ?? null) : null,
    ],
  );
}

/** Remembers a person's chat that the bot has opened itself, which is reached by the way to a known place. */
export async function rememberChat(
  db: Queryable,
  { id, like, person, now }: { id: string; like: Conversation; person: Person; now: number },
): Promise<void> {
  const { tenantId, reference } = like;
  const conversation = { id, conversationType: 'personal', tenantId, isGroup: false, name: '' };
  await db.query(
    `insert into conversations (id, tenant_id, kind, person_id, name, reference, seen_at)
     values ($1, $2, 'personal', $3, $4, $5, $6) on conflict do nothing`,
    [id, tenantId, person.id, person.name, { ...reference, conversation }, new Date(now)],
  );
}

function teamOf(activity: Activity): string | null {
  return ((activity.channelData ?? {}) as TeamsData).team?.id ?? null;
}

/** What Teams itself says of the place of an activity. */
export type TeamsData = { team?: { id?: string; name?: string }; channel?: { id?: string; name?: string } };

/** The conversation with this id, closed or not; null when it is not known. */
export async function getConversation(db: Queryable, id: string): Promise<Conversation | null> {
  const { rows } = await db.query<ConversationRow>('select * from conversations where id = $1', [id]);
  return rows[0] ? conversationFrom(rows[0]) : null;
}

/** Which of all alerts the conversation takes from now on: those that the filter lets through; none at all without `alerts`. */
export async function setAlerts(
  db: Queryable,
  id: string,
  { alerts, filter }: Pick<AlertRules, 'alerts' | 'filter'>,
): Promise<void> {
  await db.query('update conversations set alerts = $2, filter = $3 where id = $1', [id, alerts, filter]);
}

/** When warnings wait in the conversation; null lets them come at any time. */
export async function setQuietHours(db: Queryable, id: string, quiet: QuietHours | null): Promise<void> {
  await db.query('update conversations set quiet = $2 where id = $1', [id, quiet]);
}

/** Nothing is posted of alerts in the conversation until then. */
export async function muteConversation(db: Queryable, id: string, mute: Mute): Promise<void> {
  await db.query('update conversations set muted = $2 where id = $1', [id, mute]);
}

/** Teams says that the bot may not speak there. One that was closed already stays closed since then. */
export async function closeConversation(
  db: Queryable,
  id: string,
  { status, code, now }: { status: number | null; code: string; now: number },
): Promise<void> {
  await db.query(
    `update conversations set closed = $2::jsonb || jsonb_build_object('since', coalesce(closed->'since', $2->'since')) where id = $1`,
    [id, { since: now, status, code, triedAt: now } satisfies Closed],
  );
}

/** Something was sent there: it can be reached. Over `serviceUrl`, where that is another than the known one, from now on. */
export async function openConversation(db: Queryable, id: string, serviceUrl: string | null): Promise<void> {
  await db.query(
    `update conversations
        set closed = null, missing_since = null,
            reference = case when $2::text is null then reference else reference || jsonb_build_object('serviceUrl', $2::text) end,
            candidate_url = case when $2::text is null then candidate_url end
      where id = $1 and (closed is not null or missing_since is not null or $2::text is not null)`,
    [id, serviceUrl],
  );
}

/** Teams says at `now` that it does not know the place; since when it has said so without a break. */
export async function noteMissing(db: Queryable, id: string, now: number): Promise<number> {
  const { rows } = await db.query<{ since: number }>(
    'update conversations set missing_since = coalesce(missing_since, $2) where id = $1 returning missing_since as since',
    [id, new Date(now)],
  );
  return rows[0]?.since ?? now;
}

/** A chat or channel, a team with all its channels, or both. */
export type Where = { id: string | null; teamId: string | null };

/** Nothing is sent there any more until somebody speaks to the bot there again, or the place is opened. */
export async function closePlaces(
  db: Queryable,
  { id, teamId }: Where,
  { why, now }: { why: string; now: number },
): Promise<void> {
  await db.query(
    `update conversations set closed = $3::jsonb || jsonb_build_object('since', coalesce(closed->'since', $3->'since'))
      where id = $1 or team_id = $2`,
    [id, teamId, { since: now, status: null, code: why, triedAt: now } satisfies Closed],
  );
}

/** Channels and teams that were deleted or archived are there again, unless the app was removed meanwhile; the ids of all. */
export async function openPlaces(db: Queryable, { id, teamId }: Where): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `update conversations set closed = null
      where (id = $1 or team_id = $2) and closed->>'code' ~ '^the (channel|team) was ' returning id`,
    [id, teamId],
  );
  return rows.map((row) => row.id);
}

/** A channel's new name, or a team's; the other part of what people call the place stays. */
export async function renamePlaces(db: Queryable, { id, teamId }: Where, name: string): Promise<void> {
  await db.query(
    `update conversations set name = case when id = $1
        then concat(substring(name from '^.* › '), $3::text) else concat($3::text, substring(name from ' › [^›]*$')) end
      where (id = $1 or team_id = $2) and name <> ''`,
    [id, teamId, name],
  );
}

/** The chat of the bot with a person, by their object id; null before they have spoken, and while it is closed. */
export async function findPersonalChat(
  db: Queryable,
  tenantId: string,
  personId: string,
): Promise<Conversation | null> {
  const { rows } = await db.query<ConversationRow>(
    'select * from conversations where tenant_id = $1 and person_id = $2 and closed is null order by seen_at desc limit 1',
    [tenantId, personId],
  );
  return rows[0] ? conversationFrom(rows[0]) : null;
}

const keptMs = 90 * 86_400_000;

/** Forgets places that have been closed, and silent for 90 days, but for those that `chosen` says are still meant for something. */
export async function pruneConversations(
  db: Queryable,
  chosen: (ids: string[]) => Promise<string[]>,
  now: number,
): Promise<void> {
  const { rows } = await db.query<{ id: string }>(
    'select id from conversations where closed is not null and seen_at < $1',
    [new Date(now - keptMs)],
  );
  if (rows.length === 0) return;
  const ids = rows.map(({ id }) => id);
  const kept = new Set(await chosen(ids));
  await db.query('delete from conversations where id = any($1) and closed is not null', [
    ids.filter((id) => !kept.has(id)),
  ]);
}
