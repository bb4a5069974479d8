// Microsoft Teams and its Bot Connector, as far as a bot can tell. It enforces what Microsoft documents:
// - deliveries carry an RS256 token whose keys are endorsed for msteams and whose serviceurl claim is the activity's;
// - a bot hears of a channel message only when it is mentioned; thread ids are `19:…@thread.tacv2;messageid=<root>`;
// - installing sends installationUpdate and conversationUpdate, the latter without names;
// - an invoke unanswered after 15 s shows "Unable to reach app" and is delivered once more;
// - dialogs take card attachments only, other answers leave them blank; an Action.Execute answer is seen by its presser alone;
// - the Connector counts sends and roster reads per thread and in all (429), takes 100 KB of UTF-16 (413), writes only
//   where the app is installed (403), edits and deletes only the bot's own messages;
// - cards are parsed and validated by the open-source renderer, version 1.5 or earlier, six actions, no `${…}` left over.
// What Teams would take but show wrongly is kept in `violations`.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Activities, type Activity, type BodyForgery, forged } from './teams/activities.ts';
import { type Card, list, record, textOf } from './teams/cards.ts';
import { operation } from './teams/connector.ts';
import { type CardAnswer, cardAnswerIn, type Dialog, dialogIn } from './teams/dialogs.ts';
import { Faults, type Refusal, refusals } from './teams/faults.ts';
import {
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
import { type TokenForgery, Tokens } from './teams/tokens.ts';

export type Forgery = TokenForgery | BodyForgery;

/** One activity handed to the bot, what the bot answered, and what it wrote into that conversation meanwhile. */
export interface Delivery {
  /** False when Teams does not tell the bot: a channel message without a mention. */
  readonly delivered: boolean;
  /** 0 when nothing was delivered, 504 when the bot took too long, 503 when it could not be reached. */
  readonly status: number;
  readonly body: unknown;
  /** The bot's messages that were written or edited before it answered. */
  readonly answers: Message[];
  readonly activity: Activity | undefined;
  readonly authorization: string | undefined;
}

/** A body that came from the bot: a request to the Connector, or the answer to a delivery. */
export interface Traffic {
  readonly kind: 'request' | 'answer';
  /** For an answer: what the activity was (`message`, `task/submit`, …). */
  readonly name: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly at: number;
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

export type DialogOutcome = Dialog & { readonly message: Message; readonly delivery: Delivery };
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
  /** How long Teams waits for the bot, in real milliseconds. */
  deadlineMs = 15_000;
  readonly #now: () => number;
  readonly #server: Server;
  readonly #origin: string;
  readonly #tokens: Tokens;
  readonly #activities: Activities;
  readonly #stop = new AbortController();
  readonly #refreshed = new Map<Message, Map<User, number>>();
  #bot: string | undefined;

  /** Listens on a free port of 127.0.0.1; `now` is the time that Teams' clocks show. */
  static async open(options: { appId: string; tenantId: string; now: () => number; botName?: string }): Promise<Teams> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Teams(server, { botName: 'Patchbay', ...options });
  }

  private constructor(
    server: Server,
    options: { appId: string; tenantId: string; now: () => number; botName: string },
  ) {
    this.#now = options.now;
    this.#server = server;
    this.#origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.tenant = new Tenant({ ...options, id: options.tenantId });
    this.throttle = new Throttle(options.now);
    this.#tokens = new Tokens(options.appId, this.#origin);
    this.#activities = new Activities(this.tenant, this.url, options.now);
    server.on('request', (request, response) => void this.#serve(request, response));
  }

  /** The serviceUrl of every activity. */
  get url(): string {
    return `${this.#origin}/emea/`;
  }

  /** Where a bot reads the keys that check tokens. */
  get openIdMetadataUrl(): string {
    return `${this.#origin}/openid`;
  }

  /** Says where the bot listens, `http://…/api/messages`. */
  connect(botMessagesUrl: string): void {
    this.#bot = botMessagesUrl;
  }

  async close(): Promise<void> {
    this.#stop.abort();
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
  until<T>(predicate: () => T, { timeoutMs = 5000 } = {}): Promise<Exclude<T, undefined | null | false | 0 | ''>> {
    type Found = Exclude<T, undefined | null | false | 0 | ''>;
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        clearTimeout(timer);
        this.off('change', look);
        finish();
      };
      const look = () => {
        try {
          const found = predicate();
          if (found) settle(() => resolve(found as Found));
        } catch (error) {
          settle(() => reject(error));
        }
      };
      const late = () => reject(new Error(`not within ${timeoutMs} ms: ${predicate}\n${this.describe()}`));
      const timer = setTimeout(() => settle(late), timeoutMs);
      this.on('change', look);
      look();
    });
  }

  /** The last messages of each conversation as text, for people who read a failed test. */
  describe(): string {
    const lines = this.conversations.flatMap((conversation) => {
      const last = this.messages(conversation).slice(-4);
      const texts = last.map(({ from, text, cards }) => {
        const content = [text, ...cards.map((card) => `[${textOf(card)}]`)].filter(Boolean).join(' ');
        return `  ${from === 'bot' ? this.tenant.bot.name : from.name}: ${content.replaceAll('\n', ' | ')}`;
      });
      return last.length > 0 ? [`${nameOf(conversation)}:`, ...texts] : [];
    });
    return [...lines, ...this.violations.map((violation) => `violation: ${violation}`)].join('\n');
  }

  /** Adds the app to a team or a personal chat and tells the bot so; `channel` is the one chosen for a team. */
  async install(
    place: Team | PersonalChat,
    { by, channel }: { by?: User; channel?: Conversation } = {},
  ): Promise<Delivery[]> {
    place.installed = true;
    return this.#installation('add', place, by, channel);
  }

  /** Removes the app; from here on the bot may not write there. */
  async uninstall(place: Team | PersonalChat, { by }: { by?: User } = {}): Promise<Delivery[]> {
    place.installed = false;
    return this.#installation('remove', place, by);
  }

  /** Writes a message; in a channel the bot hears of it only when mentioned. */
  async say(user: User, conversation: Conversation, text: string, options: SayOptions = {}): Promise<Delivery> {
    const mention = `<at>${this.tenant.bot.name}</at>`;
    const whole = options.mention ? `${mention}${options.nbsp ? '&nbsp;' : ' '}${text}` : text;
    if (!isInstalled(conversation) && whole.includes(mention)) throw new Error(`no app in ${nameOf(conversation)}`);
    const replyTo = conversation.kind === 'channel' && options.replyTo ? rootOf(options.replyTo) : undefined;
    const { id } = this.tenant.post({ conversation, from: user, text: whole, cards: [], replyTo });
    if (conversation.kind === 'channel' && !whole.includes(mention)) {
      return {
        delivered: false,
        status: 0,
        body: undefined,
        answers: [],
        activity: undefined,
        authorization: undefined,
      };
    }
    const activity = this.#activities.message(user, conversation, { id, root: replyTo ?? id, text: whole });
    return this.#deliver(activity, conversation, options.forged);
  }

  /** Presses a button whose data ask for a dialog. */
  async fetchDialog(
    user: User,
    conversation: Conversation,
    message: Message,
    data: Card,
    options: { forged?: Forgery } = {},
  ): Promise<DialogOutcome> {
    return this.#dialog('task/fetch', user, conversation, message, data, options.forged);
  }

  /** Sends a dialog's page: `data` is what the page's button carries, its inputs merged in. */
  async submitDialog(
    user: User,
    conversation: Conversation,
    dialog: { message: Message },
    data: Card,
    options: { forged?: Forgery } = {},
  ): Promise<DialogOutcome> {
    return this.#dialog('task/submit', user, conversation, dialog.message, data, options.forged);
  }

  /** Presses an Action.Execute button; a card in the answer replaces the message's card for this person. */
  async execute(
    user: User,
    conversation: Conversation,
    message: Message,
    action: Card,
    options: { trigger?: 'manual' | 'automatic'; forged?: Forgery } = {},
  ): Promise<ExecuteOutcome> {
    const { type = 'Action.Execute', id, verb, data = {} } = action;
    const value = { action: { type, id, verb, data }, trigger: options.trigger ?? 'manual' };
    const at = { root: rootOf(message), replyTo: message.id };
    const activity = this.#activities.invoke('adaptiveCard/action', user, conversation, at, value);
    const delivery = await this.#deliver(activity, conversation, options.forged);
    const answer = cardAnswerIn(delivery.status, delivery.body, (sentence) => this.#violation(sentence));
    if (answer.kind === 'card') this.tenant.showTo(user, message, [answer.card]);
    return { ...answer, delivery };
  }

  /** Presses an Action.Submit button outside a dialog: the bot gets a message that carries `data` as its value. */
  async submitCard(
    user: User,
    conversation: Conversation,
    message: Message,
    data: Card,
    options: { forged?: Forgery } = {},
  ): Promise<Delivery> {
    const at = { id: this.tenant.newId(), root: rootOf(message), replyTo: message.id };
    const activity = this.#activities.submit(user, conversation, at, data);
    return this.#deliver(activity, conversation, options.forged);
  }

  /** Opens a conversation: cards with `refresh` for this person ask the bot for their view, once a minute at most. */
  async look(user: User, conversation: Conversation): Promise<void> {
    for (const message of this.messages(conversation)) {
      const refresh = record(message.cards[0]?.refresh);
      const ids = list(refresh.userIds);
      if (!refresh.action || (ids.length > 0 ? !ids.includes(user.id) : this.tenant.users.length > 60)) continue;
      const times = this.#refreshed.get(message) ?? new Map<User, number>();
      this.#refreshed.set(message, times);
      if ((times.get(user) ?? Number.NEGATIVE_INFINITY) > this.#now() - 60_000) continue;
      times.set(user, this.#now());
      const answer = await this.execute(user, conversation, message, record(refresh.action), { trigger: 'automatic' });
      // A client that was once refused a refresh never asks again.
      if (answer.kind === 'error') times.set(user, Number.POSITIVE_INFINITY);
    }
  }

  /** Delivers the same bytes under the same token again, as an attacker or an impatient Teams does. */
  async replay({ activity, authorization }: Delivery): Promise<Delivery> {
    const conversation = this.tenant.find(String(record(activity?.conversation).id))?.conversation;
    if (!activity || !conversation) throw new Error('nothing was delivered');
    return this.#hand(activity, conversation, authorization);
  }

  async #installation(
    action: 'add' | 'remove',
    place: Team | PersonalChat,
    by?: User,
    channel?: Conversation,
  ): Promise<Delivery[]> {
    const isChat = 'kind' in place;
    const conversation = isChat ? place : (channel ?? place.channels[0]);
    const person = by ?? (isChat ? place.user : this.tenant.users[0]);
    if (!person || !conversation) throw new Error('an app is installed by somebody');
    this.tenant.changed();
    const deliveries: Delivery[] = [];
    for (const activity of this.#activities.installation(action, person, conversation)) {
      deliveries.push(await this.#deliver(activity, conversation));
    }
    return deliveries;
  }

  async #dialog(
    name: string,
    user: User,
    conversation: Conversation,
    message: Message,
    data: Card,
    forgery?: Forgery,
  ): Promise<DialogOutcome> {
    const at = { root: rootOf(message), replyTo: message.id };
    const activity = this.#activities.invoke(name, user, conversation, at, { data, context: { theme: 'default' } });
    const delivery = await this.#deliver(activity, conversation, forgery);
    const dialog = dialogIn(delivery.status, delivery.body, (sentence) => this.#violation(sentence));
    return { ...dialog, message, delivery };
  }

  async #deliver(activity: Activity, conversation: Conversation, forgery?: Forgery): Promise<Delivery> {
    const sent = isOfBody(forgery) ? forged(activity, forgery) : activity;
    const authorization = this.#tokens.authorization(sent.serviceUrl, isOfBody(forgery) ? undefined : forgery);
    const delivery = await this.#hand(sent, conversation, authorization);
    if (delivery.status === 504) void this.#hand(sent, conversation, authorization);
    return delivery;
  }

  async #hand(activity: Activity, conversation: Conversation, authorization: string | undefined): Promise<Delivery> {
    if (!this.#bot) throw new Error('connect(botMessagesUrl) comes first');
    const before = this.tenant.revision;
    const { status, text } = await this.#post(this.#bot, activity, authorization);
    this.#record({ kind: 'answer', name: activity.name ?? activity.type, status, headers: {}, body: text });
    const answers = this.messages(conversation).filter(({ from, revision }) => from === 'bot' && revision > before);
    return { delivered: true, status, body: parsed(text), answers, activity, authorization };
  }

  async #post(url: string, activity: Activity, authorization?: string): Promise<{ status: number; text: string }> {
    const headers = { 'content-type': 'application/json; charset=utf-8', ...(authorization && { authorization }) };
    const timeout = AbortSignal.timeout(this.deadlineMs);
    const signal = AbortSignal.any([timeout, this.#stop.signal]);
    try {
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(activity), signal });
      return { status: response.status, text: await response.text() };
    } catch {
      // The person only sees "Unable to reach app", whatever the reason.
      return { status: timeout.aborted ? 504 : 503, text: '' };
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.#origin);
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return; // the bot hung up
    }
    const document = this.#tokens.document(url.pathname);
    if (document) return answer(response, { status: 200, body: document });
    const text = Buffer.concat(chunks).toString();
    const name = `${request.method} ${decodeURIComponent(url.pathname)}`;
    const done = (status: number) =>
      this.#record({ kind: 'request', name, status, headers: request.headers, body: text });
    const call = {
      method: request.method ?? '',
      path: url.pathname.replace(/^\/emea\//, ''),
      query: url.searchParams,
      body: parsed(text),
    };
    const fault = this.faults.take({ ...call, path: decodeURIComponent(url.pathname) });
    if (fault === 'hang') return done(0);
    if (fault === 'reset') {
      done(0);
      response.socket?.resetAndDestroy();
      return;
    }
    const refusal = typeof fault === 'object' ? fault : this.#connectorAnswer(request, call);
    done(refusal.status);
    if (fault === 'lost-answer') response.socket?.resetAndDestroy();
    else answer(response, refusal);
  }

  #connectorAnswer(request: IncomingMessage, call: Parameters<typeof operation>[1]): Refusal {
    if (!request.headers.authorization) return refusals.unauthorized;
    const connector = {
      tenant: this.tenant,
      serviceUrl: this.url,
      violation: (sentence: string) => this.#violation(sentence),
    };
    const asked = operation(connector, call);
    if (!asked) return { status: 404, body: { error: { code: 'NotFound', message: `${call.method} ${call.path}` } } };
    const wait = this.throttle.take(asked.kind, asked.thread);
    return wait === undefined ? asked.run() : refusals.throttled(this.throttle.saysRetryAfter ? wait : undefined);
  }

  #record(entry: Omit<Traffic, 'at'>): void {
    this.traffic.push({ ...entry, at: this.#now() });
    if (this.traffic.length > keptTraffic) this.traffic.shift();
    this.tenant.events.emit('change');
  }

  #violation(sentence: string): void {
    this.violations.push(sentence);
    this.tenant.events.emit('change');
  }
}

function rootOf(message: Message): string {
  return message.replyTo ?? message.id;
}

function isOfBody(forgery: Forgery | undefined): forgery is BodyForgery {
  const ofBody: string[] = [
    'other tenant',
    'empty channelId',
    'empty serviceUrl',
    'no from',
    'no aadObjectId',
  ] satisfies BodyForgery[];
  return forgery !== undefined && ofBody.includes(forgery);
}

function parsed(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text; // an error page is a body too
  }
}

function answer(response: ServerResponse, { status, headers, body }: Refusal): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(body === undefined ? '' : JSON.stringify(body));
}
