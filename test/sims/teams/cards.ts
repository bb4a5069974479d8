import { createRequire } from 'node:module';
import { strayProperties } from './schema.ts';

/** An Adaptive Card, or any part of one. */
export interface Card {
  [property: string]: unknown;
}

// Only its dist file loads in Node. Its parser and validator need no browser.
const renderer: typeof import('adaptivecards') = createRequire(import.meta.url)(
  'adaptivecards/dist/adaptivecards.min.js',
);

/** What Teams draws beside the open-source elements. Each needs a `fallback` for clients without it. */
const charts = new Set(
  ['Donut', 'Pie', 'Gauge', 'VerticalBar', 'VerticalBar.Grouped', 'HorizontalBar', 'HorizontalBar.Stacked', 'Line'].map(
    (name) => `Chart.${name}`,
  ),
);

/** Where a card is shown: some actions are dead inside a dialog. */
export type Place = 'message' | 'dialog';

/** Everything that Teams would refuse, leave out or show wrongly in a card, one sentence each. */
export function faultsOf(card: Card, place: Place): string[] {
  if (card.type !== 'AdaptiveCard') return [`a card has the type ${JSON.stringify(card.type)}`];
  return [...ofTheRenderer(card), ...ofTeams(card, place)];
}

function ofTheRenderer(card: Card): string[] {
  const parsed = new renderer.AdaptiveCard();
  // Six is the limit of the store; the renderer's own is five.
  parsed.hostConfig = new renderer.HostConfig({ actions: { maxActions: 6 } });
  const context = new renderer.SerializationContext(renderer.Versions.v1_5);
  parsed.parse(card, context);
  const events = Array.from({ length: context.eventCount }, (_, index) => context.getEventAt(index));
  const unknown = new Set([...parts(card)].filter((part) => !charts.has(String(part.type))).map((part) => part.type));
  const serious = events.filter(({ message }) => {
    const type = /^Unknown element type "(.*?)"/.exec(message)?.[1];
    return type === undefined || unknown.has(type);
  });
  return [...serious, ...parsed.validateProperties().validationEvents].map(({ message }) => message);
}

function ofTeams(card: Card, place: Place): string[] {
  const found: string[] = [];
  const version = /^1\.([0-5])$/.exec(String(card.version));
  if (!version) found.push(`card version ${JSON.stringify(card.version)} is not 1.0 to 1.5`);
  const buttons = [...parts(card)].flatMap((part) => list(part.actions)).length;
  if (place === 'message' && buttons > 6) found.push(`${buttons} buttons on one card, 6 are allowed`);
  const left = /\$\{[^}]*\}/.exec(JSON.stringify(card));
  if (left) found.push(`unresolved template expression ${left[0]}`);
  for (const part of parts(card)) {
    found.push(...strayProperties(part));
    if (part.type === 'Action.Execute' && part.fallback === undefined && part !== record(card.refresh).action)
      found.push('Action.Execute without a fallback');
    if (charts.has(String(part.type)) && !part.fallback) found.push(`${part.type} without a fallback`);
    if (part.type === 'Action.OpenUrl' && !/^https:/.test(String(part.url))) found.push(`link to ${part.url}`);
    if (part.type === 'Action.Execute' && Number(version?.[1]) < 4) found.push('Action.Execute needs version 1.4');
    if (place === 'dialog' && part.type === 'Action.Execute') found.push('Action.Execute does nothing in a dialog');
    if (place === 'dialog' && record(part.data).msteams) found.push('data.msteams does nothing in a dialog');
  }
  if (list(record(card.refresh).userIds).length > 60) found.push('refresh lists more than 60 user ids');
  return found;
}

/** What the `attachments` of a message carry as cards; anything malformed throws a sentence. */
export function cardsIn(attachments: unknown): Card[] {
  if (attachments === undefined || attachments === null) return [];
  if (!Array.isArray(attachments)) throw new Error('attachments is not a list');
  return attachments.map((attachment: unknown) => {
    const { contentType, content } = record(attachment);
    if (contentType !== 'application/vnd.microsoft.card.adaptive') throw new Error(`attachment of type ${contentType}`);
    if (record(content).type !== 'AdaptiveCard') throw new Error('attachment without an Adaptive Card as content');
    return record(content);
  });
}

/** Every element, action, column, fact and cell of a card, outermost first. Payloads (`data`) are not looked into. */
export function parts(part: Card, found: Card[] = []): Card[] {
  found.push(part);
  for (const child of children(part)) parts(child, found);
  return found;
}

function children(part: Card): Card[] {
  const found: Card[] = [];
  for (const [property, value] of Object.entries(part)) {
    if (property === 'data' || property === 'msteams') continue;
    for (const child of Array.isArray(value) ? value : [value])
      if (typeof child === 'object' && child !== null) found.push(record(child));
  }
  return found;
}

/** The buttons of a card, those of nested sets and cards included. */
export function actions(card: Card): Card[] {
  return [...parts(card)].filter(({ type }) =>
    /^Action\.(Submit|Execute|OpenUrl|ShowCard|ToggleVisibility)$/.test(String(type)),
  );
}

/** The inputs of a card in reading order. */
export function inputs(card: Card): Card[] {
  return [...parts(card)].filter(({ type }) => String(type).startsWith('Input.'));
}

/**
 * Everything a reader sees in a card, a line for each text, fact, label, placeholder and button. The runs of a paragraph are one
 * line, and so is a title with what it says, two columns of one text each: "title: value". A mark or number is no title.
 */
export function textOf(part: Card): string {
  return linesOf(part).join('\n');
}

function linesOf(part: Card): string[] {
  if (part.type === 'TextBlock') return [String(part.text)];
  if (part.type === 'RichTextBlock') return [list(part.inlines).map(inlineText).join('')];
  if (part.type === undefined && typeof part.value === 'string') return [`${part.title}: ${part.value}`];
  const own = [part.label, part.placeholder, part.title].filter((text) => typeof text === 'string');
  const inner = children(part).map(linesOf);
  const [title = [], value = []] = inner;
  const row = part.type === 'ColumnSet' && inner.length === 2 && title.length === 1 && value.length === 1;
  const titled = row && /\p{L}/u.test(title[0] ?? '');
  return [...own, ...(titled ? [`${title[0]}: ${value[0]}`] : inner.flat())];
}

function inlineText(inline: unknown): string {
  return typeof inline === 'string' ? inline : String(record(inline).text);
}

/** A client would not send this: the sentence at each wrong field, by the id of the input. */
export class FieldsRefused extends Error {
  readonly fields: Record<string, string>;

  constructor(fields: Record<string, string>) {
    super(`the client shows: ${JSON.stringify(fields)}`);
    this.fields = fields;
  }
}

/** Presses the button of that title with these values typed, as a client does: checks the inputs, merges them into `data`. */
export function press(card: Card, title: string, typed: Record<string, string> = {}): { action: Card; data: Card } {
  const action = actions(card).find((candidate) => candidate.title === title);
  if (!action) throw new Error(`no button "${title}" among ${actions(card).map((one) => `"${one.title}"`)}`);
  const known = inputs(card);
  const stray = Object.keys(typed).find((id) => !known.some((input) => input.id === id));
  if (stray) throw new Error(`no input "${stray}" among ${known.map((input) => `"${input.id}"`)}`);
  if (action.associatedInputs === 'none') return { action, data: { ...record(action.data) } };
  const values = Object.fromEntries(
    known.map((input) => [String(input.id), typed[String(input.id)] ?? initial(input)]),
  );
  const refused = known.flatMap((input) => refusedBy(input, values[String(input.id)] ?? ''));
  if (refused.length > 0) throw new FieldsRefused(Object.fromEntries(refused));
  return { action, data: { ...record(action.data), ...values } };
}

function initial(input: Card): string {
  if (input.type === 'Input.Toggle') return String(input.value ?? input.valueOff ?? 'false');
  return String(input.value ?? '');
}

function refusedBy(input: Card, value: string): [string, string][] {
  const sentence: [string, string][] = [[String(input.id), String(input.errorMessage ?? 'invalid')]];
  if (value === '') return input.isRequired ? sentence : [];
  if (typeof input.regex === 'string' && !new RegExp(input.regex).test(value)) return sentence;
  if (typeof input.maxLength === 'number' && value.length > input.maxLength) return sentence;
  if (typeof input.max === 'number' && Number(value) > input.max) return sentence;
  if (typeof input.min === 'number' && Number(value) < input.min) return sentence;
  if (input.type !== 'Input.ChoiceSet') return [];
  const offered = list(input.choices).map((choice) => record(choice).value);
  const chosen = input.isMultiSelect ? value.split(',') : [value];
  const unknown = chosen.find((one) => !offered.includes(one));
  if (unknown !== undefined && input.style !== 'filtered') throw new Error(`"${input.id}" does not offer "${unknown}"`);
  return [];
}

/** The value as an object, or an empty one: for looking into what others sent. */
export function record(value: unknown): Card {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Card) : {};
}

/** The value as a list, or an empty one. */
export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
