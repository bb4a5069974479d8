import { GlobalSettings, Template } from 'adaptivecards-templating';
import { fitted } from './size.ts';

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
 * one in the data (`$data`), because a missing key throws, while a wrong `$when` would silently drop the part. A whole card is
 * made to fit into a message. Throws an error that names the keys; never a ConnectorError.
 */
export function expand(template: object, data: Card): Card {
  unresolved = [];
  const ready = parsed.get(template) ?? new Template(template);
  parsed.set(template, ready);
  const card: Card = ready.expand({ $root: data });
  if (unresolved.length > 0) throw new Error(`The template asks for what the data lacks: ${unresolved.join(', ')}`);
  return card.type === 'AdaptiveCard' ? fitted(card) : card;
}
