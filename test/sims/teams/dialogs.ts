import { type Card, faultsOf, record } from './cards.ts';

/** What the person sees after opening a dialog or sending one of its pages. */
export type Dialog =
  | { kind: 'card'; title: string; card: Card; height: number | string; width: number | string }
  | { kind: 'message'; text: string }
  | { kind: 'closed' }
  | { kind: 'error'; text: string };

/** What the person sees after pressing an Action.Execute button. */
export type CardAnswer =
  | { kind: 'card'; card: Card }
  | { kind: 'message'; text: string }
  | { kind: 'nothing' }
  | { kind: 'error'; text: string };

const unreachable = { kind: 'error', text: 'Unable to reach app' } as const;

/** Reads the answer to task/fetch or task/submit as Teams does; `violation` hears of what it would show wrongly. */
export function dialogIn(status: number, body: unknown, violation: (sentence: string) => void): Dialog {
  if (status !== 200) return unreachable;
  if (body === undefined || body === null) return { kind: 'closed' };
  const task = record(record(body).task);
  if (task.type === 'message') return { kind: 'message', text: String(task.value) };
  const { title, width, height, card: attachment } = record(task.value);
  const { contentType, content } = record(attachment);
  if (task.type !== 'continue' || contentType !== 'application/vnd.microsoft.card.adaptive') {
    violation(`dialog: blank, because the answer is neither a message nor a card attachment (task type ${task.type})`);
    return { kind: 'error', text: 'The dialog is blank' };
  }
  for (const fault of faultsOf(record(content), 'dialog')) violation(`dialog "${title}": ${fault}`);
  const size = (value: unknown) => (typeof value === 'number' || typeof value === 'string' ? value : 'medium');
  return { kind: 'card', title: String(title ?? ''), card: record(content), height: size(height), width: size(width) };
}

/** Reads the answer to adaptiveCard/action as Teams does. */
export function cardAnswerIn(status: number, body: unknown, violation: (sentence: string) => void): CardAnswer {
  if (status !== 200) return unreachable;
  const { statusCode, type, value } = record(body);
  if (statusCode === undefined && value === undefined) return { kind: 'nothing' };
  if (statusCode !== 200) return { kind: 'error', text: String(record(value).message ?? 'Something went wrong') };
  if (type === 'application/vnd.microsoft.activity.message') {
    // Without a text Teams takes the press for lost, and sends it again (github.com/vercel/chat/pull/903).
    if (typeof value !== 'string' || value === '') violation('Action.Execute answered with a message without text');
    return { kind: 'message', text: String(value) };
  }
  if (type !== 'application/vnd.microsoft.card.adaptive') {
    violation(`Action.Execute answered with the type ${type}`);
    return { kind: 'error', text: 'Something went wrong' };
  }
  for (const fault of faultsOf(record(value), 'message')) violation(`answer to Action.Execute: ${fault}`);
  return { kind: 'card', card: record(value) };
}
