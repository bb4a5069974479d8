import type { Card } from '../../cards/kit/template.ts';
import { noticeCard } from '../../cards/messages/notice.ts';
import { suggestionCard } from '../../cards/messages/suggestion.ts';
import { responses } from '../../cards/words/responses.ts';
import { sentences } from '../../cards/words/sentences.ts';
import { auditShutOut } from '../authorization.ts';
import type { Asker } from '../teams/asker.ts';
import type { Backend } from '../teams/backend.ts';
import { getConversation } from '../teams/conversations.ts';
import { parseCommand } from '../teams/message-text.ts';
import type { Membership } from '../teams/roster.ts';
import { about } from './about.ts';
import { ack } from './acknowledge.ts';
import { alerts } from './alerts.ts';
import { audit } from './audit.ts';
import type { Command, CommandCall } from './command.ts';
import { connect } from './connect.ts';
import { connectors } from './connectors.ts';
import { content } from './content.ts';
import { remove } from './delete.ts';
import { digest } from './digest.ts';
import { gallery } from './gallery.ts';
import { help } from './help.ts';
import { manage } from './manage.ts';
import { type Meant, meantBy } from './meant.ts';
import { mute, unmute } from './mute.ts';
import { pause, resume } from './pause.ts';
import { quarantine } from './quarantine.ts';
import { retry } from './retry.ts';
import { status } from './status.ts';
import { verify } from './verify.ts';

const inOrder: readonly Command[] = [
  help(() => inOrder),
  gallery,
  connect,
  connectors,
  status,
  verify,
  retry,
  quarantine,
  content,
  manage,
  pause,
  resume,
  remove,
  ack,
  mute,
  unmute,
  alerts,
  digest,
  audit,
  about,
];

/** The commands by their words, in the order in which help lists them. */
export const commands = new Map(inOrder.map((command) => [command.word, command]));

/** What people open with who don't know the commands yet: greetings, and the beginnings of questions. */
const openings = new Set(['', 'hi', 'hello', 'hey', 'what', 'who', 'how', '?']);

/** What people say that asks for nothing. */
const courtesies = new Set(['thanks', 'thank', 'thx', 'ty', 'cheers', 'ok', 'okay', 'great', 'bye']);

/** The card that answers what somebody has said; `text` is tidied. Throws for a place that is not remembered: a bug. */
export async function answerText(
  backend: Backend,
  asker: Asker,
  { text, membership }: { text: string; membership: Membership },
): Promise<Card> {
  const conversation = await getConversation(backend.pool, asker.conversationId);
  if (!conversation) throw new Error('the conversation of an answer is not known');
  const { word, argument } = parseCommand(text);
  return runCommand(backend, word, { ...asker, membership, conversation, argument });
}

/** Runs what was typed; for an unknown word what may have been meant is offered, never run by itself. */
export async function runCommand(backend: Backend, word: string, call: CommandCall): Promise<Card> {
  if (call.membership === 'unknown')
    return noticeCard({ title: 'Not now', text: sentences.unknownMember, tone: 'warning' });
  if (courtesies.has(word)) return noticeCard(responses.courtesy);
  const meant = meantBy(openings.has(word) ? 'help' : word, [...commands.keys()]);
  const command = meant.kind === 'one' ? commands.get(meant.word) : undefined;
  if (call.membership === 'guest' && command?.word !== 'help') {
    await auditShutOut(backend, call, { called: command?.word ?? '' });
    return noticeCard({ title: 'Members only', text: sentences.guest, tone: 'warning' });
  }
  return command ? command.run(backend, call) : suggestion(word, meant, call);
}

function suggestion(typed: string, meant: Meant, { argument }: CommandCall): Card {
  const near = meant.kind === 'none' && meant.near ? [meant.near] : [];
  return suggestionCard({ typed, meant: meant.kind === 'several' ? meant.words : near, argument });
}
