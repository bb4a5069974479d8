import type { Connector } from '../../../ingestion/connector/connector.ts';
import { actions, type Card, parts, record } from '../../sims/teams/cards.ts';
import type { Conversation, Message, User } from '../../sims/teams/tenant.ts';
import type { Teams } from '../../sims/teams.ts';

/** A channel or a chat in which people speak with the bot, and the bot's last answer to each kind of message there. */
export type Place = { conversation: Conversation; people: User[]; shown: Map<string, Message> };

/** Who asks, where, and about which connector. */
export type Asking = { teams: Teams; place: Place; person: User; connector: Connector };

/** When it was answered (ms since the epoch), and what with. */
export type Answer = { at: number; shown: unknown };

/** One kind of thing that people say or press: so many of a hundred, and a text that its answer must hold. */
export type Request = {
  kind: string;
  share: number;
  ask(asking: Asking): Promise<Answer>;
  holds(asking: Asking): string;
};

/** Whoever has no answer by then gets none. */
const patienceMs = 15_000;

/** What is said first in each place, so that there are buttons to press; by its kind. */
export const first = new Map<string, Request>(
  [
    said('help', 6, { text: () => 'help', holds: () => 'connectors' }),
    said('connectors', 12, { text: () => 'connectors', holds: () => 'My connectors' }),
    said('status', 30, {
      text: ({ connector }) => `status ${connector.name}`,
      holds: ({ connector }) => connector.name,
    }),
  ].map((request) => [request.kind, request]),
);

/** What a day is made of. */
export const requests: readonly Request[] = [
  ...first.values(),
  said('filter', 10, {
    text: ({ connector }) => `connectors ${connector.name.split(' ')[1]}`,
    holds: () => 'matching',
  }),
  said('ambiguous', 4, {
    text: ({ connector }) => `status ${connector.name.split(' ')[0]}`,
    holds: () => 'Which connector?',
  }),
  said('alerts list', 5, { text: () => 'alerts list', holds: () => 'lerts' }),
  said('unknown', 4, { text: () => 'conectors', holds: () => 'Did you mean' }),
  pressed('next page', 14, { on: 'connectors', titles: ['Next', 'Previous'] }),
  pressed('refresh', 4, { on: 'status', titles: ['Refresh'] }),
  opened('status page', 8, { on: 'connectors', dialog: 'status' }),
  opened('connect', 3, { on: 'help', dialog: 'connect' }),
];

/** A message, answered when a card of the bot stands there that is an answer to it. */
function said(
  kind: string,
  share: number,
  { text, holds }: Pick<Request, 'holds'> & { text(asking: Asking): string },
): Request {
  const ask = async (asking: Asking) => {
    const { teams, place, person } = asking;
    const { conversation, shown } = place;
    const mention = conversation.kind === 'channel';
    const { status, activity } = await teams.say(person, conversation, text(asking), { mention });
    if (status !== 200) throw new Error(`"${kind}" was answered with ${status}`);
    const isAnswer = ({ answerTo }: Message) => answerTo === activity?.id;
    const answer = await teams.until(() => teams.messages(conversation).find(isAnswer), { timeoutMs: patienceMs });
    shown.set(kind, answer);
    return { at: answer.createdAt, shown: answer.cards };
  };
  return { kind, share, ask, holds };
}

/** A button of what was said last in the place, the first of these titles; answered with a card in its place. */
function pressed(kind: string, share: number, { on, titles }: { on: string; titles: string[] }): Request {
  const ask = async ({ teams, place, person }: Asking) => {
    const { message, cards } = shownTo({ teams, place, person }, on);
    const button = cards.flatMap(actions).find(({ title }) => titles.includes(String(title)));
    if (!button) throw new Error(`"${kind}": no button ${titles.join(' or ')}`);
    const { delivery, ...answer } = await teams.execute(person, place.conversation, message, button);
    if (answer.kind !== 'card') throw new Error(`"${kind}" was answered with ${JSON.stringify(answer)}`);
    return { at: Date.now(), shown: answer.card };
  };
  return { kind, share, ask, holds: () => 'AdaptiveCard' };
}

/** A dialog that is opened from what was said last in the place. */
function opened(kind: string, share: number, { on, dialog }: { on: string; dialog: string }): Request {
  const ask = async ({ teams, place, person }: Asking) => {
    const { message, cards } = shownTo({ teams, place, person }, on);
    const data = cards.flatMap((card) => [...parts(card)].map(dataOf)).find((each) => each.dialog === dialog);
    if (!data) throw new Error(`"${kind}": nothing opens "${dialog}"`);
    const { delivery, ...answer } = await teams.fetchDialog(person, place.conversation, message, data);
    if (answer.kind !== 'card') throw new Error(`"${kind}" was answered with ${delivery.status}`);
    return { at: Date.now(), shown: answer.card };
  };
  return { kind, share, ask, holds: () => 'AdaptiveCard' };
}

function shownTo(
  { teams, place, person }: Omit<Asking, 'connector'>,
  kind: string,
): { message: Message; cards: Card[] } {
  const message = place.shown.get(kind);
  if (!message) throw new Error(`"${kind}" was not said before`);
  return { message, cards: teams.cardsFor(person, message) };
}

/** What pressing a part of a card sends. */
function dataOf({ data, selectAction }: Card): Card {
  return record(data ?? record(selectAction).data);
}
