import { sentences } from '../../cards/words/sentences.ts';
import type { Connector } from '../../ingestion/connector/connector.ts';
import type { Deadline } from '../../ingestion/runtime/deadline.ts';
import { connectorOf, type Deed, deedOn, refusalOf } from '../authorization.ts';
import type { Backend } from '../teams/backend.ts';
import { type Dialog, type DialogAnswer, type DialogCall, said } from '../teams/dialog.ts';
import { createDraft, findDraft, ownerOf } from './drafts.ts';
import { firstTexts } from './fields.ts';
import { openManageApp, submitManageApp } from './manage-app.ts';
import { checkForm } from './manage-check.ts';
import { chooseConnector } from './manage-choose.ts';
import { readForm } from './manage-form.ts';
import { showManage } from './manage-page.ts';

/** Teams shows "Unable to reach app" after some ten seconds. */
const turnMs = 9_000;

/** The manage dialog: what may be changed of a connector, by somebody with the rights on its workspace. */
export const manageDialog: Dialog = { open, submit };

async function open(backend: Backend, call: DialogCall): Promise<DialogAnswer> {
  // Whoever comes from the message extension has not said which.
  if (!call.data.connector || call.data.finds) return chooseConnector(backend, call);
  const deadline = backend.runtime.deadline(turnMs);
  const about = await findConnector(backend, call, deadline);
  if ('kind' in about) return about;
  const { connector } = about;
  const texts = firstTexts(connector);
  const owner = ownerOf(call, connector.id);
  const draft = await createDraft(backend.pool, owner, { texts, now: backend.runtime.now() });
  const turn = { call, draft, deadline, ...about };
  return call.data.page === 'app' ? openManageApp(backend, turn) : showManage(backend, turn, { texts, errors: {} });
}

async function submit(backend: Backend, call: DialogCall): Promise<DialogAnswer> {
  const deadline = backend.runtime.deadline(turnMs);
  const owner = ownerOf(call, String(call.data.connector));
  const found = await findDraft(backend.pool, { id: call.data.draft, of: owner }, backend.runtime.now());
  if (found.kind === 'expired') return said(sentences.manageExpired);
  if (found.kind === 'foreign') return said(sentences.manageForeign);
  const about = await findConnector(backend, call, deadline);
  if ('kind' in about) return about;
  if (found.kind === 'used') return said(sentences.changed(about.connector.name, found.draft.answers.changed));
  const turn = { call, draft: found.draft, deadline, ...about };
  if (call.data.page === 'app') return submitManageApp(backend, turn);
  const form = await readForm(backend, turn);
  return 'errors' in form ? showManage(backend, turn, form) : checkForm(backend, turn, form);
}

/** The connector, if it is of this tenant and the person may change it on its workspace at this moment. */
async function findConnector(
  backend: Backend,
  call: DialogCall,
  deadline: Deadline,
): Promise<{ connector: Connector; deed: Deed } | DialogAnswer> {
  const connector = await connectorOf(backend.pool, call.tenantId, call.data.connector);
  if (!connector || connector.desired === 'delete') return said(sentences.gone);
  const deed = deedOn(connector, { asker: call, action: 'manage', deadline });
  const refusal = await refusalOf(backend, deed);
  return refusal ? said(refusal) : { connector, deed };
}
