import { setTimeout } from 'node:timers/promises';
import { type ManagePage, manageDialog } from '../../cards/dialogs/manage.ts';
import { sentences } from '../../cards/words/sentences.ts';
import { ownerNeeds } from '../../ingestion/azure/access/rights.ts';
import { audit } from '../../ingestion/connector/audit.ts';
import { type Connector, isLake } from '../../ingestion/connector/connector.ts';
import { getConnector, holdConnector } from '../../ingestion/connector/connectors.ts';
import { connectorLock } from '../../ingestion/connector/locks.ts';
import { changeConnector } from '../../ingestion/connector/owner-requests.ts';
import { forget } from '../../ingestion/secrets/secrets.ts';
import { type Queryable, transaction, whileAlone } from '../../ingestion/store/database.ts';
import { refusalOn } from '../authorization.ts';
import { conversationsFor } from './choices.ts';
import type { WizardParts } from './connect.ts';
import type { DialogAnswer, DialogCall } from './dialog.ts';
import { consumeDraft, createDraft, type Draft, findDraft, forgetUnusedKey, noAnswers, saveDraft } from './drafts.ts';
import { inWords, probe } from './fields.ts';
import { changesOf, chosen, type Errors, type Form, readForm, shortened, shownOf, type Values } from './manage-form.ts';

/** One submit of one person's dialog, and how much of Teams' patience is left, in milliseconds. */
type Turn = { call: DialogCall; draft: Draft; connector: Connector; left(): number };

/** Teams shows "Unable to reach app" after some ten seconds. */
const turnMs = 9_000;
/** A poll that brings a connector up to date is over within this time; one that catches up is not waited for. */
const patienceMs = 2_000;
/** Storing a token, or reading one, comes on top of Okta's probe. */
const keepMs = 3_000;

/** The manage dialog: a connector's token, interval, name, conversation and domain, changed by somebody with the rights. */
export class Manage {
  readonly #parts: WizardParts;

  constructor(parts: WizardParts) {
    this.#parts = parts;
  }

  async open(call: DialogCall): Promise<DialogAnswer> {
    const { runtime, pool } = this.#parts;
    const left = patience();
    const connector = await this.#find(call, left());
    if ('kind' in connector) return connector;
    const shown = shownOf(connector);
    const draft = await createDraft(pool, ownerOf(call), runtime.now(), { ...noAnswers, ...shown });
    return this.#page({ call, draft, connector, left }, shown, {});
  }

  async submit(call: DialogCall): Promise<DialogAnswer> {
    const { runtime, pool } = this.#parts;
    const left = patience();
    const found = await findDraft(pool, call.data.draft, ownerOf(call), runtime.now());
    if (found.kind === 'expired') return said(sentences.manageExpired);
    if (found.kind === 'foreign') return said(sentences.manageForeign);
    const connector = await this.#find(call, left());
    if ('kind' in connector) return connector;
    if (found.kind === 'used') return said(sentences.changed(connector.name, found.draft.answers.changed));
    const turn = { call, draft: found.draft, connector, left };
    const form = await readForm(this.#parts, turn);
    return 'errors' in form ? this.#page(turn, form.values, form.errors) : this.#judge(turn, form);
  }

  /** The connector, if it is of this tenant and the person may change it on its workspace at this moment. */
  async #find(call: DialogCall, withinMs: number): Promise<Connector | DialogAnswer> {
    const { runtime, pool } = this.#parts;
    const connector = await getConnector(pool, String(call.data.connector));
    if (connector?.tenantId !== call.tenantId || connector.desired === 'delete') return said(sentences.gone);
    const { workspace } = connector.settings;
    const refusal = await refusalOn(runtime, call.person, workspace, ownerNeeds, AbortSignal.timeout(withinMs));
    return refusal ? said(refusal) : connector;
  }

  /** What goes to Okta is tried there, and another domain confirmed, before anything is changed. */
  async #judge(turn: Turn, form: Form): Promise<DialogAnswer> {
    const { runtime } = this.#parts;
    const { draft, connector, left } = turn;
    const { to, token } = form;
    const nothing = token === null && draft.keyId === null && Object.values(to).every((value) => value === null);
    if (nothing) return said(sentences.unchanged(connector.name));
    const less = shortened(connector, form);
    if (less && turn.call.data.shorten !== `${less.to}`)
      return this.#page(turn, form.values, { shorten: sentences.confirmRetention(less.to) }, { shorter: less });
    if (token === null && draft.keyId === null && to.domain === null) return this.#change(turn, form);

    const secret = token ?? (await this.#storedToken(turn, to.domain));
    if (typeof secret !== 'string') return this.#page(turn, form.values, secret);
    const domain = to.domain ?? connector.domain;
    const tried = await probe(runtime, { domain, token: secret, timeoutMs: Math.min(6_000, left()) });
    if (tried.kind === 'refused') return this.#page(turn, form.values, { [tried.field]: tried.text });
    if (to.domain === null || turn.call.data.confirm === to.domain) return this.#change(turn, form);

    const kept = token === null ? { value: draft.keyId } : await this.#store(turn, form, token);
    if ('fault' in kept) return this.#page(turn, form.values, { key: kept.fault });
    const open = await this.#keep(turn, kept.value);
    if (!open) return said(sentences.manageExpired);
    const confirm = sentences.confirmDomain(connector.domain, to.domain);
    const notes = [...tried.notes, ...form.notes];
    return this.#page({ ...turn, draft: open }, form.values, { confirm }, { notes, newDomain: to.domain });
  }

  /** The token that this dialog has tried before, or the connector's; the latter goes to no new address but Okta's own. */
  async #storedToken({ draft, connector }: Turn, domain: string | null): Promise<string | { key: string }> {
    const { secrets } = this.#parts;
    if (!draft.keyId && domain && !isOktas(domain)) return { key: sentences.tokenForDomain(domain) };
    const read = await inWords('read', () => secrets.read(draft.keyId ?? connector.settings.keyId, keepMs));
    return 'fault' in read ? { key: read.fault } : read.value;
  }

  /** A token that was tried, kept before anything refers to it. */
  #store({ connector, left }: Turn, { to }: Form, token: string): Promise<{ value: string } | { fault: string }> {
    const { keyId } = connector.settings;
    const about = { domain: to.domain ?? connector.domain, replaces: keyId, withinMs: Math.min(keepMs, left()) };
    return inWords('keep', () => this.#parts.secrets.keep(token, about));
  }

  /** Has the draft hold a token for the submit that confirms the domain. Null when the dialog is over. */
  async #keep({ call, draft }: Turn, key: string | null): Promise<Draft | null> {
    const { runtime, pool } = this.#parts;
    const kept = await transaction(pool, async (tx) => {
      const found = await findDraft(tx, draft.id, ownerOf(call), runtime.now());
      if (found.kind !== 'open') return null;
      const { keyId } = found.draft;
      await saveDraft(tx, { ...found.draft, keyId: key ?? keyId }, runtime.now());
      if (keyId !== key && key) await forget(tx, [keyId], { now: runtime.now() });
      return { ...found.draft, keyId: key ?? keyId };
    });
    if (!kept && key) await forgetUnusedKey(pool, key, runtime.now());
    return kept;
  }

  async #change(turn: Turn, form: Form): Promise<DialogAnswer> {
    const { pool, runtime } = this.#parts;
    const key = form.token === null ? null : await this.#store(turn, form, form.token);
    if (key && 'fault' in key) return this.#page(turn, form.values, { key: key.fault });
    try {
      return await this.#betweenPolls(turn, (alone) =>
        transaction(pool, (tx) => this.#write(tx, turn, { ...form, keyId: key?.value ?? null }, alone)),
      );
    } catch (error) {
      // Somebody else took the name a moment ago; all of it was rolled back.
      if ((error as { code?: string }).code !== uniqueViolation) throw error;
      return this.#page(turn, form.values, { name: sentences.nameTaken(form.values.name) });
    } finally {
      if (key) await forgetUnusedKey(pool, key.value, runtime.now());
    }
  }

  /**
   * Does it while nobody works on the connector, so that no poll is cut off, or finds its token gone, in the middle. Where
   * one goes on for long it is done all the same (`alone` is false).
   */
  async #betweenPolls(
    { connector, left }: Turn,
    work: (alone: boolean) => Promise<DialogAnswer>,
  ): Promise<DialogAnswer> {
    const name = connectorLock(connector.id);
    const until = performance.now() + Math.min(patienceMs, left());
    do {
      const answer = await whileAlone(this.#parts.pool, name, () => work(true));
      if (answer) return answer;
      await setTimeout(50);
    } while (performance.now() < until);
    return work(false);
  }

  /** All of it or nothing: a second submit finds what the first has changed. */
  async #write(
    tx: Queryable,
    turn: Turn,
    form: Form & { keyId: string | null },
    alone: boolean,
  ): Promise<DialogAnswer> {
    const { runtime } = this.#parts;
    const { call, draft, connector } = turn;
    const now = runtime.now();
    const found = await findDraft(tx, draft.id, ownerOf(call), now);
    if (found.kind === 'used') return said(sentences.changed(connector.name, found.draft.answers.changed));
    if (found.kind !== 'open' || found.draft.keyId !== draft.keyId) return said(sentences.manageExpired);
    const held = await holdConnector(tx, connector.id);
    if (!held) return said(sentences.gone);
    // What provisioning has under way would write over the wish to have the rule brought up to date.
    if (form.to.domain && !alone && held.provisioning.finishedAt === null)
      return this.#page(turn, form.values, { form: sentences.busy(held.name) }, { newDomain: form.to.domain });

    const { keyId: oldKey } = held.settings;
    const keyId = form.keyId ?? draft.keyId ?? oldKey;
    await changeConnector(tx, held, { ...chosen(held, form, keyId), now });
    const before = [oldKey, draft.keyId].filter((id) => id !== keyId);
    await forget(tx, before, { now });

    const changed = changesOf(held, form, keyId);
    await saveDraft(tx, { ...draft, answers: { ...draft.answers, changed: told(changed) } }, now);
    await consumeDraft(tx, draft.id, held.id);
    const { tenantId, person: actor, conversationId, activityId } = call;
    const target = `${held.name} (${held.domain})`;
    const result = `changed ${changed.map(([what]) => what).join(', ')}`;
    await audit(tx, { tenantId, actor, action: 'manage', target, result, conversationId, activityId }, now);
    return said(sentences.changed(form.to.name ?? held.name, told(changed)));
  }

  async #page(
    { call, draft, connector }: Turn,
    values: Values,
    errors: Errors,
    asked: Partial<Pick<ManagePage, 'notes' | 'newDomain' | 'shorter'>> = {},
  ): Promise<DialogAnswer> {
    const conversations = await conversationsFor(this.#parts.pool, call, connector.settings.conversationId);
    const keyKept = draft.keyId !== null;
    const card = manageDialog({
      connector,
      draft: draft.id,
      lake: isLake(connector),
      values,
      conversations,
      keyKept,
      errors,
      notes: [],
      newDomain: null,
      shorter: null,
      ...asked,
    });
    return { kind: 'card', title: `Manage ${connector.name}`, card };
  }
}

const uniqueViolation = '23505';

function said(text: string): DialogAnswer {
  return { kind: 'message', text };
}

function patience(): () => number {
  const until = performance.now() + turnMs;
  return () => Math.max(1_000, Math.round(until - performance.now()));
}

function ownerOf({ tenantId, person, conversationId, data }: DialogCall) {
  return { tenantId, userId: person.id, conversationId, manages: String(data.connector) };
}

/** The domains that Okta itself gives to orgs. At any other address somebody else may be listening. */
function isOktas(domain: string): boolean {
  return /\.(okta|oktapreview|okta-emea|okta-gov|okta-miltest|trex-govcloud)\.com$|\.okta\.mil$/.test(domain);
}

function told(changes: [what: string, words: string][]): string {
  return changes.map(([, words]) => words).join('; ');
}
