import { removeSeveralDialog } from '../../cards/dialogs/delete-several.ts';
import { deletionSentences } from '../../cards/words/deletion.ts';
import { turnDeadline } from '../authorization.ts';
import type { Backend } from '../teams/backend.ts';
import { type DialogAnswer, type DialogCall, said } from '../teams/dialog.ts';
import { askForDeletion, type Deletion, findDeletion } from './deletion.ts';

type May = Extract<Deletion, { deed: unknown }>;
type MayNot = Exclude<Deletion, May>;

/**
 * Deletes several at once, when it is typed how many: exactly those that the page has named. When one of them may not be deleted
 * any more, nothing is, and the page comes back without it. What is gone by then was deleted before.
 */
export async function deleteSeveral(
  backend: Backend,
  call: DialogCall,
  { ids, typed }: { ids: string[]; typed: string | null },
): Promise<DialogAnswer> {
  const deadline = turnDeadline(backend.runtime);
  const found = await Promise.all(ids.map((id) => findDeletion(backend, call, { id, deadline })));
  const may = found.filter((one): one is May => 'deed' in one);
  const mayNot = found.filter((one): one is MayNot => 'why' in one && one.name !== null);
  if (may.length === 0) return said(deletionSentences.none(mayNot));
  const asked = typed?.toLowerCase() === deletionSentences.confirm(ids.length);
  if (!asked || mayNot.length > 0) {
    const error = typed === null ? null : deletionSentences.typeCount(may.length);
    const card = removeSeveralDialog({ connectors: may.map(({ connector }) => connector), mayNot, error });
    return { kind: 'card', title: deletionSentences.title(may.length), card };
  }
  return said(deletionSentences.done(await Promise.all(may.map((one) => deletedBy(backend, one)))));
}

/** What came of one: `why` not, where it was not deleted. */
async function deletedBy(backend: Backend, one: May): Promise<{ name: string; why: string | null }> {
  const done = await askForDeletion(backend, one);
  return { name: one.connector.name, why: done.kind === 'refused' ? done.text : null };
}
