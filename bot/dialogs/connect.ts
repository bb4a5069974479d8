import type pg from 'pg';
import { detailsPage, findPage, namePage, productsPage } from '../../cards/dialogs/connect.ts';
import { typedName } from '../../cards/dialogs/manage.ts';
import { domainSentence, tokenSentence } from '../../cards/words/fields.ts';
import { evidenceLine } from '../../cards/words/hints.ts';
import { sentences } from '../../cards/words/sentences.ts';
import { ownerNeeds } from '../../ingestion/azure/access/rights.ts';
import { audit } from '../../ingestion/connector/audit.ts';
import type { Person, Workspace } from '../../ingestion/connector/connector.ts';
import { createOutboxCard } from '../../ingestion/connector/outbox.ts';
import { createConnector } from '../../ingestion/connector/registration.ts';
import { ConnectorError } from '../../ingestion/errors.ts';
import { readDomain, readToken } from '../../ingestion/okta/typed-input.ts';
import type { Runtime } from '../../ingestion/runtime/runtime.ts';
import { forget, type Secrets } from '../../ingestion/secrets/secrets.ts';
import { transaction } from '../../ingestion/store/database.ts';
import { refusalOn, turnDeadline } from '../authorization.ts';
import { tidy } from '../teams/message-text.ts';
import { conversationsFor, findWorkspace, workspacesFor } from './choices.ts';
import type { DialogAnswer, DialogCall } from './dialog.ts';
import {
  type Answers,
  consumeDraft,
  createDraft,
  type Draft,
  findDraft,
  forgetUnusedKey,
  saveDraft,
} from './drafts.ts';
import { intervalFault, inWords, nameFault, probe, retentionFaults, textOf, within } from './fields.ts';

export type WizardParts = { runtime: Runtime; pool: pg.Pool; secrets: Secrets };

const title = 'Connect Okta to Microsoft Sentinel';
/** Okta's probe comes before it, and both have to be done while Teams waits. */
const keepMs = 3_000;
/** All that page 1 asks of others has this time together; who is asking was looked up before. */
const turnMs = 6_500;
const probeMs = 5_000;

/** The three pages of the connect dialog. Every page is checked here again, whatever the card has checked. */
export class Wizard {
  readonly #parts: WizardParts;

  constructor(parts: WizardParts) {
    this.#parts = parts;
  }

  async open(call: DialogCall): Promise<DialogAnswer> {
    const { runtime, pool } = this.#parts;
    const { tenantId, person, conversationId } = call;
    const draft = await createDraft(pool, { tenantId, userId: person.id, conversationId }, runtime.now());
    return namePageOf(draft, {});
  }

  async submit(call: DialogCall): Promise<DialogAnswer> {
    const found = await findDraft(this.#parts.pool, call.data.draft, ownerOf(call), this.#parts.runtime.now());
    if (found.kind === 'expired') return { kind: 'message', text: sentences.expired };
    if (found.kind === 'foreign') return { kind: 'message', text: sentences.foreign };
    if (found.kind === 'used') return { kind: 'message', text: sentences.connecting(found.draft.answers.name) };
    const { draft } = found;
    if (call.data.page === 1) return this.#name(call, draft);
    // A later page without a probed key behind it was made up.
    if (!draft.keyId) return namePageOf(draft, {});
    if (call.data.page === 2) return call.data.back ? namePageOf(draft, {}) : this.#products(call, draft);
    if (call.data.back) return productsPageOf(draft, []);
    return call.data.finds ? this.#find(call, draft) : this.#details(call, draft);
  }

  /** Page 1: name, domain, key. The key is tried at Okta at once, and kept before anything else happens. */
  async #name(call: DialogCall, draft: Draft): Promise<DialogAnswer> {
    const { runtime, pool, secrets } = this.#parts;
    const answers: Answers = { ...draft.answers, name: tidy(textOf(call, 'name')), domain: textOf(call, 'domain') };
    const typed = textOf(call, 'key');
    const domain = readDomain(answers.domain);
    const token = typed === '' && draft.keyId ? null : readToken(typed);
    const errors: Record<string, string> = {};

    const taken = await nameFault(pool, call.tenantId, answers.name);
    if (taken) errors.name = taken;
    if (domain.kind === 'refused') errors.domain = domainSentence(domain.why, domain.suggestion);
    if (token?.kind === 'refused') errors.key = tokenSentence(token.why);
    const page = { ...draft, answers };
    if (domain.kind === 'refused' || token?.kind === 'refused' || taken) return namePageOf(page, errors);

    answers.domain = domain.value;
    const until = performance.now() + turnMs;
    const left = () => Math.max(1_000, until - performance.now());
    const secret = token ?? (await inWords('read', () => secrets.read(draft.keyId ?? '', keepMs)));
    if ('fault' in secret) return namePageOf(page, { key: secret.fault });
    const tried = await probe(runtime, {
      domain: domain.value,
      token: secret.value,
      timeoutMs: Math.min(probeMs, left()),
    });
    if (tried.kind === 'refused') return namePageOf(page, { [tried.field]: tried.text });

    const about = { domain: domain.value, replaces: draft.keyId, withinMs: Math.min(keepMs, left()) };
    const key = token && (await inWords('keep', () => secrets.keep(token.value, about)));
    if (key && 'fault' in key) return namePageOf(page, { key: key.fault });
    const kept = await this.#keep(call, draft.id, answers, key?.value ?? null);
    if (!kept) return { kind: 'message', text: sentences.expired };
    const notes = [...tried.notes];
    if (domain.stripped) notes.push(sentences.strippedDomain(domain.value));
    if (token?.stripped) notes.push(sentences.strippedKey);
    return productsPageOf(draft, notes);
  }

  /** Answers and key in one transaction: a page that Teams delivers twice leaves one key, and no other behind. */
  async #keep(call: DialogCall, id: string, answers: Answers, keyId: string | null): Promise<boolean> {
    const { runtime, pool } = this.#parts;
    const kept = await transaction(pool, async (tx) => {
      const found = await findDraft(tx, id, ownerOf(call), runtime.now());
      if (found.kind !== 'open') return false;
      const { draft } = found;
      await saveDraft(tx, { ...draft, answers, keyId: keyId ?? draft.keyId }, runtime.now());
      if (keyId) await forget(tx, [draft.keyId], { now: runtime.now() });
      return true;
    });
    if (!kept && keyId) await forgetUnusedKey(pool, keyId, runtime.now());
    return kept;
  }

  /** Page 2: the products. Only Sentinel has a public API. */
  async #products(call: DialogCall, draft: Draft): Promise<DialogAnswer> {
    if (!textOf(call, 'products').split(',').includes('siem')) return productsPageOf(draft, [], sentences.chooseSiem);
    await saveDraft(this.#parts.pool, draft, this.#parts.runtime.now());
    return this.#detailsPage(call, draft, {});
  }

  /** Page 3 when there are many workspaces: which are meant, or `Find another` with nothing typed. */
  async #find(call: DialogCall, draft: Draft): Promise<DialogAnswer> {
    const page = { ...draft, answers: { ...draft.answers, find: tidy(typedName(textOf(call, 'find'))).slice(0, 100) } };
    await saveDraft(this.#parts.pool, page, this.#parts.runtime.now());
    return this.#detailsPage(call, page, {});
  }

  /** Page 3: workspace, table, start, interval, alerts. The person's rights are read again before anything is made. */
  async #details(call: DialogCall, draft: Draft): Promise<DialogAnswer> {
    const { runtime, pool } = this.#parts;
    const answers = { ...draft.answers };
    for (const field of ['workspace', 'tier', 'retention', 'total', 'backfill', 'interval', 'conversation'] as const) {
      answers[field] = textOf(call, field);
    }
    const page = { ...draft, answers };
    const errors = faultsIn(answers);
    const deadline = turnDeadline();
    if (Object.keys(errors).length > 0) return this.#detailsPage(call, page, errors, deadline);
    const conversations = await conversationsFor(pool, call);
    if (!conversations.some(({ id }) => id === answers.conversation)) {
      return this.#detailsPage(call, page, { conversation: sentences.conversation }, deadline);
    }
    const chosen = await this.#chosen(call, answers.workspace, deadline);
    if ('form' in chosen || 'workspace' in chosen) return this.#detailsPage(call, page, chosen, deadline);
    await saveDraft(pool, page, runtime.now());
    return this.#create(call, page, chosen.found);
  }

  /** The workspace, if the person may connect to it at this moment; else the sentence and where it stands. */
  async #chosen(
    call: DialogCall,
    id: string,
    deadline: AbortSignal,
  ): Promise<{ found: Workspace } | { workspace: string } | { form: string }> {
    const { runtime } = this.#parts;
    try {
      const found = await findWorkspace(runtime, id, deadline);
      if (!found) return { workspace: sentences.chooseWorkspace };
      const refusal = await refusalOn(runtime, call.person, found, ownerNeeds, deadline);
      return refusal ? { workspace: refusal } : { found };
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      return { form: sentences.unreadableWorkspaces(evidenceLine(error.evidence)) };
    }
  }

  /** Consumes the draft and creates the connector in one transaction: a second submit finds what the first made. */
  async #create(call: DialogCall, { id, answers }: Draft, workspace: Workspace): Promise<DialogAnswer> {
    const { runtime, pool } = this.#parts;
    const { tenantId, person } = call;
    const now = runtime.now();
    const outcome = await transaction(pool, async (tx) => {
      const found = await findDraft(tx, id, ownerOf(call), now);
      if (found.kind === 'used') return 'made';
      if (found.kind !== 'open' || !found.draft.keyId) return 'expired';
      const settings = settingsFrom(answers, workspace, { keyId: found.draft.keyId, createdBy: person });
      const connector = await createConnector(
        tx,
        { tenantId, name: answers.name, domain: answers.domain, settings },
        now,
      );
      if (!connector) return 'taken';
      await consumeDraft(tx, id, connector.id);
      await createOutboxCard(
        tx,
        { connectorId: connector.id, incidentId: null, conversationId: found.draft.conversationId },
        now,
      );
      const { conversationId, activityId } = call;
      const target = `${connector.name} (${connector.domain} → ${workspace.name})`;
      await audit(
        tx,
        { tenantId, actor: person, action: 'connect', target, result: 'created', conversationId, activityId },
        now,
      );
      return 'made';
    });
    if (outcome === 'made') return { kind: 'message', text: sentences.connecting(answers.name) };
    if (outcome === 'expired') return { kind: 'message', text: sentences.expired };
    const draft = await findDraft(pool, id, ownerOf(call), now);
    const form = sentences.nameTaken(answers.name);
    return draft.kind === 'open' ? namePageOf(draft.draft, { name: form }) : { kind: 'message', text: form };
  }

  async #detailsPage(
    call: DialogCall,
    draft: Draft,
    errors: Record<string, string>,
    deadline = turnDeadline(),
  ): Promise<DialogAnswer> {
    const conversations = await conversationsFor(this.#parts.pool, call);
    const { find } = draft.answers;
    const { usable, unavailable, left, fault } = await workspacesFor(this.#parts.runtime, call.person, {
      find,
      deadline,
    });
    if (usable.length + unavailable.length === 0 && (left > 0 || (find && !fault))) {
      const form = errors.form ?? fault ?? (find ? sentences.noneFound(find) : undefined);
      return { kind: 'card', title, card: findPage({ draft: draft.id, find, left, errors: form ? { form } : {} }) };
    }
    const values = { ...draft.answers };
    if (!values.workspace && usable.length === 1) values.workspace = usable[0]?.id ?? '';
    values.conversation ||= conversations[0]?.id ?? '';
    const card = detailsPage({
      draft: draft.id,
      values,
      workspaces: usable.map(({ id, name, location }) => ({
        id,
        name,
        location,
        resourceGroup: id.split('/')[4] ?? '',
      })),
      unavailable,
      found: find ? { left } : null,
      conversations,
      errors: fault && !errors.form ? { ...errors, form: fault } : errors,
    });
    return { kind: 'card', title, card };
  }
}

function ownerOf({ tenantId, person, conversationId }: DialogCall) {
  return { tenantId, userId: person.id, conversationId };
}

function namePageOf(draft: Draft, errors: Record<string, string>): DialogAnswer {
  const { name, domain } = draft.answers;
  const card = namePage({
    draft: draft.id,
    values: { name, domain },
    keyStored: draft.keyId !== null,
    errors,
    notes: [],
  });
  return { kind: 'card', title, card };
}

function productsPageOf(draft: Draft, notes: string[], form?: string): DialogAnswer {
  return { kind: 'card', title, card: productsPage({ draft: draft.id, notes, errors: form ? { form } : {} }) };
}

function faultsIn(answers: Answers): Record<string, string> {
  const lake = answers.tier === 'Auxiliary';
  const faults: Record<string, string> = retentionFaults(answers, lake);
  if (!answers.workspace) faults.workspace = sentences.chooseWorkspace;
  if (!lake && answers.tier !== 'Analytics') faults.tier = sentences.chooseTier;
  if (!within(answers.backfill, 0, 48)) faults.backfill = sentences.backfill;
  const interval = intervalFault(answers.interval);
  if (interval) faults.interval = interval;
  if (!answers.conversation) faults.conversation = sentences.conversation;
  return faults;
}

function settingsFrom(answers: Answers, workspace: Workspace, by: { keyId: string; createdBy: Person }) {
  return {
    workspace,
    table: {
      plan: answers.tier === 'Auxiliary' ? ('Auxiliary' as const) : ('Analytics' as const),
      retentionDays: Number(answers.retention),
      totalRetentionDays: Number(answers.total),
    },
    intervalSeconds: Number(answers.interval),
    backfillHours: Number(answers.backfill),
    conversationId: answers.conversation,
    ...by,
  };
}
