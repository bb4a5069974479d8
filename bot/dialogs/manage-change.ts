import { yesTo } from '../../cards/dialogs/manage.ts';
import { nameSentence } from '../../cards/words/fields.ts';
import { sentences } from '../../cards/words/sentences.ts';
import type { Connector } from '../../ingestion/connector/connector.ts';
import { holdConnector, holdFeed } from '../../ingestion/connector/connectors.ts';
import { connectorLease } from '../../ingestion/connector/leases.ts';
import { noteChange } from '../../ingestion/connector/note.ts';
import { changeConnector } from '../../ingestion/connector/owner-requests.ts';
import { forget } from '../../ingestion/secrets/secrets.ts';
import type { Queryable } from '../../ingestion/store/queryable.ts';
import { auditDeed, commitAllowed, type Deed, type Done } from '../authorization.ts';
import type { Backend } from '../teams/backend.ts';
import { type DialogAnswer, type DialogCall, said } from '../teams/dialog.ts';
import { consumeDraft, type Draft, findDraft, forgetUnusedKey, ownerOf, saveDraft, triedKeyId } from './drafts.ts';
import { changesOf } from './fields.ts';
import { chosenFrom, type Form } from './manage-form.ts';
import { type ManageTurn, showManage } from './manage-page.ts';
import { storeToken } from './stored-token.ts';
import { timeLeft } from './time-left.ts';

/** A poll that brings a connector up to date is over within this time; one that catches up is not waited for. */
const patienceMs = 2_000;
const lookMs = 50;

/** PostgreSQL's code for a second row where there may be one (postgresql.org, "PostgreSQL Error Codes"). */
const uniqueViolation = '23505';

/** Stores the token that was typed, and changes the connector: all of it or nothing. */
export async function changeConnectorBy(backend: Backend, turn: ManageTurn, form: Form): Promise<DialogAnswer> {
  const { texts, changed } = form;
  const { connector, deadline } = turn;
  const about = {
    domain: changed.domain ?? connector.domain,
    replaces: connector.settings.keyId,
    withinMs: timeLeft(deadline),
  };
  const stored = changed.key ? await storeToken(backend.secrets, changed.key, about) : null;
  if (stored && 'fault' in stored) return showManage(backend, turn, { texts, errors: { key: stored.fault } });
  const keyId = stored?.value ?? null;
  try {
    return await changeBetweenPolls(backend, turn, { ...form, keyId });
  } catch (error) {
    // Somebody else took the name a moment ago; all of it was rolled back.
    if ((error as { code?: string }).code !== uniqueViolation) throw error;
    return showManage(backend, turn, { texts, errors: { name: nameSentence('taken', texts.name) } });
  } finally {
    if (keyId) await forgetUnusedKey(backend.pool, keyId, backend.runtime.now());
  }
}

/** What is to be written: `keyId` is the token that this submit has stored. */
type Change = Form & { keyId: string | null };

/** Writes it while nobody works on the connector, or else all the same, but for what provisioning would write over. */
async function changeBetweenPolls(backend: Backend, turn: ManageTurn, change: Change): Promise<DialogAnswer> {
  const { runtime } = backend;
  const { connector, deed } = turn;
  const write = (alone: boolean) =>
    commitAllowed(backend, deed, (tx) => writeChange(tx, turn, { ...change, alone, now: runtime.now() }));
  const done = (await whileFree(backend, turn, () => write(true))) ?? (await write(false));
  if (done.kind === 'refused') return said(done.text);
  if (done.value.kind === 'said') return said(done.value.text);
  const { texts, changed } = change;
  const newDomain = changed.domain ?? null;
  const errors =
    done.value.kind === 'busy'
      ? { form: sentences.busy(connector.name) }
      : { confirm: sentences.confirmDomain(connector.domain, newDomain ?? '') };
  return showManage(backend, turn, { texts, errors, newDomain });
}

/**
 * Does it under the connector's lease, so that no poll is cut off, or finds its token gone, in the middle. Null when a poll holds
 * it for longer than it is waited for; the waits are counted, because no clock can say how long the store took.
 */
async function whileFree(
  { leases, runtime }: Backend,
  { connector, deadline }: ManageTurn,
  work: () => Promise<Done<Written>>,
): Promise<Done<Written> | null> {
  const name = connectorLease(connector.id);
  const longest = Math.min(patienceMs, timeLeft(deadline));
  for (let waited = 0; waited < longest; waited += lookMs) {
    const outcome = await leases.whileHeld(name, work);
    if (outcome) return outcome;
    await runtime.sleep(lookMs);
  }
  return null;
}

type Written = { kind: 'said'; text: string } | { kind: 'busy' | 'again' };

/** All of it or nothing: a second submit finds what the first has changed. */
async function writeChange(
  tx: Queryable,
  { call, draft, connector, deed }: ManageTurn,
  change: Change & { alone: boolean; now: number },
): Promise<Written> {
  const { changed, alone, now } = change;
  const found = await findDraft(tx, { id: draft.id, of: ownerOf(call, connector.id) }, now);
  if (found.kind === 'used') return sentence(sentences.changed(connector.name, found.draft.answers.changed));
  if (found.kind !== 'open' || found.draft.keyId !== draft.keyId) return sentence(sentences.manageExpired);
  const held = await holdConnector(tx, connector.id);
  if (!held) return sentence(sentences.gone);
  // What provisioning has under way would write over the wish to have the rule brought up to date.
  if (changed.domain && !alone && held.provisioning.finishedAt === null) return { kind: 'busy' };
  if (changed.domain && !(await isConfirmed(tx, { call, held, domain: changed.domain }))) return { kind: 'again' };
  const keyId = change.keyId ?? triedKeyId(draft) ?? held.settings.keyId;
  await changeConnector(tx, held, { ...chosenFrom(held, changed, keyId), by: call.person, now });
  const unused = [held.settings.keyId, draft.keyId].filter((id) => id !== keyId);
  await forget(tx, unused, { now });
  const told = await tellChange(
    tx,
    { deed, draft, held },
    { changed: withToken(changed, keyId !== held.settings.keyId), now },
  );
  return sentence(sentences.changed(changed.name ?? held.name, told));
}

/** The yes to another domain was given in the knowledge of whoever else feeds the workspace from there. */
async function isConfirmed(
  tx: Queryable,
  { call, held, domain }: { call: DialogCall; held: Connector; domain: string },
): Promise<boolean> {
  const { id: but, tenantId, settings } = held;
  const feeding = await holdFeed(tx, { tenantId, domain, workspaceId: settings.workspace.id, but });
  return (
    call.data.confirm ===
    yesTo(
      domain,
      feeding.map(({ name }) => name),
    )
  );
}

function sentence(text: string): Written {
  return { kind: 'said', text };
}

/** A token counts as changed when the connector has another one, whether this submit brought it or an earlier one; an app is told itself. */
function withToken({ key: _, ...changed }: Form['changed'], isNew: boolean): Form['changed'] {
  return isNew && changed.client === undefined ? { ...changed, key: null } : changed;
}

/** Has draft, audit and the connector's conversation know what was changed, and returns it in words. */
async function tellChange(
  tx: Queryable,
  { deed, draft, held }: { deed: Deed; draft: Draft; held: Connector },
  { changed, now }: { changed: Form['changed']; now: number },
): Promise<string> {
  const { audited, words } = changesOf(held, changed);
  await saveDraft(tx, { ...draft, answers: { ...draft.answers, changed: words } }, now);
  await consumeDraft(tx, draft.id, held.id);
  const note = { kind: 'changed' as const, by: deed.asker.person.name, words };
  const conversationIds = [held.settings.conversationId, changed.conversation ?? held.settings.conversationId];
  await noteChange(tx, held, { note, conversationIds, now });
  await auditDeed(tx, deed, { result: `changed ${audited.join(', ')}`, now });
  return words;
}
