import { randomBytes, randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Card } from './cards.ts';

/** A person as the roster knows them; `id` is theirs for this bot only. */
export interface User {
  readonly id: string;
  readonly name: string;
  readonly aadObjectId: string;
  readonly email: string;
  readonly role: 'user' | 'guest';
  readonly tenantId: string;
}

/** The one-to-one chat of a person with the bot. */
export interface PersonalChat {
  readonly kind: 'personal';
  readonly id: string;
  readonly user: User;
  installed: boolean;
  blocked: boolean;
}

/** A channel of a team; `id` never carries a thread. */
export interface Channel {
  readonly kind: 'channel';
  readonly id: string;
  name: string;
  readonly team: Team;
  /** It was deleted. */
  closed: boolean;
}

export type Conversation = PersonalChat | Channel;

/** A team; its id is the id of its General channel. */
export interface Team {
  readonly id: string;
  name: string;
  readonly aadGroupId: string;
  readonly channels: Channel[];
  installed: boolean;
  /** It was archived or deleted. */
  closed: boolean;
  addChannel(name: string): Channel;
}

/** A message as it stands now. `replyTo` is the id of the post that began its thread, in channels only. */
export interface Message {
  readonly id: string;
  readonly conversation: Conversation;
  readonly from: User | 'bot';
  readonly replyTo: string | undefined;
  /** Of the bot's: the id of the message that it says it answers. */
  readonly answerTo?: string | undefined;
  readonly createdAt: number;
  text: string;
  /** What a notification shows of it, where the bot says so (`activity.summary`). */
  summary?: string;
  cards: Card[];
  editedAt: number | undefined;
  edits: number;
  deleted: boolean;
  /** What a person's own press turned the card into, for that person only, until the bot edits the message. */
  readonly views: Map<User, Card[]>;
  revision: number;
}

type Content = Pick<Message, 'conversation' | 'from' | 'replyTo' | 'answerTo' | 'text' | 'summary' | 'cards'>;

/** People, places and messages of one tenant; says `change` after each change. */
export class Tenant {
  readonly id: string;
  readonly bot: { readonly id: string; readonly name: string };
  readonly users: User[] = [];
  readonly teams: Team[] = [];
  readonly chats: PersonalChat[] = [];
  readonly messages: Message[] = [];
  readonly events = new EventEmitter().setMaxListeners(0);
  /** Rises with every change; a message carries the revision of its last one. */
  revision = 0;
  /** Conversations in which the bot says it is typing, and until when (simulated). */
  readonly typing = new Map<Conversation, number>();
  readonly #now: () => number;
  #lastId = 0;

  constructor(options: { id: string; appId: string; botName: string; now: () => number }) {
    this.id = options.id;
    this.bot = { id: `28:${options.appId}`, name: options.botName };
    this.#now = options.now;
  }

  addUser(options: { name: string; aadObjectId?: string; role?: User['role']; tenantId?: string }): User {
    const user: User = {
      id: `29:1${randomBytes(32).toString('base64url')}`,
      name: options.name,
      aadObjectId: options.aadObjectId ?? randomUUID(),
      email: `${options.name.toLowerCase().replace(/[^a-z0-9]+/g, '.')}@contoso.example`,
      role: options.role ?? 'user',
      tenantId: options.tenantId ?? this.id,
    };
    this.users.push(user);
    this.changed();
    return user;
  }

  addTeam(name: string): Team {
    const addChannel = (channelName: string): Channel => {
      const id = `19:${randomBytes(16).toString('hex')}@thread.tacv2`;
      const channel: Channel = { kind: 'channel', id, name: channelName, team, closed: false };
      team.channels.push(channel);
      this.changed();
      return channel;
    };
    const id = `19:${randomBytes(16).toString('hex')}@thread.tacv2`;
    const team: Team = {
      id,
      name,
      aadGroupId: randomUUID(),
      channels: [],
      installed: false,
      closed: false,
      addChannel,
    };
    team.channels.push({ kind: 'channel', id, name: 'General', team, closed: false });
    this.teams.push(team);
    this.changed();
    return team;
  }

  personalChat(user: User): PersonalChat {
    const known = this.chats.find((chat) => chat.user === user);
    if (known) return known;
    const id = `a:1${randomBytes(48).toString('base64url')}`;
    const chat: PersonalChat = { kind: 'personal', id, user, installed: false, blocked: false };
    this.chats.push(chat);
    this.changed();
    return chat;
  }

  get conversations(): Conversation[] {
    return [...this.chats, ...this.teams.flatMap((team) => team.channels)];
  }

  /** The conversation of an id as the Bot Connector gets it, with or without `;messageid=`. */
  find(id: string): { conversation: Conversation; thread: string | undefined } | undefined {
    const [plain, thread] = id.split(';messageid=');
    const conversation = this.conversations.find((candidate) => candidate.id === plain);
    return conversation && { conversation, thread };
  }

  message(conversation: Conversation, id: string): Message | undefined {
    return this.messages.find((one) => one.conversation === conversation && one.id === id && !one.deleted);
  }

  post(content: Content): Message {
    const message: Message = {
      ...content,
      id: this.newId(),
      createdAt: this.#now(),
      editedAt: undefined,
      edits: 0,
      deleted: false,
      views: new Map(),
      revision: this.revision + 1,
    };
    this.messages.push(message);
    if (content.from === 'bot') this.typing.delete(content.conversation);
    this.changed();
    return message;
  }

  /** Replaces what everybody sees; what single persons saw instead is gone. */
  edit(message: Message, content: Pick<Message, 'text' | 'summary' | 'cards'>): void {
    Object.assign(message, content);
    message.views.clear();
    message.editedAt = this.#now();
    message.edits += 1;
    this.touch(message);
  }

  remove(message: Message): void {
    message.deleted = true;
    this.touch(message);
  }

  showTo(user: User, message: Message, cards: Card[]): void {
    message.views.set(user, cards);
    this.touch(message);
  }

  setTyping(conversation: Conversation): void {
    this.typing.set(conversation, this.#now() + 5000);
    this.changed();
  }

  touch(message: Message): void {
    message.revision = this.revision + 1;
    this.changed();
  }

  changed(): void {
    this.revision += 1;
    this.events.emit('change');
  }

  /** Teams' message ids are milliseconds; two of the same millisecond are told apart. */
  newId(): string {
    this.#lastId = Math.max(Math.floor(this.#now()), this.#lastId + 1);
    return String(this.#lastId);
  }
}

/** Whether the app is where the bot may write. */
export function isInstalled(conversation: Conversation): boolean {
  if (conversation.kind === 'personal') return conversation.installed;
  return conversation.team.installed && !isClosed(conversation);
}

/** Whether a channel was deleted, or its team was deleted or archived. */
export function isClosed(conversation: Conversation): boolean {
  return conversation.kind === 'channel' && (conversation.closed || conversation.team.closed);
}

/** A name for people: in messages of tests and in the record of violations. */
export function nameOf(conversation: Conversation): string {
  if (conversation.kind === 'personal') return `chat with ${conversation.user.name}`;
  return `${conversation.team.name} / ${conversation.name}`;
}
