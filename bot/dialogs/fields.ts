import type pg from 'pg';
import { keepSentence, probeSentence } from '../../cards/words/fields.ts';
import { sentences } from '../../cards/words/sentences.ts';
import { listConnectors } from '../../ingestion/connector/connectors.ts';
import { ConnectorError } from '../../ingestion/errors.ts';
import { fetchPage, firstUrl } from '../../ingestion/okta/system-log.ts';
import type { Runtime } from '../../ingestion/runtime/runtime.ts';
import type { DialogCall } from './dialog.ts';

/** What a card sent for a field, as text. */
export function textOf(call: DialogCall, field: string): string {
  const value = call.data[field];
  return typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : '';
}

/** Whether the text is a whole number from `least` to `most`. */
export function within(text: string, least: number, most: number): boolean {
  return /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most;
}

/** The sentence under an interval that can't be, in seconds; null when it can. */
export function intervalFault(text: string): string | null {
  return within(text, 10, 900) ? null : sentences.interval;
}

/** The sentences under retentions that can't be, in days, whole numbers as text; the lake tier has the total alone. */
export function retentionFaults(
  { retention, total }: { retention: string; total: string },
  lake: boolean,
): Record<string, string> {
  return {
    ...(lake || within(retention, 4, 730) ? {} : { retention: sentences.retention }),
    ...(within(total, lake ? 4 : Number(retention), 4383) ? {} : { total: sentences.total }),
  };
}

/** The sentence under a name that a connector of this tenant can't have; null when it can. `own` may keep its name. */
export async function nameFault(pool: pg.Pool, tenantId: string, name: string, own = ''): Promise<string | null> {
  if (name === '') return sentences.nameEmpty;
  if (name.length > 60) return sentences.nameLong;
  const taken = (await listConnectors(pool, tenantId)).some(
    (connector) => connector.id !== own && connector.name.toLowerCase() === name.toLowerCase(),
  );
  return taken ? sentences.nameTaken(name) : null;
}

/** Teams gives a dialog some ten seconds; what Okta has not answered by then is said to be unreachable. */
const probeTimeoutMs = 6_000;

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

/** What became of a token, or the sentence under its field. */
export async function inWords(
  deed: 'keep' | 'read',
  work: () => Promise<string>,
): Promise<{ value: string } | { fault: string }> {
  try {
    return { value: await work() };
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    return { fault: keepSentence(deed, error.reason, error.evidence) };
  }
}
