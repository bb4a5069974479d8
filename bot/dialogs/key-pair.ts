import { sentences } from '../../cards/words/sentences.ts';
import { keyText, makeKey, publicPart } from '../../ingestion/okta/key-pair.ts';
import { forget } from '../../ingestion/secrets/secrets.ts';
import { transaction } from '../../ingestion/store/database.ts';
import type { Backend } from '../teams/backend.ts';
import { countKeys, type Draft, findDraft, forgetUnusedKey, type Opened, saveDraft } from './drafts.ts';
import { storeToken } from './stored-token.ts';

/** So many dialogs of a person may hold a key at a time, as each is a secret in the vault before anybody's rights are known. */
const mostKeys = 5;

/** The draft with a key for a service app; the sentence of why none could be stored; or null, when the dialog is over. */
type WithKey = { draft: Draft } | { fault: string } | null;

/**
 * Has a draft hold the private key of a service app, where it holds none: a new one, stored before the draft refers to it; what the
 * draft held before is forgotten. `replaces`: the credential in whose place it is to come.
 */
export async function ensureKey(
  backend: Backend,
  draft: Draft,
  about: { owner: Opened; domain: string; replaces: string | null; withinMs: number },
): Promise<WithKey> {
  if (draft.answers.publicKey) return { draft };
  const { pool, runtime, secrets } = backend;
  const { owner, ...token } = about;
  if ((await countKeys(pool, draft, runtime.now())) >= mostKeys) return { fault: sentences.tooManyKeys };
  const key = makeKey(runtime.now());
  const stored = await storeToken(secrets, keyText(key), { ...token, what: 'key' });
  if ('fault' in stored) return stored;
  const publicKey = JSON.stringify(publicPart(key));
  const kept = await holdKey(backend, { id: draft.id, owner }, { keyId: stored.value, publicKey });
  if (kept?.keyId !== stored.value) await forgetUnusedKey(pool, stored.value, runtime.now());
  return kept && { draft: kept };
}

/** Has a draft give up the key that was made for a service app, and with it what was tried. */
export function dropKey(backend: Backend, of: { id: string; owner: Opened }): Promise<Draft | null> {
  return holdKey(backend, of, { keyId: null, publicKey: '' });
}

/** All of it or nothing; null when the dialog is over. */
function holdKey(
  { pool, runtime }: Backend,
  { id, owner }: { id: string; owner: Opened },
  { keyId, publicKey }: { keyId: string | null; publicKey: string },
): Promise<Draft | null> {
  const now = runtime.now();
  return transaction(pool, async (tx) => {
    const found = await findDraft(tx, { id, of: owner }, now);
    if (found.kind !== 'open') return null;
    const { draft } = found;
    // A page that Teams delivers twice shows the same key.
    if (publicKey && draft.answers.publicKey) return draft;
    const held = { ...draft, keyId, answers: { ...draft.answers, publicKey, tried: '' } };
    await saveDraft(tx, held, now);
    await forget(tx, [draft.keyId], { now });
    return held;
  });
}
