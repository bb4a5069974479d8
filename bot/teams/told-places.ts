import type { Connector, Problem } from '../../ingestion/connector/connector.ts';
import type { Queryable } from '../../ingestion/store/queryable.ts';
import { takesAlert } from './alert-rules.ts';
import { type Conversation, type ConversationRow, conversationFrom } from './conversations.ts';

/** The conversations of a tenant that take alerts and can be reached. */
export async function listAlertConversations(db: Queryable, tenantId: string): Promise<Conversation[]> {
  const { rows } = await db.query<ConversationRow>(
    'select * from conversations where tenant_id = $1 and alerts and closed is null order by name',
    [tenantId],
  );
  return rows.map(conversationFrom);
}

/** The conversations of a tenant that take alerts, have asked for silence, or are among `ids`, reached or not, by name. */
export async function listPlaces(db: Queryable, tenantId: string, ids: string[]): Promise<Conversation[]> {
  const { rows } = await db.query<ConversationRow>(
    `select * from conversations
      where tenant_id = $1 and (alerts or id = any($2) or quiet is not null or muted is not null) order by name`,
    [tenantId, ids],
  );
  return rows.map(conversationFrom);
}

/** Where such a problem of a connector is told, by their ids: in the conversations that take its alert, all or because it was set to them. */
export async function listAudience(db: Queryable, connector: Connector, problem: Problem): Promise<string[]> {
  const { rows } = await db.query<ConversationRow>(
    'select * from conversations where tenant_id = $1 and (alerts or id = $2)',
    [connector.tenantId, connector.settings.conversationId],
  );
  const places = rows.map(conversationFrom).filter((conversation) => takesAlert(conversation, connector, problem));
  return places.map(({ id }) => id);
}

/** The places of a tenant that can't be reached, by name: alerts that are meant for them are told elsewhere. */
export async function listClosed(db: Queryable, tenantId: string): Promise<Conversation[]> {
  const { rows } = await db.query<ConversationRow>(
    'select * from conversations where tenant_id = $1 and closed is not null order by name',
    [tenantId],
  );
  return rows.map(conversationFrom);
}

/** What people call these conversations, by their ids; whose personal chat it is, is nobody's business. */
export async function namesOf(db: Queryable, ids: string[]): Promise<Map<string, string>> {
  const { rows } = await db.query<Pick<ConversationRow, 'id' | 'kind' | 'name'>>(
    'select id, kind, name from conversations where id = any($1)',
    [ids],
  );
  return new Map(rows.map(({ id, kind, name }) => [id, kind === 'personal' ? 'a personal chat' : name]));
}

/** The conversations of a tenant that take alerts, or are among `ids`, reached or not. */
export async function listAlertPlaces(db: Queryable, tenantId: string, ids: string[]): Promise<Conversation[]> {
  const { rows } = await db.query<ConversationRow>(
    'select * from conversations where tenant_id = $1 and (alerts or id = any($2)) order by name',
    [tenantId, ids],
  );
  return rows.map(conversationFrom);
}
