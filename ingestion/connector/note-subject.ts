/** What somebody has done to a connector, as a message in its conversation tells it; `by` is their name, `words` are for people. */
export type Note = { kind: 'changed'; by: string; words: string } | { kind: 'paused' | 'resumed'; by: string };

/** Whether the subject of a card is a note. */
export function isNote(subject: { kind: string }): subject is Note {
  return ['changed', 'paused', 'resumed'].includes(subject.kind);
}
