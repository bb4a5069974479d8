import { yesTo } from '../../cards/dialogs/manage.ts';
import { sentences } from '../../cards/words/sentences.ts';
import { forget } from '../../ingestion/secrets/secrets.ts';
import { transaction } from '../../ingestion/store/database.ts';
import type { Backend } from '../teams/backend.ts';
import { type DialogAnswer, said } from '../teams/dialog.ts';
import { type Draft, findDraft, forgetUnusedKey, ownerOf, saveDraft, triedKeyId } from './drafts.ts';
import { changeConnectorBy } from './manage-change.ts';
import { type Form, shortened } from './manage-form.ts';
import { type ManageTurn, othersFeeding, showManage } from './manage-page.ts';
import { type Credential, probe } from './probe.ts';
import { storedToken, storeToken } from './stored-token.ts';
import { timeLeft } from './time-left.ts';

const probeMs = 6_000;

/** What takes rows away needs a yes, and what goes to Okta is tried there, before anything is changed. */
export async function checkForm(backend: Backend, turn: ManageTurn, form: Form): Promise<DialogAnswer> {
  const { draft, connector, call } = turn;
  const { changed, texts } = form;
  const asksOkta = typeof changed.key === 'string' || triedKeyId(draft) !== null || changed.domain !== undefined;
  if (!asksOkta && Object.keys(changed).length === 0) return said(sentences.unchanged(connector.name));
  const shorter = shortened(connector, form);
  if (shorter && call.data.shorten !== `${shorter.to}`)
    return showManage(backend, turn, { texts, errors: { shorten: sentences.confirmRetention(shorter.to) }, shorter });
  return asksOkta ? tryAtOkta(backend, turn, form) : changeConnectorBy(backend, turn, form);
}

/** Token and domain, tried together; another domain takes a yes besides. */
async function tryAtOkta(backend: Backend, turn: ManageTurn, form: Form): Promise<DialogAnswer> {
  const { connector, deadline, call } = turn;
  const { changed, texts } = form;
  const secret = await credentialToTry(backend, turn, changed);
  if ('fault' in secret) return showManage(backend, turn, { texts, errors: { key: secret.fault } });
  const domain = changed.domain ?? connector.domain;
  const ask = { domain, credential: secret, timeoutMs: Math.min(probeMs, timeLeft(deadline)) };
  const tried = await probe(backend.runtime, ask);
  if (tried.kind === 'refused') {
    const ofApp = tried.field === 'client';
    const errors = ofApp ? { domain: sentences.otherOrg(domain) } : { [tried.field]: tried.text };
    return showManage(backend, turn, { texts, errors });
  }
  const feeding = await othersFeeding(backend.pool, connector, domain);
  const confirmed = changed.domain === undefined || call.data.confirm === yesTo(domain, feeding);
  return confirmed
    ? changeConnectorBy(backend, turn, form)
    : askForYes(backend, turn, { form, domain, notes: tried.notes });
}

/**
 * What was typed, else the token that this dialog has tried before, else the connector's credential. A token of before goes to no new
 * address but Okta's own; a service app sends no secret.
 */
async function credentialToTry(
  { secrets }: Backend,
  { draft, connector }: ManageTurn,
  changed: Form['changed'],
): Promise<Credential | { fault: string }> {
  const { key, domain } = changed;
  if (key) return { secret: key, clientId: null };
  const tried = triedKeyId(draft);
  const { keyId, clientId = null } = connector.settings;
  if (!tried && !clientId && domain && !isOktas(domain)) return { fault: sentences.tokenForDomain(domain) };
  const stored = await storedToken(secrets, tried ?? keyId, clientId && !tried ? 'key' : 'token');
  return 'fault' in stored ? stored : { secret: stored.value, clientId: tried ? null : clientId };
}

/** Nothing is changed yet: the token that was tried is kept for the submit that confirms the domain. */
async function askForYes(
  backend: Backend,
  turn: ManageTurn,
  { form, domain, notes }: { form: Form; domain: string; notes: string[] },
): Promise<DialogAnswer> {
  const { draft, connector, deadline } = turn;
  const { texts, changed } = form;
  const about = { domain, replaces: connector.settings.keyId, withinMs: timeLeft(deadline) };
  const stored = changed.key ? await storeToken(backend.secrets, changed.key, about) : null;
  if (stored && 'fault' in stored) return showManage(backend, turn, { texts, errors: { key: stored.fault } });
  const open = await keepInDraft(backend, turn, stored?.value ?? triedKeyId(draft));
  if (!open) return said(sentences.manageExpired);
  const confirm = sentences.confirmDomain(connector.domain, domain);
  const asked = { texts, errors: { confirm }, notes: [...notes, ...form.notes], newDomain: domain };
  return showManage(backend, { ...turn, draft: open }, asked);
}

/** Has the draft hold a token. Null when the dialog is over. */
async function keepInDraft({ runtime, pool }: Backend, turn: ManageTurn, key: string | null): Promise<Draft | null> {
  const { call, draft, connector } = turn;
  const kept = await transaction(pool, async (tx) => {
    const found = await findDraft(tx, { id: draft.id, of: ownerOf(call, connector.id) }, runtime.now());
    if (found.kind !== 'open') return null;
    const { keyId } = found.draft;
    await saveDraft(tx, { ...found.draft, keyId: key ?? keyId }, runtime.now());
    if (keyId !== key && key) await forget(tx, [keyId], { now: runtime.now() });
    return { ...found.draft, keyId: key ?? keyId };
  });
  if (!kept && key) await forgetUnusedKey(pool, key, runtime.now());
  return kept;
}

/** The domains that Okta itself gives to orgs. At any other address somebody else may be listening. */
function isOktas(domain: string): boolean {
  return /\.(okta|oktapreview|okta-emea|okta-gov|okta-miltest|trex-govcloud)\.com$|\.okta\.mil$/.test(domain);
}
