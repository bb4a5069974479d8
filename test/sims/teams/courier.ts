import { type Activity, type BodyForgery, forged } from './activities.ts';
import { record } from './cards.ts';
import type { Conversation, Message, Tenant } from './tenant.ts';
import type { TokenForgery, Tokens } from './tokens.ts';
import { type Keep, parsed } from './traffic.ts';

export type Forgery = TokenForgery | BodyForgery;

/** One activity handed to the bot, what the bot answered, and what it wrote into that conversation meanwhile. */
export interface Delivery {
  /** False when Teams does not tell the bot: a channel message without a mention. */
  readonly delivered: boolean;
  /** 0 when nothing was delivered, 504 when the bot took too long, 503 when it could not be reached. */
  readonly status: number;
  readonly body: unknown;
  /** The bot's messages that were written or edited before it answered; to a message, those that say they answer it, if any does. */
  readonly answers: Message[];
  readonly activity: Activity | undefined;
  readonly authorization: string | undefined;
}

/** What comes of a message that the bot is not told of. */
export const untold: Delivery = {
  delivered: false,
  status: 0,
  body: undefined,
  answers: [],
  activity: undefined,
  authorization: undefined,
};

/** Carries activities to the bot under a signed token, and once more when the bot takes too long. */
export class Courier {
  bot: string | undefined;
  /** Far more than a bot takes on a machine that is busy with other things. */
  deadlineMs = 120_000;
  readonly #tenant: Tenant;
  readonly #tokens: Tokens;
  readonly #keep: Keep;
  readonly #stop = new AbortController();

  constructor(tenant: Tenant, tokens: Tokens, keep: Keep) {
    this.#tenant = tenant;
    this.#tokens = tokens;
    this.#keep = keep;
  }

  close(): void {
    this.#stop.abort();
  }

  async deliver(activity: Activity, conversation: Conversation, forgery?: Forgery): Promise<Delivery> {
    const sent = isOfBody(forgery) ? forged(activity, forgery) : activity;
    const authorization = this.#tokens.authorization(sent.serviceUrl, isOfBody(forgery) ? undefined : forgery);
    const delivery = await this.#hand(sent, conversation, authorization);
    // Teams does not wait for the outcome of its second try.
    if (delivery.status === 504) void this.#hand(sent, conversation, authorization);
    return delivery;
  }

  /** The same bytes under the same token. */
  async again({ activity, authorization }: Delivery): Promise<Delivery> {
    const conversation = this.#tenant.find(String(record(activity?.conversation).id))?.conversation;
    if (!activity || !conversation) throw new Error('nothing was delivered');
    return this.#hand(activity, conversation, authorization);
  }

  async #hand(activity: Activity, conversation: Conversation, authorization: string | undefined): Promise<Delivery> {
    if (!this.bot) throw new Error('connect(botMessagesUrl) comes first');
    const before = this.#tenant.revision;
    const { status, text } = await this.#post(this.bot, activity, authorization);
    this.#keep({ kind: 'answer', name: activity.name ?? activity.type, status, headers: {}, body: text });
    const said = this.#tenant.messages.filter(
      (message) => message.conversation === conversation && message.from === 'bot' && message.revision > before,
    );
    // What the bot says meanwhile of its own accord answers nobody.
    const meant = said.filter(({ answerTo }) => answerTo === activity.id);
    const answers = activity.type === 'message' && meant.length > 0 ? meant : said;
    return { delivered: true, status, body: parsed(text), answers, activity, authorization };
  }

  async #post(url: string, activity: Activity, authorization?: string): Promise<{ status: number; text: string }> {
    // A connection each: the bot may close a kept one, after five seconds, just as the next activity goes into it.
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      connection: 'close',
      ...(authorization && { authorization }),
    };
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
}

const ofBody = new Set<string>([
  'other tenant',
  'empty channelId',
  'empty serviceUrl',
  'no from',
  'no aadObjectId',
] satisfies BodyForgery[]);

function isOfBody(forgery: Forgery | undefined): forgery is BodyForgery {
  return forgery !== undefined && ofBody.has(forgery);
}
