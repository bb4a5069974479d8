import { namePage, productsPage } from '../../cards/dialogs/connect.ts';
import type { Errors } from '../../cards/dialogs/fields.ts';
import type { Card } from '../../cards/kit/template.ts';
import { forget } from '../../ingestion/secrets/secrets.ts';
import { transaction } from '../../ingestion/store/database.ts';
import type { Backend } from '../teams/backend.ts';
import type { DialogAnswer, DialogCall } from '../teams/dialog.ts';
import { type Answers, type Draft, findDraft, forgetUnusedKey, ownerOf, saveDraft } from './drafts.ts';

/** Page 1 as the draft has it, with what was done to what was typed: the token is shown as stored, or asked for. */
export function showName(
  { outboundAddresses }: Backend,
  { id, answers, keyId }: Draft,
  { errors = {}, notes = [] }: { errors?: Errors; notes?: string[] } = {},
): DialogAnswer {
  const keyStored = keyId !== null && !answers.publicKey;
  return titled(namePage({ draft: id, values: answers, keyStored, outboundAddresses, errors, notes }));
}

/** Page 2, with what went well on page 1. */
export function showProducts({ id }: Draft, notes: string[], form?: string): DialogAnswer {
  return titled(productsPage({ draft: id, notes, errors: form ? { form } : {} }));
}

/** A page under the title of the connect dialog. */
export function titled(card: Card): DialogAnswer {
  return { kind: 'card', title: 'Connect Okta to Microsoft Sentinel', card };
}

/**
 * Answers and token in one transaction: a page that Teams delivers twice leaves one token, and no other behind. `keyId`: the token that
 * this page has stored; null keeps the one of the draft, if that is still `tried`, which the page has worked with. False when the
 * dialog is over, or has gone on elsewhere.
 */
export async function keepAnswers(
  { runtime, pool }: Backend,
  call: DialogCall,
  { id, answers, keyId, tried }: { id: string; answers: Answers; keyId: string | null; tried: string | null },
): Promise<boolean> {
  const kept = await transaction(pool, async (tx) => {
    const found = await findDraft(tx, { id, of: ownerOf(call) }, runtime.now());
    if (found.kind !== 'open') return false;
    const { draft } = found;
    if (keyId === null && draft.keyId !== tried) return false;
    await saveDraft(tx, { ...draft, answers, keyId: keyId ?? draft.keyId }, runtime.now());
    if (keyId) await forget(tx, [draft.keyId], { now: runtime.now() });
    return true;
  });
  if (!kept && keyId) await forgetUnusedKey(pool, keyId, runtime.now());
  return kept;
}
