// Microsoft Teams and its Bot Connector, as far as a bot can tell. Which documented rules it holds, and its switches, are
// listed in teams/README.md.
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { CloudName } from '../../ingestion/runtime/clouds.ts';
import { type Hold, unheeded } from './hold.ts';
import { Activities } from './teams/activities.ts';
import { type Card, list, record } from './teams/cards.ts';
import { Courier, type Delivery, type Forgery, untold } from './teams/courier.ts';
import { type CardAnswer, cardAnswerIn, type Dialog, dialogIn } from './teams/dialogs.ts';
import { Faults } from './teams/faults.ts';
import { homes } from './teams/hosts.ts';
import { listen, serve } from './teams/server.ts';
import {
  type Channel,
  type Conversation,
  isInstalled,
  type Message,
  nameOf,
  type PersonalChat,
  type Team,
  Tenant,
  type User,
} from './teams/tenant.ts';
import { Throttle } from './teams/throttle.ts';
import { Tokens } from './teams/tokens.ts';
import type { Keep, Traffic } from './teams/traffic.ts';
import { describe, type Found, until } from './teams/until.ts';

export interface TeamsOptions {
  appId: string;
  tenantId: string;
  /** The time that Teams' clocks show and its rates are judged by. */
  now: () => number;
  /** By which tokens are dated, where the bot that checks them has another clock. */
  tokenNow?: () => number;
  /** Hears of whoever is kept waiting on purpose. */
  hold?: Hold;
  botName?: string;
  /** The cloud under whose public names it is met; on loopback without. */
  cloud?: CloudName;
}

export interface SayOptions {
  /** Mention the bot first, as the picker of a channel does. */
  mention?: boolean;
  /** A message of the thread to write into. */
  replyTo?: Message;
  /** Teams clients often put `&nbsp;` after a mention. */
  nbsp?: boolean;
  forged?: Forgery;
}

type Forged = { forged?: Forgery };
/** In which of its two forms alone Teams tells of an installation; in both, unless said. */
type Told = 'installationUpdate' | 'conversationUpdate';
export type DialogOutcome = Dialog & { readonly message: Message; readonly delivery: Delivery };
/** A command of the message extension, and from where it was opened. */
export type ExtensionCommand = { commandId: string; commandContext: 'compose' | 'commandBox' };
export type ExtensionOutcome = Dialog & { readonly command: ExtensionCommand; readonly delivery: Delivery };
export type ExecuteOutcome = CardAnswer & { readonly delivery: Delivery };

const keptTraffic = 5000;

/** One tenant of Teams with its Bot Connector on loopback; the methods are what people do. */
export class Teams {
  readonly faults = new Faults();
  readonly throttle: Throttle;
  readonly tenant: Tenant;
  /** What Teams would have shown wrongly, a sentence each; empty in a healthy run. */
  readonly violations: string[] = [];
  /** Bodies received from the bot, oldest first, the last few thousand. */
  readonly traffic: Traffic[] = [];
  readonly #now: () => number;
  readonly #server: Server;
  /** Where the server is. */
  readonly origin: string;
  /** The serviceUrl of every activity. */
  readonly url: string;
  /** Where a bot reads the keys that check tokens. */
  readonly openIdMetadataUrl: string;
  readonly #courier: Courier;
  readonly #activities: Activities;
  readonly #refreshed = new Map<Message, Map<User, number>>();

  static async open(options: TeamsOptions): Promise<Teams> {
    const { server, origin } = await listen();
    return new Teams(server, origin, options);
  }

  private constructor(server: Server, origin: string, options: TeamsOptions) {
    const { appId, tenantId, now, tokenNow = now, hold = unheeded, botName = 'Patchbay', cloud } = options;
    this.#now = now;
    this.#server = server;
    const { issuer } = homes.public;
    const home = cloud ? homes[cloud] : { serviceUrl: `${origin}/emea/`, keysUrl: `${origin}/keys`, issuer };
    this.origin = origin;
    this.tenant = new Tenant({ id: tenantId, appId, botName, now });
    this.throttle = new Throttle(now);
    const keep: Keep = (entry) => {
      this.traffic.push({ ...entry, at: now() });
      if (this.traffic.length > keptTraffic) this.traffic.shift();
      this.tenant.events.emit('change');
    };
    const tokens = new Tokens(appId, home, { strict: cloud !== undefined, now: tokenNow });
    this.url = home.serviceUrl;
    this.openIdMetadataUrl = tokens.openIdMetadataUrl;
    this.#courier = new Courier(this.tenant, tokens, keep);
    this.#activities = new Activities(this.tenant, this.url, now);
    const { faults, throttle, tenant } = this;
    const connector = { tenant, serviceUrl: this.url, violation: this.#violation };
    const behind = { connector, tokens, faults, throttle, keep, hold };
    server.on('request', (request, response) => void serve(behind, request, response));
  }

  /** How long Teams waits for the bot, in real milliseconds. */
  set deadlineMs(value: number) {
    this.#courier.deadlineMs = value;
  }

  /** Says where the bot listens, `http://…/api/messages`. */
  connect(botMessagesUrl: string): void {
    this.#courier.bot = botMessagesUrl;
  }

  async close(): Promise<void> {
    this.#courier.close();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  addUser(options: Parameters<Tenant['addUser']>[0]): User {
    return this.tenant.addUser(options);
  }

  addTeam(name: string): Team {
    return this.tenant.addTeam(name);
  }

  /** The person's chat with the bot; without `install` the bot may not write there. */
  personalChat(user: User): PersonalChat {
    return this.tenant.personalChat(user);
  }

  get conversations(): Conversation[] {
    return this.tenant.conversations;
  }

  /** The messages of a conversation that are not deleted, oldest first. */
  messages(conversation: Conversation): Message[] {
    return this.tenant.messages.filter((message) => message.conversation === conversation && !message.deleted);
  }

  /** The cards of a message as this person sees them. */
  cardsFor(user: User, message: Message): Card[] {
    return message.views.get(user) ?? message.cards;
  }

  /** The requests among `traffic`. */
  get requests(): Traffic[] {
    return this.traffic.filter(({ kind }) => kind === 'request');
  }

  on(event: 'change', listener: () => void): void {
    this.tenant.events.on(event, listener);
  }

  off(event: 'change', listener: () => void): void {
    this.tenant.events.off(event, listener);
  }

  /** Waits until the predicate gives something, asking again after each change; rejects with the last state. */
  until<T>(predicate: () => T, { timeoutMs = 120_000 } = {}): Promise<Found<T>> {
    return until(this.tenant, predicate, timeoutMs);
  }

  /** The last messages of each conversation as text, for people who read a failed test. */
  describe(): string {
    return describe(this.tenant);
  }

  /** Adds the app to a team or a personal chat and tells the bot so; `channel` is the one chosen for a team. */
  async install(
    place: Team | PersonalChat,
    { by, channel, told }: { by?: User; channel?: Conversation; told?: Told } = {},
  ): Promise<Delivery[]> {
    return this.#installation('add', place, { by, channel, told });
  }

  /** Removes the app; from here on the bot may not write there. */
  async uninstall(place: Team | PersonalChat, { by, told }: { by?: User; told?: Told } = {}): Promise<Delivery[]> {
    return this.#installation('remove', place, { by, told });
  }

  /** Renames, deletes, restores or archives a team or a channel, and tells the bot so; without `name` the name stays. */
  async change(eventType: string, place: Team | Channel, by: User, name = place.name): Promise<Delivery> {
    place.name = name;
    if (/Deleted|Archived$/.test(eventType)) place.closed = true;
    if (/Restored|Unarchived$/.test(eventType)) place.closed = false;
    this.tenant.changed();
    const [general] = 'kind' in place ? place.team.channels : place.channels;
    return this.#courier.deliver(this.#activities.event(eventType, by, place), general as Conversation);
  }

  /** Somebody comes into a team in which the app is. */
  async join(user: User, team: Team): Promise<Delivery> {
    return this.#courier.deliver(this.#activities.joining(user, team), team.channels[0] as Conversation);
  }

  /** Writes a message; in a channel the bot hears of it only when mentioned. */
  async say(user: User, conversation: Conversation, text: string, options: SayOptions = {}): Promise<Delivery> {
    const mention = `<at>${this.tenant.bot.name}</at>`;
    const whole = options.mention ? `${mention}${options.nbsp ? '&nbsp;' : ' '}${text}` : text;
    const mentioned = whole.includes(mention);
    if (mentioned && !isInstalled(conversation)) throw new Error(`no app in ${nameOf(conversation)}`);
    const replyTo = conversation.kind === 'channel' && options.replyTo ? rootOf(options.replyTo) : undefined;
    const { id } = this.tenant.post({ conversation, from: user, text: whole, cards: [], replyTo });
    if (!isInstalled(conversation) || (conversation.kind === 'channel' && !mentioned)) return untold;
    const activity = this.#activities.message(user, conversation, { id, root: replyTo ?? id, text: whole });
    return this.#courier.deliver(activity, conversation, options.forged);
  }

  /** Delivers a message of this person with some of its properties changed: authentic, and perhaps as Teams never sends one. */
  async deliver(user: User, conversation: Conversation, changes: Card): Promise<Delivery> {
    const { id } = this.tenant.post({ conversation, from: user, text: '', cards: [], replyTo: undefined });
    const activity = this.#activities.message(user, conversation, { id, root: id, text: 'help' });
    return this.#courier.deliver({ ...activity, ...changes }, conversation);
  }

  /** Presses a button whose data ask for a dialog. */
  async fetchDialog(
    user: User,
    conversation: Conversation,
    message: Message,
    data: Card,
    { forged }: Forged = {},
  ): Promise<DialogOutcome> {
    return this.#dialog('task/fetch', { user, conversation, message, data, forged });
  }

  /** Sends a dialog's page: `data` is what the page's button carries, its inputs merged in (see `press`). */
  async submitDialog(
    user: User,
    conversation: Conversation,
    { message }: { message: Message },
    data: Card,
    { forged }: Forged = {},
  ): Promise<DialogOutcome> {
    return this.#dialog('task/submit', { user, conversation, message, data, forged });
  }

  /** Opens a command of the message extension, from the composer or the command box, also where the app is not. */
  async openExtension(
    user: User,
    conversation: Conversation,
    commandId: string,
    commandContext: 'compose' | 'commandBox' = 'compose',
  ): Promise<ExtensionOutcome> {
    return this.#extension('composeExtension/fetchTask', { user, conversation }, { commandId, commandContext });
  }

  /** Sends a page of the dialog that such a command has opened. */
  async submitExtension(
    user: User,
    conversation: Conversation,
    { command }: { command: ExtensionCommand },
    data: Card,
  ): Promise<ExtensionOutcome> {
    return this.#extension('composeExtension/submitAction', { user, conversation }, { ...command, data });
  }

  async #extension(
    name: string,
    { user, conversation }: { user: User; conversation: Conversation },
    value: ExtensionCommand & { data?: Card },
  ): Promise<ExtensionOutcome> {
    const { data: _, ...command } = value;
    const context = { theme: 'default' };
    const activity = this.#activities.invoke(name, user, conversation, {}, { ...value, context, requestId: '1' });
    const delivery = await this.#courier.deliver(activity, conversation);
    return { ...dialogIn(delivery.status, delivery.body, this.#violation), command, delivery };
  }

  /** Presses an Action.Execute button; a card in the answer replaces the message's card for this person. */
  async execute(
    user: User,
    conversation: Conversation,
    message: Message,
    action: Card,
    options: Forged & { trigger?: 'manual' | 'automatic' } = {},
  ): Promise<ExecuteOutcome> {
    const { type = 'Action.Execute', id, verb, data = {} } = action;
    const value = { action: { type, id, verb, data }, trigger: options.trigger ?? 'manual' };
    const at = { root: rootOf(message), replyTo: message.id };
    const activity = this.#activities.invoke('adaptiveCard/action', user, conversation, at, value);
    const delivery = await this.#courier.deliver(activity, conversation, options.forged);
    const answer = cardAnswerIn(delivery.status, delivery.body, this.#violation);
    if (answer.kind === 'card') this.tenant.showTo(user, message, [answer.card]);
    return { ...answer, delivery };
  }

  /** Presses an Action.Submit button outside a dialog: the bot gets a message that carries `data` as its value. */
  async submitCard(
    user: User,
    conversation: Conversation,
    message: Message,
    data: Card,
    { forged }: Forged = {},
  ): Promise<Delivery> {
    const at = { id: this.tenant.newId(), root: rootOf(message), replyTo: message.id };
    return this.#courier.deliver(this.#activities.submit(user, conversation, at, data), conversation, forged);
  }

  /** Opens a conversation: cards with `refresh` for this person ask the bot for their view, once a minute at most. */
  async look(user: User, conversation: Conversation): Promise<void> {
    for (const message of this.messages(conversation)) {
      const { action, userIds } = record(message.cards[0]?.refresh);
      const listed = Array.isArray(userIds) ? list(userIds).includes(user.id) : this.tenant.users.length <= 60;
      const times = this.#refreshed.get(message) ?? new Map<User, number>();
      if (!action || !listed || (times.get(user) ?? Number.NEGATIVE_INFINITY) > this.#now() - 60_000) continue;
      this.#refreshed.set(message, times.set(user, this.#now()));
      const answer = await this.execute(user, conversation, message, record(action), { trigger: 'automatic' });
      // A client that was once refused a refresh never asks again.
      if (answer.kind === 'error') times.set(user, Number.POSITIVE_INFINITY);
    }
  }

  /** Delivers the same bytes under the same token again, as an attacker or an impatient Teams does. */
  async replay(delivery: Delivery): Promise<Delivery> {
    return this.#courier.again(delivery);
  }

  async #installation(
    action: 'add' | 'remove',
    place: Team | PersonalChat,
    { by, channel, told }: { by: User | undefined; channel?: Conversation | undefined; told: Told | undefined },
  ): Promise<Delivery[]> {
    const isChat = 'kind' in place;
    const conversation = isChat ? place : (channel ?? place.channels[0]);
    const person = by ?? (isChat ? place.user : this.tenant.users[0]);
    if (!person || !conversation) throw new Error('an app is installed by somebody');
    place.installed = action === 'add';
    this.tenant.changed();
    const deliveries: Delivery[] = [];
    for (const activity of this.#activities.installation(action, person, conversation)) {
      if (told && activity.type !== told) continue;
      deliveries.push(await this.#courier.deliver(activity, conversation));
    }
    return deliveries;
  }

  async #dialog(
    name: string,
    asked: { user: User; conversation: Conversation; message: Message; data: Card; forged: Forgery | undefined },
  ): Promise<DialogOutcome> {
    const { user, conversation, message, data, forged } = asked;
    const at = { root: rootOf(message), replyTo: message.id };
    const activity = this.#activities.invoke(name, user, conversation, at, { data, context: { theme: 'default' } });
    const delivery = await this.#courier.deliver(activity, conversation, forged);
    return { ...dialogIn(delivery.status, delivery.body, this.#violation), message, delivery };
  }

  readonly #violation = (sentence: string): void => {
    this.violations.push(sentence);
    this.tenant.events.emit('change');
  };
}

/** The post that a message's thread began with. */
function rootOf(message: Message): string {
  return message.replyTo ?? message.id;
}
