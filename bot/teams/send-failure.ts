import { ConnectorError } from '../../ingestion/errors.ts';
import { proxyCodes } from '../../ingestion/runtime/proxy.ts';

/** What is known of something that was sent and has no good answer. */
export type Failure = {
  /** `refused`: it does not stand there; `unknown`: it was sent, and may stand there. */
  outcome: 'refused' | 'unknown';
  /** The HTTP status; null without an answer. */
  status: number | null;
  /** Teams' own code, or the network's; empty without. */
  code: string;
  subCode: string;
  /** In the words of what stood in between, such as a proxy; empty without. */
  text: string;
  /** For how long Teams asks to be left alone. */
  retryAfterMs: number | null;
};

/**
 * A send or an edit that Teams did not take, or whose answer was lost. No RestError: the SDK would send it once more by
 * itself, and so make a second message of one whose answer alone was lost.
 */
export class SendFailure extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, cause?: unknown) {
    super(`Teams: ${failure.outcome}, ${failure.status ?? 'no answer'} ${failure.code} ${failure.subCode}`.trim(), {
      cause,
    });
    this.name = 'SendFailure';
    this.failure = failure;
  }
}

// A gateway that gave up waiting says nothing of what stands behind it.
const inDoubt = new Set([408, 502, 504]);

/** The failure that an answer other than 2xx is; `retryAfterMs` as its header asks. */
export function answered(status: number, body: string, retryAfterMs: number | null): SendFailure {
  const outcome = inDoubt.has(status) ? 'unknown' : 'refused';
  return new SendFailure({ outcome, status, ...codesIn(body), text: '', retryAfterMs });
}

const neverSent = new Set<string>([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  ...Object.values(proxyCodes),
]);

/** The failure of a call that came to no answer, by what was thrown. */
export function unanswered(error: unknown): SendFailure {
  const { code = '' } = error as { code?: string };
  const none = { status: null, subCode: '', text: '', retryAfterMs: null };
  // What stands in between, such as a proxy that refuses, lets nothing through.
  if (error instanceof ConnectorError)
    return new SendFailure({ ...none, outcome: 'refused', code: error.reason, text: error.message }, error);
  return new SendFailure({ ...none, outcome: neverSent.has(code) ? 'refused' : 'unknown', code }, error);
}

/** The failure that a 2xx is which Teams would not give: something in between speaks in its stead, and may have let the call through. */
export function misled(status: number): SendFailure {
  const none = { subCode: '', text: '', retryAfterMs: null };
  return new SendFailure({ ...none, outcome: 'unknown', status, code: 'UnexpectedAnswer' });
}

/** The failure of a call that was given up before it was made. */
export function givenUp(): SendFailure {
  const none = { status: null, subCode: '', text: '', retryAfterMs: null };
  return new SendFailure({ ...none, outcome: 'refused', code: 'given up' });
}

/** Read leniently: a subCode comes beside the code, or within a message that is JSON itself. */
function codesIn(body: string): { code: string; subCode: string } {
  const named = (name: string) => new RegExp(`\\\\?"${name}\\\\?"\\s*:\\s*\\\\?"(\\w{1,80})`).exec(body)?.[1] ?? '';
  return { code: named('code') || named('errorCode'), subCode: named('subCode') };
}

// learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages, "Status code responses"
const closing = new Set([
  'ConversationBlockedByUser',
  'BotNotInConversationRoster',
  'BotDisabledByAdmin',
  'MessageWritesBlocked',
]);

/** What Teams says does not exist any more: the place for the bot, or the message. Null for what may pass. */
export function goneBy({ status, code, subCode }: Failure): 'place' | 'message' | null {
  if (status === 403 && (closing.has(code) || closing.has(subCode))) return 'place';
  return status === 404 && code === 'ActivityNotFoundInConversation' ? 'message' : null;
}

/** Teams does not know the place: so it says of one that is deleted, and now and then of any (msteams-docs 9425). */
export function isMissing({ status, code }: Failure): boolean {
  return status === 404 && code === 'ConversationNotFound';
}
