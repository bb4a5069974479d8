import { pages } from '../../cards/words/fields.ts';
import { sentences } from '../../cards/words/sentences.ts';
import { forget } from '../../ingestion/secrets/secrets.ts';
import { transaction } from '../../ingestion/store/database.ts';
import type { Backend } from '../backend.ts';
import { type DialogAnswer, type DialogCall, said } from '../teams/dialog.ts';
import { showName, showProducts } from './connect-pages.ts';
import { type Answers, type Draft, findDraft, forgetUnusedKey, ownerOf, saveDraft } from './drafts.ts';
import { readFields, typedTexts } from './fields.ts';
import { probe } from './probe.ts';
import { storedToken, storeToken } from './stored-token.ts';
import { timeLeft } from './time-left.ts';

/** All that page 1 asks of others has this time together; who is asking was looked up before. */
const turnMs = 6_500;
const probeMs = 5_000;

/** Page 1: name, domain, token. The token is tried at Okta at once, and kept before anything else happens. */
export async function submitName(backend: Backend, call: DialogCall, draft: Draft): Promise<DialogAnswer> {
  const { runtime, pool, secrets } = backend;
  const texts = typedTexts(call, pages.connectName);
  const { name, domain: typed } = texts;
  const page = { ...draft, answers: { ...draft.answers, name, domain: typed } };
  const hasToken = draft.keyId !== null;
  const read = await readFields(pages.connectName, { pool, call, connector: null, hasToken, texts });
  page.answers.domain = read.values.domain ?? typed;
  if ('errors' in read) return showName(page, read.errors, read.notes);
  const { domain, key: token } = read.values;

  const deadline = runtime.deadline(turnMs);
  const secret = token === null ? await storedToken(secrets, draft.keyId ?? '') : { value: token };
  if ('fault' in secret) return showName(page, { key: secret.fault }, read.notes);
  const tried = await probe(runtime, { domain, token: secret.value, timeoutMs: Math.min(probeMs, timeLeft(deadline)) });
  if (tried.kind === 'refused') return showName(page, { [tried.field]: tried.text }, read.notes);

  const about = { domain, replaces: draft.keyId, withinMs: timeLeft(deadline) };
  const stored = token === null ? null : await storeToken(secrets, token, about);
  if (stored && 'fault' in stored) return showName(page, { key: stored.fault }, read.notes);
  const kept = await keepAnswers(backend, call, { id: draft.id, answers: page.answers, keyId: stored?.value ?? null });
  return kept ? showProducts(draft, [...tried.notes, ...read.notes]) : said(sentences.expired);
}

/** Answers and token in one transaction: a page that Teams delivers twice leaves one token, and no other behind. */
async function keepAnswers(
  { runtime, pool }: Backend,
  call: DialogCall,
  { id, answers, keyId }: { id: string; answers: Answers; keyId: string | null },
): Promise<boolean> {
  const kept = await transaction(pool, async (tx) => {
    const found = await findDraft(tx, { id, of: ownerOf(call) }, runtime.now());
    if (found.kind !== 'open') return false;
    const { draft } = found;
    await saveDraft(tx, { ...draft, answers, keyId: keyId ?? draft.keyId }, runtime.now());
    if (keyId) await forget(tx, [draft.keyId], { now: runtime.now() });
    return true;
  });
  if (!kept && keyId) await forgetUnusedKey(pool, keyId, runtime.now());
  return kept;
}
