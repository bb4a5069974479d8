import type { Activity } from 'botbuilder';
import { visible } from '../../ingestion/okta/typed-input.ts';

/** What was typed, without the mentions of the bot itself, whatever it is called; other people's mentions stay. Never throws. */
export function typedText(activity: Activity): string {
  const { mine, others } = mentionsIn(activity);
  let text = activity.text ?? '';
  for (const { markup } of mine) if (markup) text = text.replaceAll(markup, ' ');
  const names = new Set(mine.map(({ name }) => name));
  const theirs = new Set(others.map(({ name }) => name));
  text = text.replace(/<at\b[^<>]*>([^<]*)<\/at>/g, (whole, inner: string) => {
    const name = decoded(inner);
    // A renamed bot may be mentioned by a name that no entity gives: what nobody else is called is it.
    const isMine = names.has(name) || name === activity.recipient.name || (mine.length > 0 && !theirs.has(name));
    return isMine ? ' ' : whole;
  });
  return withoutName(tidy(decoded(text)), activity.recipient.name);
}

/** One mention: how it stands in the text, if Teams says so, and whom it names. */
type Mention = { markup: string; name: string };

function mentionsIn({ entities = [], recipient }: Activity): { mine: Mention[]; others: Mention[] } {
  const found: { mine: Mention[]; others: Mention[] } = { mine: [], others: [] };
  for (const entity of entities) {
    if (entity.type !== 'mention') continue;
    // Of another type than these, it is as good as absent.
    const { mentioned, text } = entity as { mentioned?: { id?: unknown; name?: unknown } | null; text?: unknown };
    const markup = typeof text === 'string' ? text : '';
    const named = typeof mentioned?.name === 'string' ? mentioned.name : '';
    const name = decoded(markup.replace(/<[^<>]*>/g, '') || named);
    (mentioned?.id === recipient.id ? found.mine : found.others).push({ markup, name });
  }
  return found;
}

/** A name that somebody has typed out instead of picking it: "@Patchbay help". */
function withoutName(text: string, name: string | undefined): string {
  const typed = `@${name ?? ''}`;
  return name && text.toLowerCase().startsWith(typed.toLowerCase()) ? text.slice(typed.length).trim() : text;
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

function decoded(text: string): string {
  return entities.reduce((rest, [entity, letter]) => rest.replaceAll(entity, letter), text);
}

/** Text as names are kept and looked for: what people see of it, in one form of accents, with single blanks. */
export function tidy(text: string): string {
  return visible(text).normalize('NFC').replace(/\s+/g, ' ').trim();
}

/**
 * The command word, in lower case, and the rest, out of tidied text. Punctuation around the word is as good as a blank: "@Patchbay,
 * status: Acme", "Help!". Quotes around all of it, or around the rest, are lost.
 */
export function parseCommand(text: string): { word: string; argument: string } {
  const [, word = '', rest = ''] = /^[\s,:;.!?–—-]*([^\s,:;!?]*)[\s,:;!?]*(.*)$/s.exec(unquoted(text)) ?? [];
  return { word: word.toLowerCase().replace(/^\/|(?<!\.)\.+$/g, ''), argument: unquoted(rest) };
}

/** The text without the punctuation that ends a sentence, for what is no name: names may end so. */
export function withoutEnding(text: string): string {
  return text.replace(/(?<![\s.,:;!?…])[\s.,:;!?…]+$/, '');
}

/** Opening quotes of many languages and keyboards, each with what may close it. */
const quotes = new Map([
  ['"', '"”“'],
  ["'", "'’‘"],
  ['`', '`´'],
  ['´', '´`'],
  ['“', '”"“'],
  ['”', '”"'],
  ['„', '“”"'],
  ['‟', '”"'],
  ['‘', "’'"],
  ['’', "’'"],
  ['‚', "‘’'"],
  ['«', '»'],
  ['»', '«»'],
  ['‹', '›'],
  ['›', '‹›'],
  ['「', '」'],
  ['『', '』'],
  ['＂', '＂'],
  ['＇', '＇'],
]);

/** The text without a pair of quotes around all of it. */
export function unquoted(text: string): string {
  const closing = text.length > 1 ? quotes.get(text.charAt(0)) : undefined;
  return closing?.includes(text.charAt(text.length - 1)) ? text.slice(1, -1).trim() : text;
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
