import type { Connector } from '../../ingestion/connector/connector.ts';
import { connectButton, executeAction } from '../kit/actions.ts';
import { cardOf } from '../kit/card.ts';
import { header } from '../kit/header.ts';
import type { Card } from '../kit/template.ts';
import { paragraph, shown, strong } from '../kit/text.ts';

type Choice = {
  /** The command that each button runs. */
  word: string;
  /** What was typed as a name. */
  text: string;
  /** No name was typed, several connectors begin with it or are of that org, or none does. */
  why: 'unnamed' | 'several' | 'none';
  choices: Pick<Connector, 'id' | 'name'>[];
  /** There are more than are offered. */
  more: boolean;
  /** How many connectors there are at all. */
  all: number;
};

/** What a command may be meant for besides a connector, and how to say that. */
const besides = new Map([
  ['mute', ' For all alerts of this conversation, say “mute here 2h”.'],
  ['unmute', ' For this conversation, say “unmute here”.'],
]);

/** Which connector a command is meant for: a button for each that it may be, and how to say it otherwise. */
export function choiceCard(given: Choice): Card {
  const { word, choices, all } = given;
  const { title, text } = question(given);
  return cardOf({
    fallback: `${title} Say ${word} and its name.`,
    body: [header({ title }), ...text],
    actions:
      all === 0
        ? [connectButton]
        : choices.map(({ id, name }) => executeAction('choose', shown(name, 60), { command: word, connector: id })),
  });
}

function question({ word, text, why, more, all }: Choice): { title: string; text: Card[] } {
  const typed = strong(shown(text, 60));
  if (all === 0) {
    const none = 'No connector is there yet. Connect an Okta org, and its System Log flows into Microsoft Sentinel.';
    return { title: 'Nothing is connected yet', text: [paragraph(none)] };
  }
  if (why === 'none') {
    const next = 'Did you mean one of these? Press it, or say “connectors” to see all.';
    return { title: 'No such connector', text: [paragraph('There is no connector named ', typed, `. ${next}`)] };
  }
  const title = 'Which connector?';
  const find = more
    ? ` To find another of the ${all.toLocaleString('en-US')}, say more of its name: ${word} <name>.`
    : '';
  if (why === 'several')
    return { title, text: [paragraph('Several fit ', typed, `. Press the one that is meant.${find}`)] };
  const which = more ? 'These need a look first' : 'Press one';
  return { title, text: [paragraph(`${which}, or say which one: ${word} <name>.${find}${besides.get(word) ?? ''}`)] };
}
