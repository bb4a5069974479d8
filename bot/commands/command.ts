import type { Card } from '../../cards/kit/template.ts';
import { noticeCard } from '../../cards/messages/notice.ts';
import { sentences } from '../../cards/words/sentences.ts';
import type { Connector } from '../../ingestion/connector/connector.ts';
import { findConnectors } from '../../ingestion/connector/connectors.ts';
import type { Backend } from '../backend.ts';
import type { Asker } from '../teams/asker.ts';
import type { Conversation } from '../teams/conversations.ts';
import type { Membership } from '../teams/roster.ts';

/** What was said, by whom and where; `argument` is what follows the word. */
export type CommandCall = Asker & {
  membership: Membership;
  conversation: Conversation;
  argument: string;
};

/** What can be said to the bot: the word, how help shows it and what it says of it, and the card that answers. */
export type Command = {
  word: string;
  usage: string;
  what: string;
  run(backend: Backend, call: CommandCall): Promise<Card>;
};

/** A command about the one connector that its argument names: the answer is drawn of that, or asks which one is meant. */
export function aboutConnector(
  about: Omit<Command, 'run'>,
  draw: (backend: Backend, connector: Connector, call: CommandCall) => Promise<Card> | Card,
): Command {
  const run = async (backend: Backend, call: CommandCall) => {
    const { tenantId, argument } = call;
    const found = argument ? await findConnectors(backend.pool, tenantId, argument) : [];
    const [connector] = found;
    return connector && found.length === 1 ? draw(backend, connector, call) : whichOne(about.word, argument, found);
  };
  return { ...about, run };
}

function whichOne(word: string, argument: string, found: Connector[]): Card {
  const names = found.slice(0, 10).map(({ name }) => name);
  const text = !argument
    ? sentences.needsName(word)
    : names.length > 0
      ? sentences.which(names)
      : sentences.noSuch(argument);
  return noticeCard({ title: 'Which connector?', text, tone: 'default' });
}
