import { TeamsInfo, type TurnContext } from 'botbuilder';
import { raced } from '../../ingestion/runtime/deadline.ts';
import type { Runtime } from '../../ingestion/runtime/runtime.ts';
import { conversationIdOf, type TeamsData } from './conversations.ts';

/** Teams gives a turn ten seconds; a question to it may take three, and is given up then. */
const questionMs = 3_000;

/** What Teams answers; rejects when that takes longer than `ms`, or with what the SDK throws. The question itself goes on. */
export function inTime<T>({ deadline }: Pick<Runtime, 'deadline'>, question: Promise<T>, ms = questionMs): Promise<T> {
  return raced(question, deadline(ms), () => new Error('Teams did not answer in time.'));
}

/** What people call the place: a channel's activities carry ids only, so its team is asked. Empty when it does not say. */
export async function askName(runtime: Pick<Runtime, 'deadline'>, context: TurnContext): Promise<string> {
  const { conversation, from, channelData } = context.activity;
  if (conversation.conversationType === 'personal') return from.name ?? '';
  const { team, channel } = (channelData ?? {}) as TeamsData;
  const channelId = channel?.id ?? conversationIdOf(context.activity);
  if (!team?.id) return '';
  try {
    const asked = Promise.all([
      TeamsInfo.getTeamDetails(context, team.id),
      TeamsInfo.getTeamChannels(context, team.id),
    ]);
    const [details, channels] = await inTime(runtime, asked);
    // The General channel comes without a name, and has its team's id.
    const name = channels.find(({ id }) => id === channelId)?.name ?? (channelId === team.id ? 'General' : '');
    return [details.name ?? team.name, name].filter(Boolean).join(' › ');
  } catch {
    // A place without a name is as good; the next activity asks again.
    return '';
  }
}
