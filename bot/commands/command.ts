import type { Card } from '../../cards/kit/template.ts';
import { choiceCard } from '../../cards/messages/choice.ts';
import { noticeCard } from '../../cards/messages/notice.ts';
import type { Connector } from '../../ingestion/connector/connector.ts';
import {
  countConnectors,
  findByDomain,
  findConnectors,
  listNeighbours,
  listWorst,
  type Named,
} from '../../ingestion/connector/directory.ts';
import { readDomain } from '../../ingestion/okta/typed-input.ts';
import type { Asker } from '../teams/asker.ts';
import type { Backend } from '../teams/backend.ts';
import type { Conversation } from '../teams/conversations.ts';
import { nearest, unquoted, withoutEnding } from '../teams/message-text.ts';
import type { Membership } from '../teams/roster.ts';
import type { Pressed } from './button.ts';
import type { RightsSummary } from './rights-summary.ts';

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
  /** What it takes on a workspace besides being a member; help leaves it out for whoever may do that on none. */
  takes?: keyof RightsSummary;
  run(backend: Backend, call: CommandCall): Promise<Card>;
  /** The answer about one connector, where it takes one. */
  about?: Draw;
};

/** Draws the answer about a connector, for whoever asks; a sentence instead says why they may not have it. */
type Draw = (backend: Backend, connector: Connector, asker: Asker) => Promise<Pressed> | Pressed;

/** A command about the one connector that its argument names: the answer is drawn of that, or asks which one is meant. */
export function aboutConnector(given: Omit<Command, 'run' | 'about'>, about: Draw): Command {
  const run = async (backend: Backend, call: CommandCall) => {
    const meant = await connectorMeant(backend, call.tenantId, { word: given.word, text: call.argument });
    if ('question' in meant) return meant.question;
    const answer = await about(backend, meant.connector, call);
    return typeof answer === 'string' ? refused(given, call, answer) : answer;
  };
  return { ...given, about, run };
}

function refused({ takes }: Pick<Command, 'takes'>, { person }: Asker, why: string): Card {
  const title = takes === 'change' ? 'Nothing was changed' : `Not possible, ${person.name}`;
  return noticeCard({ title, text: why, tone: 'warning' });
}

/** So many are offered to choose from. */
const offered = 5;

/** Those that are called so; else with the punctuation behind it taken for the end of a sentence; else those of that org. */
async function findCalled(pool: Backend['pool'], tenantId: string, text: string): Promise<Connector[]> {
  const most = offered + 1;
  for (const name of new Set([text, unquoted(withoutEnding(text))])) {
    const found = name === '' ? [] : await findConnectors(pool, tenantId, { text: name, most });
    if (found.length > 0) return found;
  }
  const domain = readDomain(text);
  return domain.kind === 'ok' ? findByDomain(pool, tenantId, { domain: domain.value, most }) : [];
}

/**
 * The connector that is meant by `text`: its name, an unambiguous beginning of it, or its Okta domain; without a text the only one that there is. Else the
 * question which one, whose buttons run the command `word` for theirs.
 */
export async function connectorMeant(
  { pool }: Pick<Backend, 'pool'>,
  tenantId: string,
  { word, text }: { word: string; text: string },
): Promise<{ connector: Connector } | { question: Card }> {
  const found = text
    ? await findCalled(pool, tenantId, text)
    : await listWorst(pool, { tenantId, filter: '' }, { offset: 0, most: offered + 1 });
  const [connector] = found;
  if (connector && found.length === 1) return { connector };
  const choices = found.length > 0 ? found : await namesInstead(pool, tenantId, text);
  const { all } = await countConnectors(pool, { tenantId, filter: '' });
  const why = !text ? 'unnamed' : found.length > 0 ? 'several' : 'none';
  const more = found.length > offered;
  return { question: choiceCard({ word, text, why, choices: choices.slice(0, offered), more, all }) };
}

/** What may have been meant by a name that no connector has; where none is like it, those that need a look first. */
async function namesInstead(pool: Backend['pool'], tenantId: string, text: string): Promise<Named[]> {
  const like = nearest(text, await listNeighbours(pool, tenantId, { text, most: 20 }));
  return like.length > 0 ? like : listWorst(pool, { tenantId, filter: '' }, { offset: 0, most: offered });
}
