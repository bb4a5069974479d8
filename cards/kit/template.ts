import { GlobalSettings, Template } from 'adaptivecards-templating';

/** The JSON of an Adaptive Card (schema 1.5), or of an element of one. */
export type Card = Record<string, unknown>;

/** Keys that the template asks for and the data lacks, gathered by the engine's only hook for them. */
let unresolved: string[] = [];

GlobalSettings.getUndefinedFieldValueSubstitutionString = (path) => {
  unresolved.push(path);
  return '?';
};

/** Parsing a template takes far longer than filling it, and each is a constant that is filled again and again. */
const parsed = new WeakMap<object, Template>();

/**
 * Fills a constant template. Foreign text is data and is never evaluated. An optional part of a card is a list of none or
 * one in the data (`$data`), because a missing key throws, while a wrong `$when` would silently drop the part. Throws an error
 * that names the keys; never a ConnectorError.
 */
export function expand(template: object, data: Card): Card {
  unresolved = [];
  const ready = parsed.get(template) ?? new Template(template);
  parsed.set(template, ready);
  const card: Card = ready.expand({ $root: data });
  if (unresolved.length > 0) throw new Error(`The template asks for what the data lacks: ${unresolved.join(', ')}`);
  return card;
}

// Controls, and the marks that turn the direction of text that follows.
const unseen = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]+/gu;
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** One line of foreign text, cut at `limit` characters (code points): for places that show text as it is (titles, choices, values). */
export function line(text: string, limit = 120): string {
  const letters = [...text.replace(unseen, ' ').replace(/\s+/g, ' ').trim()];
  const cut = letters.length > limit ? `${letters.slice(0, limit - 1).join('')}…` : letters.join('');
  // A word joiner, which nobody sees: `${` and `{{` belong to templates and clients.
  return cut.replace(/([${])(?=\{)/g, '$1\u2060');
}

/**
 * Foreign text for places where Markdown is live: it reads as it was written, and makes no link, list, mention or date.
 * Text that runs from right to left does not turn what stands around it. What is live in Teams:
 * learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-format.
 */
export function plain(text: string, limit = 120): string {
  const escaped = line(text, limit)
    .replace(/[\\*_[\]()~`<&]/g, '\\$&')
    .replace(/^[-+#>]/, '\\$&')
    .replace(/^(\d+)([.)])/, '$1\\$2')
    // Some clients make a link of every address.
    .replace(/:(?=\/\/)/g, ':\u2060');
  return rightToLeft.test(escaped) ? `\u2068${escaped}\u2069` : escaped;
}
