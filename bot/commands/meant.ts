import { didYouMean } from '../teams/message-text.ts';

/** What was meant by a word: one command for certain, one of several, or none, and then the nearest if there is one. */
export type Meant =
  | { kind: 'one'; word: string }
  | { kind: 'several'; words: string[] }
  | { kind: 'none'; near: string | null };

/** Words that people know from buttons and other tools, and the command that does the like: offered, as it may do more. */
const likes = new Map([
  ['acknowledge', 'ack'],
  ['snooze', 'mute'],
  ['rotate', 'manage'],
  ['edit', 'manage'],
  ['change', 'manage'],
  ['repair', 'retry'],
  ['remove', 'delete'],
  ['add', 'connect'],
  ['list', 'connectors'],
  ['health', 'status'],
  ['version', 'about'],
]);

/**
 * The command word itself, or the only one that begins with what was typed; of a single letter none is certain. A word that was
 * mistyped is never run by itself.
 */
export function meantBy(typed: string, words: string[]): Meant {
  if (words.includes(typed)) return { kind: 'one', word: typed };
  const begun = typed === '' ? [] : words.filter((word) => word.startsWith(typed));
  const [only] = begun;
  if (begun.length > 1) return { kind: 'several', words: begun };
  if (only && typed.length > 1) return { kind: 'one', word: only };
  return { kind: 'none', near: only ?? likes.get(typed) ?? didYouMean(typed, words) };
}
