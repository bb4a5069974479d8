import { randomInt } from 'node:crypto';
import { type Activity, CardFactory, type TurnContext } from 'botbuilder';
import type pg from 'pg';
import type { Logger } from 'pino';
import type { Card } from '../../cards/kit/template.ts';
import { incidentCard, incidentSummary } from '../../cards/messages/incident.ts';
import { progressCard } from '../../cards/messages/progress.ts';
import { audit, bot } from '../../ingestion/connector/audit.ts';
import { getConnector } from '../../ingestion/connector/connectors.ts';
import { getIncident } from '../../ingestion/connector/incidents.ts';
import { abandonPost, getPost, markShown, type Post, postponePost } from '../../ingestion/connector/outbox.ts';
import { ConnectorError } from '../../ingestion/errors.ts';
import type { World } from '../../ingestion/runtime/world.ts';
import type { TeamsAdapter } from './adapter.ts';
import { type Conversation, getConversation, inTime, leaveConversation } from './conversations.ts';

export type AlertParts = { world: World; pool: pg.Pool; log: Logger; adapter: TeamsAdapter; appId: string };

type Face = { card: Card; summary: string };

/** What a post shows now; null when what it follows is gone. */
export async function faceOf({ world, pool }: Pick<AlertParts, 'world' | 'pool'>, post: Post): Promise<Face | null> {
  const connector = await getConnector(pool, post.connectorId);
  if (!connector) return null;
  const now = world.now();
  if (!post.incidentId) {
    const heard = await getConversation(pool, connector.settings.conversationId);
    const card = progressCard({ connector, ...(heard?.name ? { conversationName: heard.name } : {}), now });
    return { card, summary: `Connecting ${connector.name}` };
  }
  const incident = await getIncident(pool, post.incidentId);
  if (!incident) return null;
  const given = { connector, incident, now };
  return { card: incidentCard(given), summary: incidentSummary(given) };
}

/** Brings one post up to date in Teams: sends it, or edits what was sent. A refused one comes again, later and later. */
export async function deliver(parts: AlertParts, postId: string): Promise<void> {
  const { pool, world, log } = parts;
  const post = await getPost(pool, postId);
  if (!post) return;
  const conversation = await getConversation(pool, post.conversationId);
  const face = await faceOf(parts, post);
  if (!conversation || !face) return abandonPost(pool, post, conversation ? 'nothing to show' : 'conversation gone');

  const outcome = await send(parts, conversation, post, face);
  if (outcome.kind === 'shown') return markShown(pool, post, outcome.activityId);
  log.warn({ post: post.id, status: outcome.status, code: outcome.code }, 'Teams did not take a card');
  if (outcome.kind === 'gone') {
    await abandonPost(pool, post, `refused with ${outcome.status}`);
    await leaveConversation(pool, conversation.id, `refused with ${outcome.status}`);
    const { tenantId, name, id } = conversation;
    const result = `undeliverable: ${outcome.status} ${outcome.code}`;
    return audit(
      pool,
      { tenantId, actor: bot, action: 'deliver', target: name, result, conversationId: id },
      world.now(),
    );
  }
  await postponePost(pool, post, world.now() + backoffMs(post.attempts));
}

/** The SDK tries a few times itself, and has no limit of its own. */
const sendMs = 60_000;

type Outcome =
  | { kind: 'shown'; activityId: string }
  | { kind: 'gone' | 'refused'; status: number | null; code: string };

/** The result is caught inside the turn: with an error handler set, the SDK resolves a proactive turn that failed. */
async function send(parts: AlertParts, conversation: Conversation, post: Post, face: Face): Promise<Outcome> {
  let outcome: Outcome = { kind: 'refused', status: null, code: 'no turn' };
  const activity: Partial<Activity> = {
    type: 'message',
    summary: face.summary,
    attachments: [CardFactory.adaptiveCard(face.card)],
  };
  const turn = parts.adapter.continueConversationAsync(parts.appId, conversation.reference, async (context) => {
    outcome = await put(context, activity, post.activityId);
  });
  try {
    await inTime(turn, sendMs);
  } catch {
    // It may stand there all the same; the next try finds out by sending it again.
    outcome = { kind: 'refused', status: null, code: 'no answer' };
  }
  return outcome;
}

async function put(context: TurnContext, activity: Partial<Activity>, activityId: string | null): Promise<Outcome> {
  try {
    if (activityId) {
      await context.updateActivity({ ...activity, id: activityId });
      return { kind: 'shown', activityId };
    }
    const response = await context.sendActivity(activity);
    return { kind: 'shown', activityId: response?.id ?? '' };
  } catch (error) {
    // What stands in between, such as a proxy that refuses, says nothing of the conversation.
    if (error instanceof ConnectorError) return { kind: 'refused', status: null, code: error.message };
    const { statusCode = null, code = '' } = error as { statusCode?: number; code?: string };
    // Somebody deleted the message: it is sent anew.
    if (activityId && statusCode === 404) return put(context, activity, null);
    return { kind: statusCode === 403 || statusCode === 404 ? 'gone' : 'refused', status: statusCode, code };
  }
}

/** Two seconds, doubling to five minutes, with jitter. The SDK has tried a few times itself before. */
function backoffMs(attempts: number): number {
  return Math.min(2_000 * 2 ** attempts, 300_000) * (0.75 + randomInt(500) / 1000);
}
