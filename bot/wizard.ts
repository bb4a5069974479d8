import type pg from 'pg';
import { domainSentence, probeSentence, tokenSentence } from '../cards/fields.ts';
import { sentences } from '../cards/sentences.ts';
import { detailsPage, namePage, productsPage } from '../cards/wizard.ts';
import { audit } from '../ingestion/audit.ts';
import { ownerNeeds } from '../ingestion/azure/rights.ts';
import { listWorkspaces } from '../ingestion/azure/workspaces.ts';
import type { Person, Workspace } from '../ingestion/connector.ts';
import { createConnector, listConnectors } from '../ingestion/connectors.ts';
import { readDomain, readToken } from '../ingestion/domain.ts';
import { ConnectorError } from '../ingestion/errors.ts';
import { fetchPage, firstUrl } from '../ingestion/okta.ts';
import { createPost } from '../ingestion/posts.ts';
import type { Secrets } from '../ingestion/secrets.ts';
import { transaction } from '../ingestion/store/database.ts';
import type { World } from '../ingestion/world.ts';
import { getConversation, listAlertConversations } from './conversations.ts';
import type { DialogAnswer, DialogCall } from './dialogs.ts';
import { type Answers, consumeDraft, createDraft, type Draft, findDraft, saveDraft } from './drafts.ts';
import { type Rights, rightsOn } from './people.ts';

export type WizardParts = { world: World; pool: pg.Pool; secrets: Secrets };

const title = 'Connect Okta to Microsoft Sentinel';
/** Teams gives a dialog some ten seconds; what Okta has not answered by then is said to be unreachable. */
const probeTimeoutMs = 6_000;

/** The three pages of the connect dialog. Every page is checked here again, whatever the card has checked. */
export class Wizard {
  readonly #parts: WizardParts;

  constructor(parts: WizardParts) {
    this.#parts = parts;
  }

  async open(call: DialogCall): Promise<DialogAnswer> {
    const { world, pool } = this.#parts;
    const { tenantId, person, conversationId } = call;
    const draft = await createDraft(pool, { tenantId, userId: person.id, conversationId }, world.now());
    return namePageOf(draft, {});
  }

  async submit(call: DialogCall): Promise<DialogAnswer> {
    const found = await findDraft(this.#parts.pool, call.data.draft, call.person.id, this.#parts.world.now());
    if (found.kind === 'expired') return { kind: 'message', text: sentences.expired };
    if (found.kind === 'foreign') return { kind: 'message', text: sentences.foreign };
    if (found.kind === 'used') return { kind: 'message', text: sentences.connecting(found.draft.answers.name) };
    const { draft } = found;
    if (call.data.page === 1) return this.#name(call, draft);
    // A later page without a probed key behind it was made up.
    if (!draft.keyId) return namePageOf(draft, {});
    if (call.data.page === 2) return call.data.back ? namePageOf(draft, {}) : this.#products(call, draft);
    return call.data.back ? productsPageOf(draft, []) : this.#details(call, draft);
  }

  /** Page 1: name, domain, key. The key is tried at Okta at once, and sealed before anything else happens. */
  async #name(call: DialogCall, draft: Draft): Promise<DialogAnswer> {
    const { world, pool, secrets } = this.#parts;
    const answers: Answers = { ...draft.answers, name: textOf(call, 'name'), domain: textOf(call, 'domain') };
    const key = textOf(call, 'key');
    const domain = readDomain(answers.domain);
    const token = key === '' && draft.keyId ? null : readToken(key);
    const errors: Record<string, string> = {};

    const nameFault = await this.#nameFault(call.tenantId, answers.name);
    if (nameFault) errors.name = nameFault;
    if (domain.kind === 'refused') errors.domain = domainSentence(domain.why, domain.suggestion);
    if (token?.kind === 'refused') errors.key = tokenSentence(token.why);
    const page = { ...draft, answers };
    if (domain.kind === 'refused' || token?.kind === 'refused' || nameFault) return namePageOf(page, errors);

    answers.domain = domain.value;
    const secret = token ? token.value : await secrets.unseal(pool, draft.keyId ?? '');
    const probe = await this.#probe(domain.value, secret);
    if (probe.kind === 'refused') return namePageOf(page, { [probe.field]: probe.text });

    const keyId = token ? await secrets.seal(pool, secret, world.now()) : draft.keyId;
    await saveDraft(pool, { ...draft, answers, keyId }, world.now());
    if (token && draft.keyId) await secrets.forget(pool, draft.keyId);
    const notes = [...probe.notes];
    if (domain.stripped) notes.push(sentences.strippedDomain(domain.value));
    if (token?.stripped) notes.push(sentences.strippedKey);
    return productsPageOf(draft, notes);
  }

  async #nameFault(tenantId: string, name: string): Promise<string | null> {
    if (name === '') return sentences.nameEmpty;
    if (name.length > 60) return sentences.nameLong;
    const taken = (await listConnectors(this.#parts.pool, tenantId)).some(
      (connector) => connector.name.toLowerCase() === name.toLowerCase(),
    );
    return taken ? sentences.nameTaken(name) : null;
  }

  /** One call with one event: it exercises the domain, the token and its right to read the log. */
  async #probe(
    domain: string,
    token: string,
  ): Promise<{ kind: 'ok'; notes: string[] } | { kind: 'refused'; field: 'domain' | 'key'; text: string }> {
    const { world } = this.#parts;
    try {
      const url = firstUrl(domain, world.now() - 3_600_000, 1);
      const answer = await fetchPage(world.http, { domain, token, url, timeoutMs: probeTimeoutMs });
      const notes = [sentences.tokenWorks];
      if (answer.kind === 'page' && answer.budget) notes.push(sentences.budget(answer.budget.limit));
      const skewMinutes =
        answer.kind === 'page' && answer.serverTime
          ? Math.round(Math.abs(answer.serverTime - world.now()) / 60_000)
          : 0;
      if (skewMinutes >= 2) notes.push(sentences.skewed(skewMinutes));
      return { kind: 'ok', notes };
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      return { kind: 'refused', ...probeSentence(error.reason, error.evidence) };
    }
  }

  /** Page 2: the products. Only Sentinel has a public API. */
  async #products(call: DialogCall, draft: Draft): Promise<DialogAnswer> {
    if (!textOf(call, 'products').split(',').includes('siem')) return productsPageOf(draft, [], sentences.chooseSiem);
    await saveDraft(this.#parts.pool, draft, this.#parts.world.now());
    return this.#detailsPage(call, draft, {});
  }

  /** Page 3: workspace, table, start, alerts. The person's rights are read again before anything is made. */
  async #details(call: DialogCall, draft: Draft): Promise<DialogAnswer> {
    const { world, pool } = this.#parts;
    const answers: Answers = { ...draft.answers };
    for (const field of ['workspace', 'tier', 'retention', 'total', 'backfill', 'conversation'] as const) {
      answers[field] = textOf(call, field);
    }
    const page = { ...draft, answers };
    const errors = faultsIn(answers);
    if (Object.keys(errors).length > 0) return this.#detailsPage(call, page, errors);
    if (!(await this.#mayHear(call, answers.conversation))) {
      return this.#detailsPage(call, page, { conversation: sentences.conversation });
    }
    const workspace = await this.#findWorkspace(answers.workspace);
    if (workspace instanceof ConnectorError) {
      return this.#detailsPage(call, page, { form: sentences.unreadableWorkspaces(workspace.evidence.text ?? '') });
    }
    if (!workspace) return this.#detailsPage(call, page, { workspace: sentences.chooseWorkspace });
    const rights = await rightsOn(world, call.person, workspace, ownerNeeds);
    if (rights.kind === 'unreadable') {
      return this.#detailsPage(call, page, { form: sentences.unreadableRights(rights.error.evidence.text ?? '') });
    }
    if (rights.lacking.length > 0) {
      const roles = rights.lacking.map(({ role }) => role);
      return this.#detailsPage(call, page, { workspace: sentences.lackingRoles(workspace.name, roles) });
    }
    await saveDraft(pool, page, world.now());
    return this.#create(call, page, workspace);
  }

  /** Consumes the draft and creates the connector in one transaction: a second submit finds what the first made. */
  async #create(call: DialogCall, { id, answers }: Draft, workspace: Workspace): Promise<DialogAnswer> {
    const { world, pool } = this.#parts;
    const { tenantId, person } = call;
    const now = world.now();
    const outcome = await transaction(pool, async (tx) => {
      const found = await findDraft(tx, id, person.id, now);
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
      await createPost(
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
    const draft = await findDraft(pool, id, person.id, now);
    const form = sentences.nameTaken(answers.name);
    return draft.kind === 'open' ? namePageOf(draft.draft, { name: form }) : { kind: 'message', text: form };
  }

  /** A person may send alerts to where the dialog was opened, or to where alerts go already. */
  async #mayHear(call: DialogCall, conversationId: string): Promise<boolean> {
    const choices = await this.#conversations(call);
    return choices.some(({ id }) => id === conversationId);
  }

  async #conversations(call: DialogCall): Promise<{ id: string; name: string }[]> {
    const { pool } = this.#parts;
    const here = await getConversation(pool, call.conversationId);
    const others = await listAlertConversations(pool, call.tenantId);
    const all = [...(here ? [here] : []), ...others.filter(({ id }) => id !== here?.id)];
    return all.map(({ id, name, kind }) => ({
      id,
      name: name || (kind === 'personal' ? 'This chat' : 'This channel'),
    }));
  }

  async #findWorkspace(id: string): Promise<Workspace | null | ConnectorError> {
    try {
      return (await listWorkspaces(this.#parts.world)).find((workspace) => workspace.id === id) ?? null;
    } catch (error) {
      if (error instanceof ConnectorError) return error;
      throw error;
    }
  }

  async #detailsPage(call: DialogCall, draft: Draft, errors: Record<string, string>): Promise<DialogAnswer> {
    const conversations = await this.#conversations(call);
    const { usable, unavailable, fault } = await this.#workspacesFor(call.person);
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
      conversations,
      errors: fault && !errors.form ? { ...errors, form: fault } : errors,
    });
    return { kind: 'card', title, card };
  }

  /** All Sentinel workspaces, parted by whether this person may connect to them. */
  async #workspacesFor(person: Person) {
    const { world } = this.#parts;
    const usable: Workspace[] = [];
    const unavailable: { name: string; missing: string[] }[] = [];
    let fault: string | null = null;
    try {
      const workspaces = await listWorkspaces(world);
      const rights = await Promise.all(workspaces.map((workspace) => rightsOn(world, person, workspace, ownerNeeds)));
      for (const [index, workspace] of workspaces.entries()) {
        const right = rights[index] as Rights;
        if (right.kind === 'unreadable') fault = sentences.unreadableRights(right.error.evidence.text ?? '');
        else if (right.lacking.length === 0) usable.push(workspace);
        else unavailable.push({ name: workspace.name, missing: right.lacking.map(({ role }) => role) });
      }
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      fault = sentences.unreadableWorkspaces(error.evidence.text ?? '');
    }
    return { usable, unavailable, fault };
  }
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

function textOf(call: DialogCall, field: string): string {
  const value = call.data[field];
  return typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : '';
}

function faultsIn(answers: Answers): Record<string, string> {
  const faults: Record<string, string> = {};
  const lake = answers.tier === 'Auxiliary';
  if (!answers.workspace) faults.workspace = sentences.chooseWorkspace;
  if (!lake && answers.tier !== 'Analytics') faults.tier = sentences.chooseTier;
  if (!lake && !within(answers.retention, 4, 730)) faults.retention = sentences.retention;
  if (!within(answers.total, lake ? 4 : Number(answers.retention), 4383)) faults.total = sentences.total;
  if (!within(answers.backfill, 0, 48)) faults.backfill = sentences.backfill;
  if (!answers.conversation) faults.conversation = sentences.conversation;
  return faults;
}

function within(text: string, least: number, most: number): boolean {
  return /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most;
}

const intervalSeconds = 60;

function settingsFrom(answers: Answers, workspace: Workspace, by: { keyId: string; createdBy: Person }) {
  return {
    workspace,
    table: {
      plan: answers.tier === 'Auxiliary' ? ('Auxiliary' as const) : ('Analytics' as const),
      retentionDays: Number(answers.retention),
      totalRetentionDays: Number(answers.total),
    },
    intervalSeconds,
    backfillHours: Number(answers.backfill),
    conversationId: answers.conversation,
    ...by,
  };
}
