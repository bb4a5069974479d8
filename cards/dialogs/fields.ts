import { type Card, expand } from '../kit/template.ts';
import { line, shown } from '../kit/text.ts';
import { every } from '../kit/times.ts';
import { type Choice, type DialogName, type FieldId, type FieldWords, fieldWords } from '../words/fields.ts';
import fault from './fault.json' with { type: 'json' };
import hint from './hint.json' with { type: 'json' };
import note from './note.json' with { type: 'json' };

/** A sentence under a field, or at the top (`form`); foreign text in it is cleaned here. */
export type Errors<Place extends string = FieldId> = Partial<Record<Place | 'form', string>>;

/** What one run of a dialog shows in a field, besides its words. A token is never among it: its field shows none. */
export type Shown = {
  value: string;
  error?: string | undefined;
  choices?: Choice[];
  /** What is chosen when `value` is not offered, or no number. */
  usual?: string;
  optional?: boolean;
  label?: string;
  placeholder?: string;
  /** A line below it, after the one that it always has. */
  hint?: string | undefined;
};

/** The longest sentence of a dialog, in letters. */
export const sentenceLimit = 600;

/** The sentence of a wrong field, below it; nothing when the field is right. */
export function faultBlock(sentence: string | undefined): Card[] {
  return sentence ? [expand(fault, { sentence: shown(sentence, sentenceLimit) })] : [];
}

/** What went well, one line each. */
export function noteBlocks(notes: string[]): Card[] {
  return notes.map((text) => expand(note, { sentence: shown(text, sentenceLimit) }));
}

/** A subtle line below a field; foreign parts of it have gone through `shown`. */
export function hintBlock(text: string): Card {
  return expand(hint, { text });
}

/**
 * The fields of a page in their order: each with its fault and hint below it, narrow neighbours side by side, and after a field
 * (or its row) what the page puts `below` it.
 */
export function fieldBlocks(given: {
  dialog: DialogName;
  ids: readonly FieldId[];
  show(id: FieldId): Shown;
  below?: Partial<Record<FieldId, Card[]>>;
}): Card[] {
  const { dialog, ids, show, below = {} } = given;
  return rowsOf(ids).flatMap((row) => {
    const blocks = row.map((id) => blocksOf({ id, ...fieldWords[id], ...fieldWords[id][dialog] }, show(id)));
    const columns = blocks.map((items) => ({ type: 'Column', width: 'stretch', items }));
    const drawn = row.some(isNarrow) ? [{ type: 'ColumnSet', columns }] : blocks.flat();
    return [...drawn, ...row.flatMap((id) => below[id] ?? [])];
  });
}

function isNarrow(id: FieldId): boolean {
  const field = fieldWords[id];
  return field.kind === 'number' && field.narrow === true;
}

/** Each field by itself, but for narrow ones that follow each other. */
function rowsOf(ids: readonly FieldId[]): FieldId[][] {
  const rows: FieldId[][] = [];
  for (const id of ids) {
    const last = rows.at(-1);
    if (last && isNarrow(id) && last.every(isNarrow)) last.push(id);
    else rows.push([id]);
  }
  return rows;
}

/** A field with the words that it has in its dialog. */
type Worded = FieldWords & { id: FieldId };

function blocksOf(field: Worded, state: Shown): Card[] {
  const hints = [field.hint, state.hint].filter((hint) => hint !== undefined);
  return [inputOf(field, state), ...faultBlock(state.error), ...hints.map(hintBlock)];
}

function inputOf(field: Worded, state: Shown): Card {
  const placeholder = state.placeholder ?? field.placeholder;
  return {
    id: field.id,
    label: state.label ?? field.label,
    ...(placeholder ? { placeholder } : {}),
    isRequired: !(state.optional ?? field.optional ?? false),
    errorMessage: field.wrong,
    ...ofItsKind(field, state),
  };
}

function ofItsKind(field: Worded, state: Shown): Card {
  const usual = state.usual ?? field.usual;
  if (field.kind === 'number') {
    const { least: min, most: max } = field;
    return { type: 'Input.Number', min, max, value: numberOr(state.value, Number(usual)) };
  }
  if (field.kind === 'choice') {
    const choices = state.choices ?? field.choices ?? [];
    const value = chosen(choices, state.value) || usual;
    return { type: 'Input.ChoiceSet', choices, value, ...(field.expanded ? { style: 'expanded', wrap: true } : {}) };
  }
  const { longest: maxLength, style, pattern } = field;
  const value = style === 'Password' ? {} : { value: typable(state.value, maxLength) };
  return {
    type: 'Input.Text',
    maxLength,
    ...value,
    ...(style ? { style } : {}),
    ...(pattern ? { regex: pattern } : {}),
  };
}

/** A text as its field holds it, with letters left to see that it is too long; `typedText` reads it back. */
function typable(text: string, longest: number): string {
  return line(text, Math.max(200, longest));
}

/** What a field for text holds, without what was put in to keep clients from reading a template in it. */
export function typedText(text: string): string {
  return line(text, 200).replaceAll('\u2060', '');
}

/** The value that was chosen if it is still offered; else the only one there is. */
function chosen(choices: Choice[], value: string): string {
  if (choices.some((choice) => choice.value === value)) return value;
  return choices.length === 1 ? (choices[0]?.value ?? '') : '';
}

/** A field for a number can hold nothing but a number. */
function numberOr(text: string, usual: number): number {
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : usual;
}

/** What is offered as time between two looks for new events, with the seconds that a connector has now, if it has some. */
export function intervalChoices(current = 60): Choice[] {
  const offered = [...new Set([10, 30, 60, 300, 900, current])].sort((a, b) => a - b);
  return offered.map((seconds) => ({ title: every(seconds), value: `${seconds}` }));
}

/** What is offered as places for alerts. */
export function conversationChoices(conversations: { id: string; name: string }[]): Choice[] {
  return conversations.map(({ id, name }) => ({ title: shown(name) || 'This conversation', value: id }));
}
