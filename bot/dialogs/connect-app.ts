import type { Errors } from '../../cards/dialogs/fields.ts';
import { connectByApp } from '../../cards/dialogs/service-app.ts';
import { pages } from '../../cards/words/fields.ts';
import { sentences } from '../../cards/words/sentences.ts';
import type { Backend } from '../teams/backend.ts';
import { type DialogAnswer, type DialogCall, said } from '../teams/dialog.ts';
import { keepAnswers, showName, showProducts, titled } from './connect-pages.ts';
import { type Answers, type Draft, ownerOf, withApp } from './drafts.ts';
import { readFields, typedTexts } from './fields.ts';
import { dropKey, ensureKey } from './key-pair.ts';
import { probe } from './probe.ts';
import { storedToken } from './stored-token.ts';
import { timeLeft } from './time-left.ts';

/** Storing a key, or all that is asked of others as the app is tried, has this time; who is asking was looked up before. */
const turnMs = 6_500;

/**
 * The page between the first and the second, where a service app is to read: with its key, which is made at the first time. `answers`
 * are those of the first page.
 */
export async function openApp(
  backend: Backend,
  call: DialogCall,
  {
    draft,
    answers: { name, domain, credential },
    fault,
  }: { draft: Draft; answers: Pick<Answers, 'name' | 'domain' | 'credential'>; fault?: string },
): Promise<DialogAnswer> {
  const about = { owner: ownerOf(call), domain, replaces: draft.keyId, withinMs: turnMs };
  const answers = { name, domain, credential };
  const made = await ensureKey(backend, draft, about);
  if (!made) return said(sentences.expired);
  if ('fault' in made)
    return showName(backend, { ...draft, answers: { ...draft.answers, ...answers } }, { errors: { form: made.fault } });
  const page = { ...made.draft, answers: { ...made.draft.answers, ...answers } };
  const kept = await keepAnswers(backend, call, {
    id: draft.id,
    answers: page.answers,
    keyId: null,
    tried: page.keyId,
  });
  return kept ? showApp(backend, page, fault ? { form: fault } : {}) : said(sentences.expired);
}

/** What was typed there: the app is tried at Okta before anything else happens. */
export async function submitApp(backend: Backend, call: DialogCall, draft: Draft): Promise<DialogAnswer> {
  const { answers, keyId } = draft;
  if (call.data.back) return showName(backend, draft);
  if (!answers.publicKey || !keyId) return showName(backend, draft);
  const { runtime, pool, secrets } = backend;
  const texts = typedTexts(call, pages.serviceApp);
  const read = await readFields(pages.serviceApp, { pool, call, connector: null, hasToken: true, texts });
  const typed = { ...draft, answers: { ...answers, ...texts } };
  if ('errors' in read) return showApp(backend, typed, read.errors);
  const { client } = read.values;
  const deadline = runtime.deadline(turnMs);
  const secret = await storedToken(secrets, keyId, 'key');
  if ('fault' in secret && secret.gone) return showOtherKey(backend, call, { draft: typed, fault: secret.fault });
  if ('fault' in secret) return showApp(backend, typed, { form: secret.fault });
  const credential = { secret: secret.value, clientId: client };
  const tried = await probe(runtime, { domain: answers.domain, credential, timeoutMs: timeLeft(deadline) });
  if (tried.kind === 'refused')
    return showApp(backend, typed, { [tried.field === 'client' ? 'client' : 'form']: tried.text });
  const kept = await keepAnswers(backend, call, {
    id: draft.id,
    answers: withApp(answers, client),
    keyId: null,
    tried: keyId,
  });
  return kept ? showProducts(draft, tried.notes) : said(sentences.expired);
}

/** The key that was shown is gone: another one takes its place. */
async function showOtherKey(
  backend: Backend,
  call: DialogCall,
  { draft, fault }: { draft: Draft; fault: string },
): Promise<DialogAnswer> {
  const { answers } = draft;
  const left = await dropKey(backend, { id: draft.id, owner: ownerOf(call) });
  return left ? openApp(backend, call, { draft: left, answers, fault }) : said(sentences.expired);
}

function showApp(
  { outboundAddresses }: Backend,
  { id, answers: { publicKey, client } }: Draft,
  errors: Errors,
): DialogAnswer {
  return titled(connectByApp({ draft: id, publicKey, client, outboundAddresses, errors }));
}
