import { type Activity, CardFactory, TeamsInfo, type TurnContext } from 'botbuilder';
import type { TeamsAdapter } from './adapter.ts';
import type { Backend } from './backend.ts';
import { type Turn, withinTurn } from './bot-connector.ts';
import type { Drawing } from './card-drawing.ts';
import { type Conversation, openConversation } from './conversations.ts';
import { inTime } from './questions.ts';
import { type Failure, SendFailure } from './send-failure.ts';

/** The bot's own way into a conversation, when nobody has asked it anything. */
export type Sender = { adapter: TeamsAdapter; appId: string };

/** What it takes to speak. */
export type Speaking = Sender & Pick<Backend, 'runtime' | 'pool'>;

/** What came of it: an answer of Teams, or what is known without a good one. */
export type Outcome<T> = { kind: 'done'; value: T } | { kind: 'failed'; failure: Failure };

/** How long a turn of our own may take, with the token that it may need; what has not left by then does not leave any more. */
const turnMs = 60_000;

/**
 * Does something in the conversation, or in a thread of it. Where the known service URL refuses, one that an activity has named
 * since is tried, and kept if it works. Never throws what Teams or the network do; what the store throws.
 */
export async function speak<T>(
  speaking: Speaking,
  { conversation, thread = null }: { conversation: Conversation; thread?: string | null },
  deed: (context: TurnContext) => Promise<T>,
): Promise<Outcome<T>> {
  const { id, reference, candidateUrl } = conversation;
  const place = { ...reference.conversation, id: thread ? `${id};messageid=${thread}` : id } as never;
  const outcome = await oneTurn(speaking, { ...reference, conversation: place }, deed);
  if (outcome.kind === 'done' || !candidateUrl || !mayBeElsewhere(outcome.failure)) return outcome;
  const other = await oneTurn(speaking, { ...reference, conversation: place, serviceUrl: candidateUrl }, deed);
  if (other.kind === 'failed' && other.failure.outcome === 'refused') return outcome;
  if (other.kind === 'done') await openConversation(speaking.pool, id, candidateUrl);
  return other;
}

/** Another region says no, or nothing; a limit or a conflict is said by the right one. */
function mayBeElsewhere({ outcome, status }: Failure): boolean {
  return outcome === 'refused' && status !== 429 && status !== 412;
}

/** The result is caught inside the turn: with an error handler set, the SDK resolves a proactive turn that failed. */
async function oneTurn<T>(
  { runtime, adapter, appId }: Speaking,
  reference: Conversation['reference'],
  deed: (context: TurnContext) => Promise<T>,
): Promise<Outcome<T>> {
  const turn: Turn = { deadline: runtime.deadline(turnMs), sent: false };
  let outcome: Outcome<T> | null = null;
  const work = withinTurn(turn, () =>
    adapter.continueConversationAsync(appId, reference, async (context) => {
      outcome = await deed(context).then(
        (value) => ({ kind: 'done', value }) as const,
        (error: unknown) => ({ kind: 'failed', failure: failureOf(error, turn) }) as const,
      );
    }),
  );
  try {
    await inTime(runtime, work, turnMs);
    return outcome ?? { kind: 'failed', failure: failureOf(null, turn) };
  } catch (error) {
    return outcome ?? { kind: 'failed', failure: failureOf(error, turn) };
  }
}

/** What is thrown beside our own client, such as by the token's, says nothing of a message that has left already. */
function failureOf(error: unknown, { sent }: Turn): Failure {
  if (error instanceof SendFailure) return error.failure;
  const { statusCode = null, message = '' } = (error ?? {}) as { statusCode?: number; message?: string };
  return {
    outcome: sent ? 'unknown' : 'refused',
    status: statusCode,
    code: message,
    subCode: '',
    text: '',
    retryAfterMs: null,
  };
}

/** The message that a card is sent as. */
export function messageOf({ card, summary }: Drawing): Partial<Activity> {
  return { type: 'message', summary, attachments: [CardFactory.adaptiveCard(card)] };
}

/** The ids that Teams knows the place's people by: the first page of its roster. A harmless question, for it to answer at all. */
export async function askRoster(context: TurnContext): Promise<string[]> {
  const { members } = await TeamsInfo.getPagedMembers(context, 100);
  return members.map(({ id }) => id);
}
