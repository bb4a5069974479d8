import { keepSentence } from '../../cards/words/stored-token.ts';
import { ConnectorError } from '../../ingestion/errors.ts';
import type { About, Secrets } from '../../ingestion/secrets/secrets.ts';

/** Storing a token, or reading one, comes on top of Okta's probe, and both have to be done while Teams waits. */
const keepMs = 3_000;

/** The value, or the sentence under the field of the token; `gone`: it can't be read any more, whatever is done here. */
export type Stored = { value: string } | { fault: string; gone: boolean };

/** What is stored, for the sentence. */
type What = 'token' | 'key';

/** Stores a token within the time that is left, and returns its id; before the transaction that refers to it. */
export function storeToken(
  secrets: Secrets,
  token: string,
  { withinMs = keepMs, what = 'token', ...about }: About & { what?: What },
): Promise<Stored> {
  return inWords({ deed: 'keep', what }, () => secrets.keep(token, { ...about, withinMs: Math.min(keepMs, withinMs) }));
}

/** The token behind an id. */
export function storedToken(secrets: Secrets, keyId: string, what: What = 'token'): Promise<Stored> {
  return inWords({ deed: 'read', what }, () => secrets.read(keyId, keepMs));
}

async function inWords(of: { deed: 'keep' | 'read'; what: What }, work: () => Promise<string>): Promise<Stored> {
  try {
    return { value: await work() };
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    return { fault: keepSentence(of, error.reason, error.evidence), gone: error.reason.startsWith('key-') };
  }
}
