import type { Activity } from 'botbuilder';
import { conversationIdOf, type TeamsData, type Where } from './conversations.ts';

/** What becomes of places, by what Teams tells of them. */
export type Move =
  | { kind: 'closed'; where: Where; why: string }
  | { kind: 'opened'; where: Where }
  | { kind: 'renamed'; where: Where; name: string };

/** Why no message can be sent to a place any more, by what has been done with it. */
const closing = new Map([
  ['channelDeleted', 'the channel was deleted'],
  ['teamDeleted', 'the team was deleted'],
  ['teamHardDeleted', 'the team was deleted'],
  // Nobody can write in an archived team.
  ['teamArchived', 'the team was archived'],
]);
const opening = new Set(['channelRestored', 'teamRestored', 'teamUnarchived']);

/**
 * What an activity tells of its place besides that the bot is there; null when it tells nothing. Events by name:
 * learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/subscribe-to-conversation-events. Teams may tell of a
 * removal in both forms or in one alone.
 */
export function moveIn(activity: Activity): Move | null {
  const { team, channel, eventType = '' } = (activity.channelData ?? {}) as TeamsData & { eventType?: string };
  if (isRemoved(activity)) {
    return {
      kind: 'closed',
      where: { id: conversationIdOf(activity), teamId: team?.id ?? null },
      why: 'the app was removed',
    };
  }
  if (activity.type !== 'conversationUpdate') return null;
  const isOfChannel = eventType.startsWith('channel');
  const where = isOfChannel ? { id: channel?.id ?? null, teamId: null } : { id: null, teamId: team?.id ?? null };
  const why = closing.get(eventType);
  if (why) return { kind: 'closed', where, why };
  if (opening.has(eventType)) return { kind: 'opened', where };
  const name = eventType === 'channelRenamed' ? channel?.name : eventType === 'teamRenamed' ? team?.name : undefined;
  return name ? { kind: 'renamed', where, name } : null;
}

function isRemoved({ action, membersRemoved, recipient }: Activity): boolean {
  return (action?.startsWith('remove') || membersRemoved?.some(({ id }) => id === recipient.id)) ?? false;
}

/** Whether somebody speaks to the bot there, or it was added: its place is remembered then, and not when others come or go. */
export function speaksFrom(activity: Activity): boolean {
  const { type, action, membersAdded, recipient } = activity;
  if (type === 'message' || type === 'invoke') return !isExtension(activity);
  return (action?.startsWith('add') || membersAdded?.some(({ id }) => id === recipient.id)) ?? false;
}

/** Whether it comes from the message extension, which people can use where the bot is not: only its roster tells that it is there. */
export function isExtension({ type, name }: Activity): boolean {
  return type === 'invoke' && (name?.startsWith('composeExtension/') ?? false);
}
