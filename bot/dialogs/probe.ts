import { probeSentence } from '../../cards/words/okta-probe.ts';
import { sentences } from '../../cards/words/sentences.ts';
import { ConnectorError } from '../../ingestion/errors.ts';
import { fetchPage, firstUrl } from '../../ingestion/okta/system-log.ts';
import type { Runtime } from '../../ingestion/runtime/runtime.ts';

/** Teams gives a dialog some ten seconds; what Okta has not answered by then is said to be unreachable. */
const probeTimeoutMs = 6_000;

/** How a trial call to Okta ended: with what there is to say of it, or with a sentence at the field that is wrong. */
export type Probe = { kind: 'ok'; notes: string[] } | { kind: 'refused'; field: 'domain' | 'key'; text: string };

/** One call with one event: it exercises the domain, the token and its right to read the log. */
export async function probe(
  runtime: Runtime,
  ask: { domain: string; token: string; timeoutMs?: number },
): Promise<Probe> {
  try {
    const url = firstUrl(ask.domain, runtime.now() - 3_600_000, 1);
    const answer = await fetchPage(runtime, { timeoutMs: probeTimeoutMs, ...ask, url });
    if (answer.kind === 'limited') return { kind: 'refused', ...probeSentence('rate-limited', answer.evidence) };
    const notes = [sentences.tokenWorks];
    if (answer.budget) notes.push(sentences.budget(answer.budget.limit));
    const skewMinutes = answer.serverTime ? Math.round(Math.abs(answer.serverTime - runtime.now()) / 60_000) : 0;
    if (skewMinutes >= 2) notes.push(sentences.skewed(skewMinutes));
    return { kind: 'ok', notes };
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    return { kind: 'refused', ...probeSentence(error.reason, error.evidence) };
  }
}
