import type pg from 'pg';
import {
  clientSentence,
  domainSentence,
  type FieldId,
  fieldWords,
  nameLimit,
  nameSentence,
  type Texts,
  tokenSentence,
} from '../../cards/words/fields.ts';
import { sentences } from '../../cards/words/sentences.ts';
import { type Connector, isLake } from '../../ingestion/connector/connector.ts';
import { isNameTaken } from '../../ingestion/connector/directory.ts';
import { readClient, readDomain, readToken } from '../../ingestion/okta/typed-input.ts';
import type { DialogCall } from '../teams/dialog.ts';
import { conversationsFor } from './choices.ts';

/** What a field is read by, besides its own text. */
export type FieldContext = {
  pool: pg.Pool;
  call: DialogCall;
  /** The connector that is managed; null while one is being connected. */
  connector: Connector | null;
  /** There is a token already, which an empty field keeps. */
  hasToken: boolean;
  texts: Partial<Texts>;
};

/** What was meant, and what was done to what was typed; or the sentence under the field. */
export type Parsed<Value> = { value: Value; note?: string } | { fault: string };

/** Whether the table is, or is to be, in the lake tier. */
export function inLake({ connector, texts }: FieldContext): boolean {
  return connector ? isLake(connector) : texts.tier === 'Auxiliary';
}

/** The whole number that a text is; null where it is none. */
export function whole(text: string): number | null {
  return /^\d+$/.test(text) ? Number(text) : null;
}

/** A whole number from the first to the second. */
export function bounded(id: FieldId, text: string, [least, most]: [number, number]): Parsed<number> {
  const value = whole(text);
  return value !== null && value >= least && value <= most ? { value } : { fault: fieldWords[id].fault };
}

/** The name as no other connector of the tenant has it; the one that is managed may keep its own. */
export async function parseName(name: string, { pool, call, connector }: FieldContext): Promise<Parsed<string>> {
  if (name === '') return { fault: nameSentence('empty') };
  if (name.length > nameLimit) return { fault: nameSentence('too-long') };
  const taken = await isNameTaken(pool, call.tenantId, { name, except: connector?.id ?? null });
  return taken ? { fault: nameSentence('taken', name) } : { value: name };
}

/** A bare host, with a note where something stood around it. */
export function parseDomain(text: string): Parsed<string> {
  const domain = readDomain(text);
  if (domain.kind === 'refused') return { fault: domainSentence(domain.why, domain.suggestion) };
  return { value: domain.value, ...(domain.stripped && { note: sentences.strippedDomain(domain.value) }) };
}

/** The client id of a service app. */
export function parseClient(text: string): Parsed<string> {
  const client = readClient(text);
  return client.kind === 'ok' ? { value: client.value } : { fault: clientSentence(client.why) };
}

/** Null keeps the token that there is, or none where a service app is to read. */
export function parseToken(text: string, { hasToken, texts }: FieldContext): Parsed<string | null> {
  if ((text === '' && hasToken) || texts.credential === 'app') return { value: null };
  const token = readToken(text);
  if (token.kind === 'refused') return { fault: tokenSentence(token.why) };
  return { value: token.value, ...(token.stripped && { note: sentences.strippedKey }) };
}

/** A conversation that is offered to whoever asks. */
export async function parseConversation(id: string, { pool, call }: FieldContext): Promise<Parsed<string>> {
  const offered = await conversationsFor(pool, call);
  return offered.some((conversation) => conversation.id === id)
    ? { value: id }
    : { fault: fieldWords.conversation.fault };
}
