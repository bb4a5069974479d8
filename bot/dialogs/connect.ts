import { sentences } from '../../cards/words/sentences.ts';
import { readDomain } from '../../ingestion/okta/typed-input.ts';
import type { Backend } from '../teams/backend.ts';
import { type Dialog, type DialogAnswer, type DialogCall, said } from '../teams/dialog.ts';
import { submitApp } from './connect-app.ts';
import { findWorkspaces, showDetails, submitDetails } from './connect-details.ts';
import { submitName } from './connect-name.ts';
import { showName, showProducts } from './connect-pages.ts';
import { createDraft, type Draft, findDraft, ownerOf, saveDraft, triedKeyId } from './drafts.ts';
import { firstTexts } from './fields.ts';

/** The pages of the connect dialog: three, and one more for a service app. Every page is checked here again, whatever the card has checked. */
export const connectDialog: Dialog = { open, submit };

async function open(backend: Backend, call: DialogCall): Promise<DialogAnswer> {
  const { pool, runtime } = backend;
  const domain = readDomain(String(call.data.domain ?? ''));
  const texts = { ...firstTexts(null), ...(domain.kind === 'ok' && { domain: domain.value }) };
  const draft = await createDraft(pool, ownerOf(call), { texts, now: runtime.now() });
  return showName(backend, draft);
}

async function submit(backend: Backend, call: DialogCall): Promise<DialogAnswer> {
  const found = await findDraft(backend.pool, { id: call.data.draft, of: ownerOf(call) }, backend.runtime.now());
  if (found.kind === 'expired') return said(sentences.expired);
  if (found.kind === 'foreign') return said(sentences.foreign);
  if (found.kind === 'used') return said(sentences.connecting(found.draft.answers.name));
  return submitPage(backend, call, found.draft);
}

function submitPage(backend: Backend, call: DialogCall, draft: Draft): Promise<DialogAnswer> | DialogAnswer {
  const { page, back, finds } = call.data;
  if (page === 1) return submitName(backend, call, draft);
  if (page === 'app') return submitApp(backend, call, draft);
  // A later page without a credential behind it that was tried was made up.
  if (!triedKeyId(draft)) return showName(backend, draft);
  if (page === 2) return back ? showName(backend, draft) : submitProducts(backend, call, draft);
  if (back) return showProducts(draft, []);
  return finds ? findWorkspaces(backend, call, draft) : submitDetails(backend, call, draft);
}

/** Page 2: the products. Only Sentinel has a public API. */
async function submitProducts(backend: Backend, call: DialogCall, draft: Draft): Promise<DialogAnswer> {
  const { products } = call.data;
  const chosen = typeof products === 'string' ? products.split(',').map((product) => product.trim()) : [];
  if (!chosen.includes('siem')) return showProducts(draft, [], sentences.chooseSiem);
  await saveDraft(backend.pool, draft, backend.runtime.now());
  return showDetails(backend, call, { draft, errors: {} });
}
