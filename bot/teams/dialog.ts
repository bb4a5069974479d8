import { CardFactory, type TaskModuleResponse } from 'botbuilder';
import type { Card } from '../../cards/kit/template.ts';
import type { Asker } from './asker.ts';
import type { Backend } from './backend.ts';

/** One call of a dialog: who, where, and what the card sent. The data names things and never gives a right. */
export type DialogCall = Asker & { data: Record<string, unknown> };

/** The next page, or a last sentence. */
export type DialogAnswer = { kind: 'card'; title: string; card: Card } | { kind: 'message'; text: string };

/** Opened by a button, and submitted by its own pages until a sentence ends it. What either throws is a bug. */
export type Dialog = {
  open(backend: Backend, call: DialogCall): Promise<DialogAnswer>;
  submit(backend: Backend, call: DialogCall): Promise<DialogAnswer>;
};

/** The last sentence of a dialog. */
export function said(text: string): DialogAnswer {
  return { kind: 'message', text };
}

/** An answer as Teams wants it: `task/continue` with a card, or `task/message` (learn.microsoft.com, "Use dialogs in bots"). */
export function inTeams(answer: DialogAnswer): TaskModuleResponse {
  if (answer.kind === 'message') return { task: { type: 'message', value: answer.text } };
  const { title, card } = answer;
  return {
    task: {
      type: 'continue',
      value: { title, width: 'medium', height: 'large', card: CardFactory.adaptiveCard(card) },
    },
  };
}
