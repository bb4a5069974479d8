import type { Card } from '../../cards/kit/template.ts';
import { alertCard, alertSummary } from '../../cards/messages/alert.ts';
import { digestCard, digestSummary } from '../../cards/messages/digest.ts';
import { inStead } from '../../cards/messages/instead.ts';
import { missedCard, missedSummary } from '../../cards/messages/missed.ts';
import { noteCard, noteSummary } from '../../cards/messages/note.ts';
import { progressCard } from '../../cards/messages/progress.ts';
import { replyCard, replySummary } from '../../cards/messages/reply.ts';
import { sentences } from '../../cards/words/sentences.ts';
import { readTold, type Told } from '../../ingestion/connector/alert.ts';
import { getConnector } from '../../ingestion/connector/connectors.ts';
import { isNote } from '../../ingestion/connector/note-subject.ts';
import { type CardKind, listMissed, type OutboxCard } from '../../ingestion/connector/outbox/card.ts';
import { readTrend } from '../../ingestion/connector/trend.ts';
import type { Backend } from './backend.ts';
import { getConversation } from './conversations.ts';
import { readDay } from './day.ts';

/** A card as it looks now, and the one sentence that a notification shows of it. */
export type Drawing = { card: Card; summary: string };

type Parts = Pick<Backend, 'runtime' | 'pool'>;
type Draw = (parts: Parts, outboxCard: OutboxCard) => Promise<Drawing | null>;

const drawProgress: Draw = async ({ runtime, pool }, { connectorId }) => {
  const connector = connectorId && (await getConnector(pool, connectorId));
  if (!connector) return null;
  const heard = await getConversation(pool, connector.settings.conversationId);
  const named = heard?.name ? { conversationName: heard.name } : {};
  const card = progressCard({ connector, ...named, now: runtime.now() });
  return { card, summary: sentences.connectingSummary(connector.name) };
};

const drawAlert: Draw = async ({ runtime, pool }, outboxCard) => {
  const told = await readTold(pool, outboxCard);
  if (!told) return null;
  const now = runtime.now();
  const given = { ...told, ...(await trendOf(pool, told, now)), portal: runtime.cloud.portal, now };
  const card = alertCard(given);
  const unreached = outboxCard.insteadOf && (await getConversation(pool, outboxCard.insteadOf));
  const { name, closed } = unreached || {};
  const shown = unreached ? inStead(card, { name: name ?? '', since: closed?.since ?? null }) : card;
  return { card: shown, summary: alertSummary(given) };
};

/** The course of the last day, where the alert is about how much comes. */
async function trendOf(pool: Parts['pool'], { members: [only, ...others] }: Told, now: number) {
  const tells = only && others.length === 0 && only.incident.problem.evidence.volume;
  return tells ? { trend: await readTrend(pool, only.connector, now) } : {};
}

const drawMissed: Draw = async ({ pool }, { id }) => {
  const told = await Promise.all((await listMissed(pool, id)).map((missed) => readTold(pool, missed)));
  const missed = told.flatMap((one) => (one && !one.goesOn ? [one.members] : []));
  return missed.length > 0 ? { card: missedCard(missed), summary: missedSummary(missed) } : null;
};

const drawReply: Draw = async ({ pool }, outboxCard) => {
  const told = await readTold(pool, outboxCard);
  if (!told || !outboxCard.subject || isNote(outboxCard.subject)) return null;
  const given = { members: told.members, subject: outboxCard.subject };
  return { card: replyCard(given), summary: replySummary(given) };
};

const drawNote: Draw = async ({ pool }, { connectorId, subject }) => {
  const connector = connectorId && (await getConnector(pool, connectorId));
  if (!connector || !subject || !isNote(subject)) return null;
  const noted = { connector, note: subject };
  return { card: noteCard(noted), summary: noteSummary(noted) };
};

/** Of the day before it is sent: one that waits is of a later day. */
const drawDigest: Draw = async ({ runtime, pool }, { conversationId }) => {
  const conversation = await getConversation(pool, conversationId);
  if (!conversation) return null;
  const day = await readDay(pool, conversation.tenantId, runtime.now());
  return { card: digestCard(day), summary: digestSummary(day) };
};

const drawings = new Map<CardKind, Draw>([
  ['progress', drawProgress],
  ['alert', drawAlert],
  ['reply', drawReply],
  ['digest', drawDigest],
  ['note', drawNote],
  ['missed', drawMissed],
]);

/** What a card shows now; null when what it follows is gone. */
export async function drawOutboxCard(parts: Parts, outboxCard: OutboxCard): Promise<Drawing | null> {
  return (await drawings.get(outboxCard.kind)?.(parts, outboxCard)) ?? null;
}
