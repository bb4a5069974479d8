import { pages } from '../../cards/words/fields.ts';
import { sentences } from '../../cards/words/sentences.ts';
import type { Backend } from '../teams/backend.ts';
import { type DialogAnswer, type DialogCall, said } from '../teams/dialog.ts';
import { openApp } from './connect-app.ts';
import { keepAnswers, showName, showProducts } from './connect-pages.ts';
import type { Draft } from './drafts.ts';
import { readFields, typedTexts } from './fields.ts';
import { probe } from './probe.ts';
import { storedToken, storeToken } from './stored-token.ts';
import { timeLeft } from './time-left.ts';

/** All that page 1 asks of others has this time together; who is asking was looked up before. */
const turnMs = 6_500;
const probeMs = 5_000;

/** Page 1: name, domain, token. The token is tried at Okta at once, and kept before anything else happens; a service app has its own page. */
export async function submitName(backend: Backend, call: DialogCall, draft: Draft): Promise<DialogAnswer> {
  const { runtime, pool, secrets } = backend;
  const texts = typedTexts(call, pages.connectName);
  const { name, domain: typed } = texts;
  const credential = texts.credential || 'token';
  const page = { ...draft, answers: { ...draft.answers, name, domain: typed, credential } };
  const hasToken = draft.keyId !== null && !draft.answers.publicKey;
  const read = await readFields(pages.connectName, { pool, call, connector: null, hasToken, texts });
  page.answers.domain = read.values.domain ?? typed;
  if ('errors' in read) return showName(backend, page, { errors: read.errors, notes: read.notes });
  const { domain, key: token } = read.values;
  if (credential === 'app') return openApp(backend, call, { draft, answers: { name, domain, credential } });
  const answers = { ...page.answers, client: '', publicKey: '', tried: '' };
  const deadline = runtime.deadline(turnMs);
  const secret = token === null ? await storedToken(secrets, draft.keyId ?? '') : { value: token };
  if ('fault' in secret) return showName(backend, page, { errors: { key: secret.fault }, notes: read.notes });
  const ask = {
    credential: { secret: secret.value, clientId: null },
    timeoutMs: Math.min(probeMs, timeLeft(deadline)),
  };
  const tried = await probe(runtime, { domain, ...ask });
  if (tried.kind === 'refused')
    return showName(backend, page, { errors: { [tried.field]: tried.text }, notes: read.notes });

  const about = { domain, replaces: draft.keyId, withinMs: timeLeft(deadline) };
  const stored = token === null ? null : await storeToken(secrets, token, about);
  if (stored && 'fault' in stored) return showName(backend, page, { errors: { key: stored.fault }, notes: read.notes });
  const kept = await keepAnswers(backend, call, {
    id: draft.id,
    answers,
    keyId: stored?.value ?? null,
    tried: draft.keyId,
  });
  return kept ? showProducts(draft, [...tried.notes, ...read.notes]) : said(sentences.expired);
}
