import { removeDialog } from '../../cards/dialogs/delete.ts';
import { sentences } from '../../cards/words/sentences.ts';
import type { Connector } from '../../ingestion/connector/connector.ts';
import { turnDeadline } from '../authorization.ts';
import type { Backend } from '../teams/backend.ts';
import { type Dialog, type DialogAnswer, type DialogCall, said } from '../teams/dialog.ts';
import { tidy } from '../teams/message-text.ts';
import { deleteSeveral } from './delete-several.ts';
import { askForDeletion, findDeletion } from './deletion.ts';

/** The delete dialog: of one its name typed out, of several how many, by somebody with the rights, or nothing happens. */
export const deleteDialog: Dialog = {
  open: (backend, call) => answer(backend, call, null),
  submit: (backend, call) => answer(backend, call, typedIn(call)),
};

/** `typed` is null when the dialog opens. */
async function answer(backend: Backend, call: DialogCall, typed: string | null): Promise<DialogAnswer> {
  const ids = idsIn(call.data);
  if (ids.length === 0) return said(sentences.tickSome);
  if (ids.length > mostAtOnce) return said(sentences.tickFewer(mostAtOnce));
  const several = ids.length > 1 || call.data.several === true;
  return several ? deleteSeveral(backend, call, { ids, typed }) : deleteOne(backend, call, { id: ids[0], typed });
}

/** Each takes a look into Azure while somebody waits. */
const mostAtOnce = 20;

async function deleteOne(
  backend: Backend,
  call: DialogCall,
  { id, typed }: { id: string | undefined; typed: string | null },
): Promise<DialogAnswer> {
  const found = await findDeletion(backend, call, { id, deadline: turnDeadline(backend.runtime) });
  if ('why' in found) return said(found.why);
  const { connector } = found;
  if (typed === null) return showPage(connector, '');
  if (typed !== tidy(connector.name)) return showPage(connector, typed, sentences.typeName(connector.name));
  const done = await askForDeletion(backend, found);
  return said(done.kind === 'done' ? sentences.deleting(connector.name) : done.text);
}

/** What a card names: one connector, a list of several as a multiple choice sends it, or what is ticked one by one. */
function idsIn(data: DialogCall['data']): string[] {
  const listed = Array.isArray(data.connectors) ? data.connectors : textOf(data.connectors).split(',');
  const ticked = Object.keys(data).filter((key) => key.startsWith('pick:') && data[key] === 'true');
  const all = [textOf(data.connector), ...listed.map(textOf), ...ticked.map((key) => key.slice('pick:'.length))];
  return [...new Set(all.map((id) => id.trim()).filter(Boolean))];
}

function typedIn({ data }: DialogCall): string {
  return tidy(textOf(data.confirm));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function showPage(connector: Connector, typed: string, error?: string): DialogAnswer {
  const card = removeDialog({ connector, typed, ...(error ? { error } : {}) });
  return { kind: 'card', title: `Delete ${connector.name}`, card };
}
