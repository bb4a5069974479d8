/** An answer that is not the simulator's own. */
export interface Refusal {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

/**
 * `reset` cuts the connection unread, `lost-answer` does the work and cuts it then, `hang` never answers; `done` does the work and
 * answers that instead.
 */
export type Misbehaviour = 'reset' | 'lost-answer' | 'hang' | Refusal | { readonly done: Refusal };

/** One call of the bot, as a fault's `when` sees it. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

export interface Fault {
  readonly when?: (call: Call) => boolean;
  /** How many calls it hits; without it, all until `remove`. */
  readonly times?: number;
  readonly do: Misbehaviour;
}

/** Faults in force; the first that fits a call is used up by it. */
export class Faults {
  readonly #active: { fault: Fault; left: number; hits: number }[] = [];

  add(fault: Fault): { readonly hits: number; remove(): void } {
    const entry = { fault, left: fault.times ?? Number.POSITIVE_INFINITY, hits: 0 };
    this.#active.push(entry);
    return {
      get hits() {
        return entry.hits;
      },
      remove: () => {
        entry.left = 0;
      },
    };
  }

  clear(): void {
    this.#active.length = 0;
  }

  take(call: Call): Misbehaviour | undefined {
    const entry = this.#active.find(({ fault, left }) => left > 0 && (fault.when?.(call) ?? true));
    if (!entry) return undefined;
    entry.left -= 1;
    entry.hits += 1;
    return entry.fault.do;
  }
}

const refusal = (status: number, code: string, message: string, headers?: Record<string, string>): Refusal => ({
  status,
  body: { error: { code, message } },
  ...(headers && { headers }),
});

/** Refusals that Teams documents, ready for `faults.add({ do: … })`. */
export const refusals = {
  throttled: (retryAfter?: number): Refusal =>
    refusal(
      429,
      'Throttled',
      'Too many requests.',
      retryAfter === undefined ? undefined : { 'retry-after': `${retryAfter}` },
    ),
  preconditionFailed: refusal(412, 'PreconditionFailed', 'Concurrent operations on the same resource.'),
  unavailable: refusal(503, 'ServiceUnavailable', 'The service is unavailable.'),
  blocked: refusal(403, 'MessageWritesBlocked', 'Message writes are blocked for this conversation.'),
  notInRoster: refusal(403, 'BotNotInConversationRoster', 'The bot is not part of the conversation roster.'),
  conversationNotFound: refusal(404, 'ConversationNotFound', 'Conversation not found.'),
  activityNotFound: refusal(404, 'ActivityNotFoundInConversation', 'The activity was not found in the conversation.'),
  tooBig: refusal(413, 'MessageSizeTooBig', 'The message size is too large.'),
  badSyntax: (message: string): Refusal => refusal(400, 'BadSyntax', message),
  unauthorized: refusal(401, 'Unauthorized', 'Authorization has been denied for this request.'),
};
