import { isInstalled, type Message, type User } from '../sims/teams/tenant.ts';
import type { Teams } from '../sims/teams.ts';
import type { Push, WireConversation, WireGroup, WireMessage, WireSection } from './client/wire.ts';
import type { Group, Panel, Section } from './control.ts';

/** What one person sees in Teams and in the panel; of the messages only those changed after the revision `seen`. */
export function viewOf(
  { teams, panel, note }: { teams: Teams; panel: Panel; note(user: User): string },
  user: User,
  seen: number,
): Push {
  const { tenant } = teams;
  const { now, speed } = panel.clock();
  const conversations = teams.conversations.filter((one) => one.kind === 'channel' || one.user === user);
  const messages = tenant.messages.filter((one) => one.revision > seen && conversations.includes(one.conversation));
  return {
    bot: tenant.bot,
    user: user.id,
    users: tenant.users.map((one) => ({ id: one.id, name: one.name, note: note(one) })),
    conversations: conversations.map((one): WireConversation => {
      const where =
        one.kind === 'personal' ? { name: tenant.bot.name, team: '' } : { name: one.name, team: one.team.name };
      const typing = (tenant.typing.get(one) ?? 0) > now;
      return { id: one.id, kind: one.kind, ...where, installed: isInstalled(one), typing };
    }),
    messages: messages.map((message) => wire(teams, message, user)),
    panel: { now, speed, sections: panel.sections().map(wireSection) },
  };
}

function wireSection(section: Section): WireSection {
  const wireGroup = (group: Group): WireGroup => ({ ...group, facts: group.facts ?? [] });
  return { ...section, ...wireGroup(section), groups: (section.groups ?? []).map(wireGroup) };
}

function wire(teams: Teams, message: Message, user: User): WireMessage {
  const { id, name } = message.from === 'bot' ? teams.tenant.bot : message.from;
  return {
    id: message.id,
    conversation: message.conversation.id,
    from: { id, name, bot: message.from === 'bot' },
    ...(message.replyTo && { replyTo: message.replyTo }),
    at: message.createdAt,
    edited: message.edits > 0,
    deleted: message.deleted,
    text: message.text,
    summary: message.summary ?? '',
    cards: teams.cardsFor(user, message),
  };
}
