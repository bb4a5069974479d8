import type { Activity } from 'botbuilder';

/** What was typed, without the mentions of the bot itself; other people's mentions stay. */
export function typedText(activity: Activity): string {
  let text = activity.text ?? '';
  for (const entity of activity.entities ?? []) {
    const mention = entity as { type: string; mentioned?: { id?: string }; text?: string };
    if (mention.type !== 'mention' || mention.mentioned?.id !== activity.recipient.id || !mention.text) continue;
    text = text.replaceAll(mention.text, ' ');
  }
  for (const [entity, letter] of entities) text = text.replaceAll(entity, letter);
  return tidy(text);
}

// Teams sends these letters as HTML; `&amp;` comes last, so that nothing is decoded twice.
const entities = [
  ['&nbsp;', ' '],
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&#39;', "'"],
  ['&amp;', '&'],
] as const;

/** Text as names are kept and looked for: one form of accents, single blanks. */
export function tidy(text: string): string {
  return text.normalize('NFC').replace(/\s+/g, ' ').trim();
}

/** The command word, in lower case, and the rest; a name in quotes loses them. */
export function parseCommand(text: string): { word: string; argument: string } {
  const [word = '', ...rest] = text.split(' ');
  const argument = rest.join(' ').replace(/^(["'“”])(.*)["'“”]$/, '$2');
  return { word: word.toLowerCase().replace(/^\//, ''), argument };
}

/** Whether the text holds something of the shape of an Okta API token. */
export function holdsToken(text: string): boolean {
  return /00[\w-]{36,}/.test(text);
}

/** The word out of `words` that differs from `typed` by at most two letters; null when none does. */
export function didYouMean(typed: string, words: string[]): string | null {
  // No word is that long, and comparing takes as many steps as both have letters.
  if (typed.length > 40) return null;
  const ranked = words
    .map((word) => ({ word, distance: distance(typed, word) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.min(2, Math.floor(best.word.length / 2)) ? best.word : null;
}

/** Those that `text` may have been meant for, the nearest first: they hold it, or no more than half of it differs from their name. */
export function nearest<Named extends { name: string }>(text: string, all: Named[]): Named[] {
  const typed = text.toLowerCase().slice(0, 60);
  return all
    .map((one) => ({ one, away: letters(typed, one.name.toLowerCase()) }))
    .filter(({ away }) => away <= Math.max(2, typed.length / 2))
    .sort((a, b) => a.away - b.away || a.one.name.localeCompare(b.one.name))
    .map(({ one }) => one);
}

function letters(typed: string, name: string): number {
  return name.includes(typed) ? 0 : distance(typed, name.slice(0, 60));
}

/** Letters to insert, delete or replace to get from one word to the other. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const above = row;
    row = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (above[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      row[j] = Math.min(replaced, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
    }
  }
  return row[to.length] ?? 0;
}
