import { type ProbedField, probeSentence } from '../../cards/words/okta-probe.ts';
import { sentences } from '../../cards/words/sentences.ts';
import { ConnectorError } from '../../ingestion/errors.ts';
import { requestAccessToken } from '../../ingestion/okta/access-token.ts';
import type { Authorization } from '../../ingestion/okta/authorization.ts';
import { readKey } from '../../ingestion/okta/key-pair.ts';
import { fetchPage, firstUrl } from '../../ingestion/okta/system-log.ts';
import type { Runtime } from '../../ingestion/runtime/runtime.ts';

/** Teams gives a dialog some ten seconds; what Okta has not answered by then is said to be unreachable. */
const probeTimeoutMs = 6_000;

/** How a trial call to Okta ended: with what there is to say of it, or with a sentence at the field that is wrong. */
export type Probe = { kind: 'ok'; notes: string[] } | { kind: 'refused'; field: ProbedField; text: string };

/** What is tried: an API token, or, with the client id of a service app, its private key as text. */
export type Credential = { secret: string; clientId: string | null };

/** One call with one event: it exercises the domain, the credential and its right to read the log. */
export async function probe(
  runtime: Runtime,
  { domain, credential, timeoutMs = probeTimeoutMs }: { domain: string; credential: Credential; timeoutMs?: number },
): Promise<Probe> {
  try {
    const until = runtime.deadline(timeoutMs);
    const authorization = await authorizationBy(runtime, { domain, timeoutMs, ...credential });
    const url = firstUrl(domain, runtime.now() - 3_600_000, 1);
    const answer = await fetchPage(runtime, { domain, authorization, url, timeoutMs: Math.max(1, until.leftMs()) });
    if (answer.kind === 'limited') return { kind: 'refused', ...probeSentence('rate-limited', answer.evidence) };
    const notes = [credential.clientId ? sentences.appWorks : sentences.tokenWorks];
    if (answer.budget) notes.push(sentences.budget(answer.budget.limit));
    const skewMinutes = answer.serverTime ? Math.round(Math.abs(answer.serverTime - runtime.now()) / 60_000) : 0;
    if (skewMinutes >= 2) notes.push(sentences.skewed(skewMinutes));
    return { kind: 'ok', notes };
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    return { kind: 'refused', ...probeSentence(error.reason, error.evidence) };
  }
}

/** An API token as it is; for a service app, an access token that Okta gives now. */
async function authorizationBy(
  runtime: Runtime,
  { secret, clientId, ...ask }: { domain: string; timeoutMs: number } & Credential,
): Promise<Authorization> {
  if (clientId === null) return { scheme: 'SSWS', token: secret };
  const key = readKey(secret);
  if (!key) throw new ConnectorError('key-unreadable', { text: 'What is stored is not the key of a service app.' });
  return (await requestAccessToken(runtime, { ...ask, clientId, key })).authorization;
}
