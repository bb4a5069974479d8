import { namePage, productsPage } from '../../cards/dialogs/connect.ts';
import type { Errors } from '../../cards/dialogs/fields.ts';
import type { Card } from '../../cards/kit/template.ts';
import type { DialogAnswer } from '../teams/dialog.ts';
import type { Draft } from './drafts.ts';

/** Page 1 as the draft has it, with what was done to what was typed: the token is shown as stored, or asked for. */
export function showName({ id, answers, keyId }: Draft, errors: Errors, notes: string[] = []): DialogAnswer {
  return titled(namePage({ draft: id, values: answers, keyStored: keyId !== null, errors, notes }));
}

/** Page 2, with what went well on page 1. */
export function showProducts({ id }: Draft, notes: string[], form?: string): DialogAnswer {
  return titled(productsPage({ draft: id, notes, errors: form ? { form } : {} }));
}

/** A page under the title of the connect dialog. */
export function titled(card: Card): DialogAnswer {
  return { kind: 'card', title: 'Connect Okta to Microsoft Sentinel', card };
}
