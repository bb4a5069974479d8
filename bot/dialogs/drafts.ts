import { randomUUID } from 'node:crypto';
import type { FieldId } from '../../cards/words/fields.ts';
import { forget, forgetUnused, sweepSecrets } from '../../ingestion/secrets/secrets.ts';
import { isGuid } from '../../ingestion/store/guid.ts';
import type { Queryable } from '../../ingestion/store/queryable.ts';
import type { Asker } from '../teams/asker.ts';

/**
 * What the pages of the connect dialog have asked so far, or what the manage dialog showed when it was opened, as text. The token
 * is not among it: it is kept apart, under `keyId`, and so is the private key of a service app.
 */
export type Answers = Record<Exclude<FieldId, 'key'>, string> & {
  /** The connector that the dialog manages; empty in the connect dialog. */
  manages: string;
  /** What the final submit of the manage dialog has changed. */
  changed: string;
  /** Of the key that was made for a service app, the part to be pasted into Okta, as JSON; empty where there is none. */
  publicKey: string;
  /** With which domain and client id that key was tried at Okta, and is good. */
  tried: string;
};

/** One run of the dialog, kept on the server: the card carries its id only, and the id is good for its own person. */
export type Draft = {
  id: string;
  tenantId: string;
  userId: string;
  conversationId: string;
  answers: Answers;
  keyId: string | null;
  expiresAt: number;
  /** What the final submit made of it; a second submit finds it here. */
  connectorId: string | null;
};

type Row = {
  id: string;
  tenant_id: string;
  user_id: string;
  conversation_id: string;
  answers: Answers;
  key_id: string | null;
  expires_at: number;
  connector_id: string | null;
};

const fromRow = (row: Row): Draft => ({
  id: row.id,
  tenantId: row.tenant_id,
  userId: row.user_id,
  conversationId: row.conversation_id,
  answers: row.answers,
  keyId: row.key_id,
  expiresAt: row.expires_at,
  connectorId: row.connector_id,
});

/** The credential that the dialog has tried at Okta; a key that was made is none before its service app has been tried there. */
export function triedKeyId({ keyId, answers }: Pick<Draft, 'keyId' | 'answers'>): string | null {
  return answers.publicKey && answers.tried !== withApp(answers, answers.client).tried ? null : keyId;
}

/** The answers once the app with this client id has been tried at their domain. */
export function withApp(answers: Answers, client: string): Answers {
  return { ...answers, client, tried: `${answers.domain} ${client}` };
}

/** A person may take this long over one page. */
const lifeMs = 30 * 60_000;

/** For whom and where a dialog was opened, and the connector that it manages: none in the connect dialog. */
export type Opened = { tenantId: string; userId: string; conversationId: string; manages?: string };

/** Whose draft a dialog works on: by the person and place of the call. */
export function ownerOf({ tenantId, person, conversationId }: Asker, manages = ''): Opened {
  return { tenantId, userId: person.id, conversationId, manages };
}

/** Opens a draft with what its fields show at first. */
export async function createDraft(
  db: Queryable,
  of: Opened,
  { texts, now }: { texts: Record<FieldId, string>; now: number },
): Promise<Draft> {
  const { key: _, ...shown } = texts;
  const answers: Answers = { ...shown, manages: of.manages ?? '', changed: '', publicKey: '', tried: '' };
  const { rows } = await db.query<Row>(
    `insert into drafts (id, tenant_id, user_id, conversation_id, answers, expires_at)
     values ($1, $2, $3, $4, $5, $6) returning *`,
    [randomUUID(), of.tenantId, of.userId, of.conversationId, answers, new Date(now + lifeMs)],
  );
  return fromRow(rows[0] as Row);
}

/** What an id that a card carried leads to: a draft that is open or was used up, none any more, or somebody else’s. */
export type Found = { kind: 'open' | 'used'; draft: Draft } | { kind: 'expired' } | { kind: 'foreign' };

/** The draft behind an id that a card carried, for the person and the place that it was opened for; locked in a transaction. */
export async function findDraft(tx: Queryable, { id, of }: { id: unknown; of: Opened }, now: number): Promise<Found> {
  if (typeof id !== 'string' || !isGuid(id)) return { kind: 'expired' };
  const { rows } = await tx.query<Row>('select * from drafts where id = $1 for update', [id]);
  if (!rows[0]) return { kind: 'expired' };
  const draft = fromRow(rows[0]);
  const own =
    draft.userId === of.userId && draft.tenantId === of.tenantId && draft.conversationId === of.conversationId;
  if (!own) return { kind: 'foreign' };
  // A draft of the other dialog, or of another connector: no card of ours carries it.
  if ((draft.answers.manages ?? '') !== (of.manages ?? '')) return { kind: 'expired' };
  if (draft.connectorId) return { kind: 'used', draft };
  return draft.expiresAt > now ? { kind: 'open', draft } : { kind: 'expired' };
}

/** Saves what has been answered, and gives the person time for the next page. */
export async function saveDraft(tx: Queryable, draft: Draft, now: number): Promise<void> {
  await tx.query('update drafts set answers = $2, key_id = $3, expires_at = $4 where id = $1', [
    draft.id,
    draft.answers,
    draft.keyId,
    new Date(now + lifeMs),
  ]);
}

/** How many open dialogs of the person of this draft hold a key that was made for a service app. */
export async function countKeys(db: Queryable, { tenantId, userId }: Draft, now: number): Promise<number> {
  const { rows } = await db.query<{ held: number }>(
    `select count(*)::int as held from drafts where tenant_id = $1 and user_id = $2 and expires_at > $3
        and connector_id is null and key_id is not null and coalesce(answers->>'publicKey', '') <> ''`,
    [tenantId, userId, new Date(now)],
  );
  return rows[0]?.held ?? 0;
}

/** The dialog is over: a second submit finds the connector that it was about, and no token is kept for it any more. */
export async function consumeDraft(tx: Queryable, id: string, connectorId: string): Promise<void> {
  await tx.query('update drafts set connector_id = $2, key_id = null where id = $1', [id, connectorId]);
}

/** Abandoned dialogs go, and the keys that were kept for them; used ones stay a day, for late second submits. */
export async function sweepDrafts(db: Queryable, now: number): Promise<void> {
  const { rows } = await db.query<{ key_id: string | null }>(
    `delete from drafts where expires_at < case when connector_id is null then $1::timestamptz else $2::timestamptz end
      returning key_id`,
    [new Date(now), new Date(now - 86_400_000)],
  );
  await forget(
    db,
    rows.map((row) => row.key_id),
    { now },
  );
  await sweepSecrets(db, { held: await listKeyIds(db), now });
}

/** Forgets a token that was kept for something that then did not happen. */
export async function forgetUnusedKey(db: Queryable, keyId: string, now: number): Promise<void> {
  // A key goes from a draft to a connector, never back: asked in this order, one that is used is not missed.
  if (!(await listKeyIds(db)).includes(keyId)) await forgetUnused(db, keyId, now);
}

async function listKeyIds(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ key_id: string }>('select key_id from drafts where key_id is not null');
  return rows.map((row) => row.key_id);
}
