import type { Errors } from '../../cards/dialogs/fields.ts';
import { manageByApp } from '../../cards/dialogs/service-app.ts';
import { pages } from '../../cards/words/fields.ts';
import { sentences } from '../../cards/words/sentences.ts';
import type { Backend } from '../teams/backend.ts';
import { type DialogAnswer, said } from '../teams/dialog.ts';
import { ownerOf, withApp } from './drafts.ts';
import { firstTexts, readFields, typedTexts } from './fields.ts';
import { dropKey, ensureKey } from './key-pair.ts';
import { changeConnectorBy } from './manage-change.ts';
import { type ManageTurn, showManage } from './manage-page.ts';
import { probe } from './probe.ts';
import { storedToken } from './stored-token.ts';
import { timeLeft } from './time-left.ts';

const probeMs = 6_000;

/** The page on which a connector gets a service app, or its app another key: with the key, which is made at the first time. */
export async function openManageApp(
  backend: Backend,
  turn: ManageTurn,
  shown: { client?: string; errors?: Errors } = {},
): Promise<DialogAnswer> {
  const { call, connector, draft, deadline } = turn;
  const { domain, settings } = connector;
  const owner = ownerOf(call, connector.id);
  const about = { owner, domain, replaces: settings.keyId, withinMs: timeLeft(deadline) };
  const made = await ensureKey(backend, draft, about);
  if (!made) return said(sentences.manageExpired);
  if ('fault' in made) return showManage(backend, turn, { texts: firstTexts(connector), errors: { form: made.fault } });
  return showApp(backend, { ...turn, draft: made.draft }, { client: settings.clientId ?? '', ...shown });
}

/** What was typed there: the app is tried at Okta, and is what the connector reads by from then on, where it stopped. */
export async function submitManageApp(backend: Backend, turn: ManageTurn): Promise<DialogAnswer> {
  const { call, connector, draft, deadline } = turn;
  const { keyId, answers } = draft;
  if (call.data.back) return leaveApp(backend, turn);
  if (!call.data.tries || !answers.publicKey || !keyId) return openManageApp(backend, turn);
  const { pool, runtime, secrets } = backend;
  const texts = typedTexts(call, pages.serviceApp);
  const read = await readFields(pages.serviceApp, { pool, call, connector, hasToken: true, texts });
  if ('errors' in read) return showApp(backend, turn, { client: texts.client, errors: read.errors });
  const { client } = read.values;
  const secret = await storedToken(secrets, keyId, 'key');
  if ('fault' in secret && secret.gone) return showOtherKey(backend, turn, { client, fault: secret.fault });
  if ('fault' in secret) return showApp(backend, turn, { client, errors: { form: secret.fault } });
  const credential = { secret: secret.value, clientId: client };
  const timeoutMs = Math.min(probeMs, timeLeft(deadline));
  const tried = await probe(runtime, { domain: connector.domain, credential, timeoutMs });
  if (tried.kind === 'refused')
    return showApp(backend, turn, { client, errors: { [tried.field === 'client' ? 'client' : 'form']: tried.text } });
  const now = { ...turn, draft: { ...draft, answers: withApp(answers, client) } };
  return changeConnectorBy(backend, now, { texts: firstTexts(connector), changed: { client }, notes: tried.notes });
}

/** Back to the fields; the key is for nobody then, and another one is made at the next time. */
async function leaveApp(backend: Backend, turn: ManageTurn): Promise<DialogAnswer> {
  const { call, connector, draft } = turn;
  const left = await dropKey(backend, { id: draft.id, owner: ownerOf(call, connector.id) });
  if (!left) return said(sentences.manageExpired);
  return showManage(backend, { ...turn, draft: left }, { texts: firstTexts(connector), errors: {} });
}

/** The key that was shown is gone: another one takes its place. */
async function showOtherKey(
  backend: Backend,
  turn: ManageTurn,
  { client, fault }: { client: string; fault: string },
): Promise<DialogAnswer> {
  const { call, connector, draft } = turn;
  const left = await dropKey(backend, { id: draft.id, owner: ownerOf(call, connector.id) });
  if (!left) return said(sentences.manageExpired);
  return openManageApp(backend, { ...turn, draft: left }, { client, errors: { form: fault } });
}

function showApp(
  { outboundAddresses }: Backend,
  { connector, draft }: ManageTurn,
  { client, errors = {} }: { client: string; errors?: Errors },
): DialogAnswer {
  const page = { draft: draft.id, publicKey: draft.answers.publicKey, client, outboundAddresses, errors };
  const card = manageByApp(page, { connector, now: connector.settings.clientId ?? null });
  return { kind: 'card', title: `Manage ${connector.name}`, card };
}
