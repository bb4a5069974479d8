import { randomUUID } from 'node:crypto';
import { type Card, record } from './cards.ts';
import type { Channel, Conversation, Team, Tenant, User } from './tenant.ts';

/** An activity as Teams posts it to a bot. */
export interface Activity {
  id: string;
  type: string;
  name?: string;
  channelId: string;
  serviceUrl: string;
  [property: string]: unknown;
}

/** What is wrong on purpose with an activity under a good token. */
export type BodyForgery = 'other tenant' | 'empty channelId' | 'empty serviceUrl' | 'no from' | 'no aadObjectId';

/** Writes activities in Teams' shape for one tenant and one service address. */
export class Activities {
  readonly #tenant: Tenant;
  readonly #serviceUrl: string;
  readonly #now: () => number;

  constructor(tenant: Tenant, serviceUrl: string, now: () => number) {
    this.#tenant = tenant;
    this.#serviceUrl = serviceUrl;
    this.#now = now;
  }

  /** A message as typed; `root` is the id of the thread's first post, in channels. */
  message(from: User, conversation: Conversation, message: { id: string; root: string; text: string }): Activity {
    const { bot } = this.#tenant;
    const mention = `<at>${bot.name}</at>`;
    const mentioned = { type: 'mention', mentioned: { id: bot.id, name: bot.name }, text: mention };
    const mentions = message.text
      .split(mention)
      .slice(1)
      .map(() => mentioned);
    return {
      ...this.#base('message', from, conversation, message.root),
      id: message.id,
      text: message.text,
      textFormat: 'plain',
      attachments: [{ contentType: 'text/html', content: `<p>${message.text}</p>` }],
      entities: [
        ...mentions,
        { type: 'clientInfo', locale: 'en-US', country: 'US', platform: 'Web', timezone: 'Etc/UTC' },
      ],
      ...(message.root !== message.id && { replyToId: message.root }),
    };
  }

  /** Action.Submit outside a dialog: a message without text that carries the inputs as `value`. */
  submit(
    from: User,
    conversation: Conversation,
    at: { id: string; root: string; replyTo: string },
    value: Card,
  ): Activity {
    return { ...this.#base('message', from, conversation, at.root), id: at.id, replyToId: at.replyTo, value };
  }

  invoke(
    name: string,
    from: User,
    conversation: Conversation,
    /** The message that was pressed; nothing for a message extension. */
    at: { root?: string; replyTo?: string },
    value: Card,
  ): Activity {
    const base = this.#base('invoke', from, conversation, at.root);
    return { ...base, id: `f:${randomUUID()}`, name, ...(at.replyTo && { replyToId: at.replyTo }), value };
  }

  /** What an install or uninstall makes Teams send: two activities, without the names of those added. */
  installation(action: 'add' | 'remove', by: User, conversation: Conversation): Activity[] {
    const base = this.#base('installationUpdate', by, conversation);
    const member = { id: this.#tenant.bot.id };
    const members = action === 'add' ? { membersAdded: [member] } : { membersRemoved: [member] };
    const team = conversation.kind === 'channel' ? conversation.team : undefined;
    const eventType = action === 'add' ? 'teamMemberAdded' : 'teamMemberRemoved';
    const channelData = { ...record(base.channelData), ...(team && { eventType }) };
    return [
      { ...base, id: `f:${randomUUID()}`, action },
      { ...base, type: 'conversationUpdate', id: `f:${randomUUID()}`, ...members, channelData },
    ];
  }

  /** What Teams tells of a team or one of its channels, in the General channel: names alone of what is new. */
  event(eventType: string, by: User, place: Team | Channel): Activity {
    const channel = 'kind' in place ? place : undefined;
    const team = 'kind' in place ? place.team : place;
    const [general] = team.channels;
    const base = this.#base('conversationUpdate', by, general as Conversation);
    const channelData = {
      eventType,
      team: { id: team.id, ...(!channel && { name: team.name, aadGroupId: team.aadGroupId }) },
      ...(channel && { channel: { id: channel.id, name: channel.name } }),
      tenant: { id: this.#tenant.id },
    };
    return { ...base, id: `f:${randomUUID()}`, channelData };
  }

  /** Somebody has come into a team. */
  joining(user: User, team: Team): Activity {
    const { id, aadObjectId } = user;
    return { ...this.event('teamMemberAdded', user, team), membersAdded: [{ id, aadObjectId }] };
  }

  #base(type: string, from: User, conversation: Conversation, root?: string): Activity {
    const at = new Date(this.#now()).toISOString();
    const tenantId = this.#tenant.id;
    const place =
      conversation.kind === 'channel'
        ? inChannel(conversation, root)
        : { conversation: { id: conversation.id, conversationType: 'personal' }, channelData: {} };
    return {
      id: '',
      type,
      timestamp: at,
      localTimestamp: at,
      locale: 'en-US',
      localTimezone: 'Etc/UTC',
      channelId: 'msteams',
      serviceUrl: this.#serviceUrl,
      from: { id: from.id, name: from.name, aadObjectId: from.aadObjectId },
      recipient: { id: this.#tenant.bot.id, name: this.#tenant.bot.name },
      conversation: { ...place.conversation, tenantId },
      channelData: { ...place.channelData, tenant: { id: tenantId } },
    };
  }
}

function inChannel(channel: Channel, root: string | undefined): { conversation: Card; channelData: Card } {
  const team: Pick<Team, 'id' | 'name' | 'aadGroupId'> = channel.team;
  const id = root === undefined ? channel.id : `${channel.id};messageid=${root}`;
  return {
    conversation: { id, conversationType: 'channel', isGroup: true },
    channelData: {
      teamsChannelId: channel.id,
      teamsTeamId: team.id,
      channel: { id: channel.id },
      team: { id: team.id, name: team.name, aadGroupId: team.aadGroupId },
    },
  };
}

/** The same activity with one thing wrong. */
export function forged(activity: Activity, forgery: BodyForgery): Activity {
  const forThreads = randomUUID();
  const from = record(activity.from);
  const changes: Record<BodyForgery, Card> = {
    'other tenant': {
      conversation: { ...record(activity.conversation), tenantId: forThreads },
      channelData: { ...record(activity.channelData), tenant: { id: forThreads } },
    },
    'empty channelId': { channelId: '' },
    'empty serviceUrl': { serviceUrl: '' },
    'no from': { from: undefined },
    'no aadObjectId': { from: { id: from.id, name: from.name } },
  };
  return { ...activity, ...changes[forgery] };
}
