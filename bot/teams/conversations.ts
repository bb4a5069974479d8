import { type Activity, type ConversationReference, TurnContext } from 'botbuilder';
import type { Connector, Mute, Problem } from '../../ingestion/connector/connector.ts';
import type { Place } from '../../ingestion/connector/incidents.ts';
import type { Queryable } from '../../ingestion/store/database.ts';
import { tenantOf } from './activity-check.ts';
import { type AlertRules, type QuietHours, takesAlert } from './alert-rules.ts';

/** A place in Teams where the bot can speak: a channel or a personal chat. `id` is never a thread's. */
export type Conversation = {
  id: string;
  tenantId: string;
  kind: 'channel' | 'personal' | 'groupChat';
  name: string;
  reference: Partial<ConversationReference>;
} & AlertRules;

type Row = {
  id: string;
  tenant_id: string;
  kind: Conversation['kind'];
  name: string;
  reference: Conversation['reference'];
} & AlertRules;

const fromRow = (row: Row): Conversation => ({
  id: row.id,
  tenantId: row.tenant_id,
  kind: row.kind,
  name: row.name,
  reference: row.reference,
  alerts: row.alerts,
  filter: row.filter,
  quiet: row.quiet,
  muted: row.muted,
});

/** A channel's id without the thread: an unstripped one would make every alert a reply to some old message. */
export function conversationIdOf(activity: Activity): string {
  return activity.conversation.id.split(';')[0] ?? '';
}

/**
 * Remembers where an authenticated activity came from; the service URL may change, so the newest counts. `name` is what
 * people call the place; an empty one leaves the known name as it is.
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
        set reference = excluded.reference, seen_at = excluded.seen_at, gone = null,
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

function teamOf(activity: Activity): string | null {
  return ((activity.channelData ?? {}) as TeamsData).team?.id ?? null;
}

/** What Teams itself says of the place of an activity. */
export type TeamsData = { team?: { id?: string; name?: string }; channel?: { id?: string; name?: string } };

/** The conversation with this id; null when it is not known, or the bot was taken away there. */
export async function getConversation(db: Queryable, id: string): Promise<Conversation | null> {
  const { rows } = await db.query<Row>('select * from conversations where id = $1 and gone is null', [id]);
  return rows[0] ? fromRow(rows[0]) : null;
}

/** The conversations of a tenant that take alerts. */
export async function listAlertConversations(db: Queryable, tenantId: string): Promise<Conversation[]> {
  const { rows } = await db.query<Row>(
    'select * from conversations where tenant_id = $1 and alerts and gone is null order by name',
    [tenantId],
  );
  return rows.map(fromRow);
}

/** The conversations of a tenant that take alerts, have asked for silence, or are among `ids`, reached or not, by name. */
export async function listPlaces(db: Queryable, tenantId: string, ids: string[]): Promise<Conversation[]> {
  const { rows } = await db.query<Row>(
    `select * from conversations
      where tenant_id = $1 and (alerts or id = any($2) or quiet is not null or muted is not null) order by name`,
    [tenantId, ids],
  );
  return rows.map(fromRow);
}

/** Where such a problem of a connector is told: in the conversations that take its alert, all or because it was set to them. */
export async function listAudience(db: Queryable, connector: Connector, problem: Problem): Promise<Place[]> {
  const { rows } = await db.query<Row>('select * from conversations where tenant_id = $1 and (alerts or id = $2)', [
    connector.tenantId,
    connector.settings.conversationId,
  ]);
  const places = rows.map(fromRow).filter((conversation) => takesAlert(conversation, connector, problem));
  return places.map(({ id }) => ({ conversationId: id, insteadOf: null, notBefore: null }));
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

/** The bot was removed or blocked there: nothing is sent any more until it is heard of from there again. */
export async function leaveConversation(db: Queryable, id: string, why: string): Promise<void> {
  await db.query('update conversations set gone = $2 where id = $1', [id, why]);
}

/** A chat or channel, a team with all its channels, or both. */
export type Where = { id: string | null; teamId: string | null };

/** Nothing is sent there any more until somebody speaks to the bot there again, or the place is opened. */
export async function closePlaces(db: Queryable, { id, teamId }: Where, why: string): Promise<void> {
  await db.query('update conversations set gone = $3 where id = $1 or team_id = $2', [id, teamId, why]);
}

/** Channels and teams that were deleted or archived are there again, unless the app was removed meanwhile; the ids of all. */
export async function openPlaces(db: Queryable, { id, teamId }: Where): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `update conversations set gone = null
      where (id = $1 or team_id = $2) and gone ~ '^the (channel|team) was ' returning id`,
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
  const { rows } = await db.query<Row>(
    'select * from conversations where tenant_id = $1 and person_id = $2 and gone is null order by seen_at desc limit 1',
    [tenantId, personId],
  );
  return rows[0] ? fromRow(rows[0]) : null;
}

const keptMs = 90 * 86_400_000;

/** Forgets places that have been closed, and silent for 90 days, but for those that `chosen` says are still meant for something. */
export async function pruneConversations(
  db: Queryable,
  chosen: (ids: string[]) => Promise<string[]>,
  now: number,
): Promise<void> {
  const { rows } = await db.query<{ id: string }>(
    'select id from conversations where gone is not null and seen_at < $1',
    [new Date(now - keptMs)],
  );
  if (rows.length === 0) return;
  const ids = rows.map(({ id }) => id);
  const kept = new Set(await chosen(ids));
  await db.query('delete from conversations where id = any($1) and gone is not null', [
    ids.filter((id) => !kept.has(id)),
  ]);
}

const replayMs = 10 * 60_000;

/** Whether this activity is new; Teams delivers some twice, and the token check takes a copy as well. */
export async function isNew(db: Queryable, activity: Activity, now: number): Promise<boolean> {
  if (!activity.id) return true;
  const { rowCount } = await db.query(
    'insert into seen_activities (conversation_id, activity_id, at) values ($1, $2, $3) on conflict do nothing',
    [conversationIdOf(activity), activity.id, new Date(now)],
  );
  // A few of the old ones go with each new one.
  await db.query(
    `delete from seen_activities where ctid in (select ctid from seen_activities where at < $1 limit 20)`,
    [new Date(now - replayMs)],
  );
  return rowCount === 1;
}

/** What people call these conversations, by their ids; whose personal chat it is, is nobody's business. */
export async function namesOf(db: Queryable, ids: string[]): Promise<Map<string, string>> {
  const { rows } = await db.query<Pick<Row, 'id' | 'kind' | 'name'>>(
    'select id, kind, name from conversations where id = any($1)',
    [ids],
  );
  return new Map(rows.map(({ id, kind, name }) => [id, kind === 'personal' ? 'a personal chat' : name]));
}

/** The conversations of a tenant that take alerts, or are among `ids`, and whether the bot was taken away there. */
export async function listAlertPlaces(
  db: Queryable,
  tenantId: string,
  ids: string[],
): Promise<{ conversation: Conversation; gone: boolean }[]> {
  const { rows } = await db.query<Row & { gone: string | null }>(
    'select * from conversations where tenant_id = $1 and (alerts or id = any($2)) order by name',
    [tenantId, ids],
  );
  return rows.map((row) => ({ conversation: fromRow(row), gone: row.gone !== null }));
}
