import type { Card } from '../../cards/kit/template.ts';
import { noticeCard } from '../../cards/messages/notice.ts';
import { sentences } from '../../cards/words/sentences.ts';
import type { Backend } from '../backend.ts';
import { didYouMean } from '../teams/message-text.ts';
import { about } from './about.ts';
import { alerts } from './alerts.ts';
import { audit } from './audit.ts';
import type { Command, CommandCall } from './command.ts';
import { connect } from './connect.ts';
import { connectors } from './connectors.ts';
import { content } from './content.ts';
import { remove } from './delete.ts';
import { gallery } from './gallery.ts';
import { help } from './help.ts';
import { manage } from './manage.ts';
import { pause, resume } from './pause.ts';
import { quarantine } from './quarantine.ts';
import { retry } from './retry.ts';
import { status } from './status.ts';

const inOrder: readonly Command[] = [
  help(() => inOrder),
  gallery,
  connect,
  connectors,
  status,
  retry,
  quarantine,
  content,
  manage,
  pause,
  resume,
  remove,
  alerts,
  audit,
  about,
];

/** The commands by their words, in the order in which help lists them. */
export const commands = new Map(inOrder.map((command) => [command.word, command]));

const greetings = new Set(['', 'hi', 'hello', 'hey']);

/** Runs what was typed; an unknown word gets the nearest command as a suggestion, never run by itself. */
export async function runCommand(backend: Backend, word: string, call: CommandCall): Promise<Card> {
  const command = commands.get(greetings.has(word) ? 'help' : word);
  if (call.membership === 'unknown')
    return noticeCard({ title: 'Not now', text: sentences.unknownMember, tone: 'warning' });
  if (!command) return suggestion(word);
  if (call.membership === 'guest' && command.word !== 'help') {
    return noticeCard({ title: 'Members only', text: sentences.guest, tone: 'warning' });
  }
  return command.run(backend, call);
}

function suggestion(word: string): Card {
  const meant = didYouMean(word, [...commands.keys()]);
  const text = meant
    ? `Did you mean ${meant}? Say "${meant}", or "help" for all I can do.`
    : 'Say "help" for all I can do.';
  return noticeCard({
    title: word.length > 20 ? "I don't know that command" : `I don't know "${word}"`,
    text,
    tone: 'default',
  });
}
