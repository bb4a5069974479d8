import type { ConversationParameters } from 'botbuilder';
import type { Connector } from '../../ingestion/connector/connector.ts';
import type { Backend } from './backend.ts';
import { type Conversation, findPersonalChat, getConversation, rememberChat } from './conversations.ts';
import type { Sender } from './proactive.ts';
import { inTime } from './questions.ts';
import { listAlertConversations } from './told-places.ts';

type Parts = Sender & Pick<Backend, 'runtime' | 'pool' | 'log'>;

/** The ids of the conversations that are told in the stead of one that can't be: none when not even the owner can be reached. */
export async function findSecondPlaces(parts: Parts, connector: Connector, insteadOf: string): Promise<string[]> {
  const { pool } = parts;
  const { tenantId, settings } = connector;
  const own = await getConversation(pool, settings.conversationId);
  if (own && !own.closed && own.id !== insteadOf) return [own.id];
  const others = (await listAlertConversations(pool, tenantId)).filter(({ id }) => id !== insteadOf);
  if (others.length > 0) return others.map(({ id }) => id);
  const known = await findPersonalChat(pool, tenantId, settings.createdBy.id);
  const chat = known?.id ?? (await openChat(parts, { connector, by: await getConversation(pool, insteadOf) }));
  return chat && chat !== insteadOf ? [chat] : [];
}

const askMs = 10_000;
/** For whom the token is: the SDK knows it of each cloud, and asks for it only by its types. */
const cloudsOwn = undefined as unknown as string;

/**
 * Opens the owner's chat with the bot by the way to a known place; null when Teams does not let it
 * (learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages).
 */
async function openChat(
  { runtime, pool, log, adapter, appId }: Parts,
  { connector, by }: { connector: Connector; by: Conversation | null },
): Promise<string | null> {
  const { tenantId, settings } = connector;
  const { serviceUrl, bot } = by?.reference ?? {};
  if (!by || !serviceUrl) return null;
  const asked = {
    isGroup: false,
    bot,
    members: [{ id: settings.createdBy.id }],
    tenantId,
    channelData: { tenant: { id: tenantId } },
  } as unknown as ConversationParameters;
  let id: string | null = null;
  const made = adapter.createConversationAsync(appId, 'msteams', serviceUrl, cloudsOwn, asked, async ({ activity }) => {
    id = activity.conversation.id;
  });
  try {
    await inTime(runtime, made, askMs);
  } catch (error) {
    // The owner has not got the app, or Teams is away: it is tried again later.
    log.warn({ err: error }, 'the chat with the owner of a connector could not be opened');
  }
  if (id) await rememberChat(pool, { id, like: by, person: settings.createdBy, now: runtime.now() });
  return id;
}
