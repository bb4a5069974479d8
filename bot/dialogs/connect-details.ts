import { type DetailsErrors, detailsPage, findPage } from '../../cards/dialogs/connect.ts';
import type { Errors } from '../../cards/dialogs/fields.ts';
import { fieldWords, nameSentence, pages } from '../../cards/words/fields.ts';
import { evidenceLine } from '../../cards/words/hints.ts';
import { sentences } from '../../cards/words/sentences.ts';
import { ownerNeeds } from '../../ingestion/azure/access/rights.ts';
import { listFeeding } from '../../ingestion/connector/connectors.ts';
import { ConnectorError } from '../../ingestion/errors.ts';
import type { Deadline } from '../../ingestion/runtime/deadline.ts';
import { type Deed, refusalOf, turnDeadline } from '../authorization.ts';
import type { Backend } from '../teams/backend.ts';
import { type DialogAnswer, type DialogCall, said } from '../teams/dialog.ts';
import { conversationsFor, findWorkspace, type WorkspaceChoices, workspacesFor } from './choices.ts';
import { createFrom } from './connect-create.ts';
import { showName, titled } from './connect-pages.ts';
import { type Draft, findDraft, ownerOf, saveDraft } from './drafts.ts';
import { readFields, typedTexts } from './fields.ts';

/** What page 3 is drawn of, and until when Azure may be asked for it. */
type DetailsTurn = { draft: Draft; errors: DetailsErrors; deadline?: Deadline };

/** Page 3 when there are many workspaces: which are meant, or `Find another` with nothing typed. */
export async function findWorkspaces(backend: Backend, call: DialogCall, draft: Draft): Promise<DialogAnswer> {
  const page = { ...draft, answers: { ...draft.answers, ...typedTexts(call, pages.find) } };
  await saveDraft(backend.pool, page, backend.runtime.now());
  return showDetails(backend, call, { draft: page, errors: {} });
}

/** Page 3: workspace, table, start, interval, alerts. The person's rights are read again before anything is made. */
export async function submitDetails(backend: Backend, call: DialogCall, draft: Draft): Promise<DialogAnswer> {
  const { runtime, pool } = backend;
  const texts = typedTexts(call, pages.connectDetails);
  const page = { ...draft, answers: { ...draft.answers, ...texts } };
  const deadline = turnDeadline(runtime);
  const read = await readFields(pages.connectDetails, { pool, call, connector: null, hasToken: true, texts });
  if ('errors' in read) return showDetails(backend, call, { draft: page, errors: read.errors, deadline });
  const deed = await chooseWorkspace(backend, { call, answers: page.answers }, { id: read.values.workspace, deadline });
  if ('errors' in deed) return showDetails(backend, call, { draft: page, errors: deed.errors, deadline });
  await saveDraft(pool, page, runtime.now());
  const again = call.data.again === read.values.workspace;
  const done = await createFrom(backend, call, { draft: page, values: read.values, deed, again });
  if (done.kind === 'refused')
    return showDetails(backend, call, { draft: page, errors: { workspace: done.text }, deadline });
  if (done.value === 'again')
    return showDetails(backend, call, { draft: page, errors: { again: sentences.confirmAgain }, deadline });
  if (done.value === 'made') return said(sentences.connecting(page.answers.name));
  return done.value === 'expired' ? said(sentences.expired) : sayTaken(backend, call, page);
}

/** Somebody else took the name since page 1. */
async function sayTaken(backend: Backend, call: DialogCall, { id, answers }: Draft): Promise<DialogAnswer> {
  const { pool, runtime } = backend;
  const taken = nameSentence('taken', answers.name);
  const found = await findDraft(pool, { id, of: ownerOf(call) }, runtime.now());
  return found.kind === 'open' ? showName(backend, found.draft, { errors: { name: taken } }) : said(taken);
}

/** Connecting to the workspace, if the person may do so at this moment; else the sentence and where it stands. */
async function chooseWorkspace(
  backend: Backend,
  { call, answers }: { call: DialogCall; answers: Draft['answers'] },
  { id, deadline }: { id: string; deadline: Deadline },
): Promise<Deed | { errors: Errors }> {
  try {
    const workspace = await findWorkspace(backend.runtime, id, deadline);
    if (!workspace) return { errors: { workspace: fieldWords.workspace.fault } };
    const target = `${answers.name} (${answers.domain} → ${workspace.name})`;
    const asked = { asker: call, action: 'connect' as const, deadline };
    const deed = { ...asked, connectorId: null, target, workspaces: [workspace], needs: ownerNeeds };
    const refusal = await refusalOf(backend, deed);
    return refusal ? { errors: { workspace: refusal } } : deed;
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    return { errors: { form: sentences.unreadableWorkspaces(evidenceLine(error.evidence)) } };
  }
}

/** Page 3 with the workspaces that the person may choose; where there are too many, first the question which are meant. */
export async function showDetails(backend: Backend, call: DialogCall, page: DetailsTurn): Promise<DialogAnswer> {
  const { pool, runtime } = backend;
  const { draft, errors, deadline = turnDeadline(runtime) } = page;
  const { find } = draft.answers;
  const conversations = await conversationsFor(pool, call);
  const choices = await workspacesFor(backend, call.person, { find, deadline });
  const form = errors.form ?? choices.fault;
  if (noneToChoose(choices, find)) {
    const why = form ?? (find ? sentences.noneFound(find) : null);
    return titled(findPage({ draft: draft.id, find, left: choices.left, errors: why ? { form: why } : {} }));
  }
  const [first] = conversations;
  const workspaceId = draft.answers.workspace || (choices.usable.length === 1 ? (choices.usable[0]?.id ?? '') : '');
  const feeding = await listFeeding(pool, { tenantId: call.tenantId, domain: draft.answers.domain, workspaceId });
  const values = { ...draft.answers, conversation: draft.answers.conversation || (first?.id ?? '') };
  const card = detailsPage({
    draft: draft.id,
    values,
    workspaces: choices.usable.map((workspace) => ({ ...workspace, resourceGroup: workspace.id.split('/')[4] ?? '' })),
    unavailable: choices.unavailable,
    found: find ? { left: choices.left } : null,
    again: feeding.length > 0 ? { workspaceId, by: feeding.map(({ name }) => name) } : null,
    conversations,
    errors: form ? { ...errors, form } : errors,
  });
  return titled(card);
}

function noneToChoose({ usable, unavailable, left, fault }: WorkspaceChoices, find: string): boolean {
  return usable.length + unavailable.length === 0 && (left > 0 || (find !== '' && !fault));
}
