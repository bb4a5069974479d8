import { createHttpHeaders, createPipelineRequest, type PipelineResponse } from '@azure/core-rest-pipeline';
import { LogsIngestionClient } from '@azure/monitor-ingestion';
import type { DataCollectionRule } from '../connector/connector.ts';
import { ConnectorError, type Evidence } from '../errors.ts';
import { retryAfterMs, retrying, retryPolicies } from '../retry.ts';
import { unreachableText } from '../runtime/proxy.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { evidenceOf, uploadRefusal } from './upload-refusal.ts';

/** The streams that rules of ours declare: for a connector's events, and for the health records of a workspace. */
export const stream = 'Custom-OktaSystemLog';
export const healthStream = 'Custom-OktaConnectorHealth';
/** What Azure takes in one call, as it is on the wire. */
const maxWireBytes = 1_000_000;
const answerTimeoutMs = 30_000;

/** `calls`: how many it took. */
export type UploadResult = { calls: number } & (
  | { kind: 'accepted' }
  /** This body can never be taken (400; 413: too large): halve it, and put a single event aside. */
  | { kind: 'refused'; tooLarge: boolean; evidence: Evidence }
  /** As `uploadRefusal` says; else azure-throttled, azure-unreachable, identity-failed. Where its answer was lost, it may stand there. */
  | { kind: 'failed'; error: ConnectorError }
);

/** Uploads ready bytes to one data collection rule, through the SDK client's own pipeline (token, tracing). */
export class LogsIngestion {
  readonly #runtime: Runtime;
  readonly #rule: DataCollectionRule;
  readonly #url: string;
  #client: LogsIngestionClient;

  constructor(runtime: Runtime, rule: DataCollectionRule, into = stream) {
    this.#runtime = runtime;
    this.#rule = rule;
    this.#client = this.#open();
    this.#url = `${rule.endpoint}/dataCollectionRules/${rule.immutableId}/streams/${into}?api-version=2023-01-01`;
  }

  #open(): LogsIngestionClient {
    const client = new LogsIngestionClient(this.#rule.endpoint, this.#runtime.credential, {
      httpClient: this.#runtime.http,
      audience: this.#runtime.cloud.monitor,
      retryOptions: { maxRetries: 0 },
    });
    // Our bodies are compressed already, or are not to be.
    client.pipeline.removePolicy({ name: 'GzippingPolicy' });
    return client;
  }

  /**
   * Sends one JSON array, compressed by gzip or as it is; again, for a while, where it is certain that it was not taken. `signal`
   * ends the waiting between tries; a call that is under way is always waited for.
   */
  async upload(bytes: Buffer, { signal }: { signal: AbortSignal }): Promise<UploadResult> {
    if (bytes.length > maxWireBytes) return { kind: 'refused', tooLarge: true, calls: 0, evidence: {} };
    const begunAt = this.#runtime.now();
    let calls = 0;
    const work = async () => {
      calls++;
      const outcome = await this.#tryWithToken(bytes);
      if (outcome.kind === 'failed') throw new Failed(outcome);
      return outcome;
    };
    const again = (fault: unknown) => (fault instanceof Failed && fault.again ? { askedMs: fault.askedMs } : null);
    try {
      return {
        ...(await retrying(retryPolicies.upload, { ...this.#runtime, signal }, { work, again })),
        calls,
      };
    } catch (fault) {
      if (!(fault instanceof Failed)) throw fault;
      fault.error.since = begunAt;
      return { kind: 'failed', error: fault.error, calls };
    }
  }

  /** A token that Azure no longer takes is asked for once more: a client keeps its own until shortly before its end. */
  async #tryWithToken(bytes: Buffer): Promise<Attempt> {
    const client = this.#client;
    const attempt = await this.#try(bytes);
    if (attempt.kind !== 'failed' || attempt.error.evidence.status !== 401) return attempt;
    if (client === this.#client) this.#client = this.#open();
    return this.#try(bytes);
  }

  async #try(bytes: Buffer): Promise<Attempt> {
    const request = createPipelineRequest({
      url: this.#url,
      method: 'POST',
      body: bytes,
      headers: createHttpHeaders({
        'content-type': 'application/json',
        ...(isGzip(bytes) && { 'content-encoding': 'gzip' }),
      }),
      abortSignal: this.#runtime.deadline(answerTimeoutMs).signal,
    });
    try {
      return judge(await this.#client.pipeline.sendRequest(this.#runtime.http, request), this.#runtime.now());
    } catch (error) {
      return failed(error as Error);
    }
  }
}

/** Whether a body is compressed, which JSON never begins like (RFC 1952, 2.3.1). */
export function isGzip(body: Buffer): boolean {
  return body[0] === 0x1f && body[1] === 0x8b;
}

type Attempt =
  | { kind: 'accepted' }
  | { kind: 'refused'; tooLarge: boolean; evidence: Evidence }
  | { kind: 'failed'; error: ConnectorError; again: boolean; askedMs: number | null };

/** A try without success, thrown to whoever tries again. */
class Failed extends Error {
  readonly error: ConnectorError;
  readonly again: boolean;
  readonly askedMs: number | null;

  constructor({ error, again, askedMs }: Extract<Attempt, { kind: 'failed' }>) {
    super(error.message);
    this.error = error;
    this.again = again;
    this.askedMs = askedMs;
  }
}

function judge(response: PipelineResponse, now: number): Attempt {
  const { status } = response;
  if (status === 204) return { kind: 'accepted' };
  const isBelow = status < 300;
  // Logs Ingestion never says so: something in between, such as the page of a guest network, speaks in its stead.
  const unlike = isBelow
    ? { code: 'UnexpectedAnswer', text: `${status} in place of 204, as by something in between.` }
    : {};
  const evidence = { ...evidenceOf(response), ...unlike };
  const reason = uploadRefusal(evidence);
  if (!reason && (status === 400 || status === 413)) return { kind: 'refused', tooLarge: status === 413, evidence };
  const error = new ConnectorError(reason ?? (status === 429 ? 'azure-throttled' : 'azure-unreachable'), evidence);
  // Only 503 says that nothing was taken: a gateway that gave up does not know what the service behind it did.
  error.lost = isBelow || (status >= 500 && status !== 503);
  const askedMs = retryAfterMs(response.headers.get('retry-after'), now);
  return { kind: 'failed', error, again: reason === null && !error.lost, askedMs };
}

function failed(cause: Error): Attempt {
  // Without a token, or with a proxy that refuses, nothing was sent.
  if (cause instanceof ConnectorError) return { kind: 'failed', error: cause, again: false, askedMs: null };
  const text = cause.name === 'AbortError' ? 'No answer in time.' : (unreachableText(cause) ?? 'Connection lost.');
  const error = new ConnectorError('azure-unreachable', { text }, cause);
  const code = String((cause as { code?: unknown }).code);
  // Nor was it without a connection.
  error.lost = !/^(ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ERR_PROXY_UNREACHABLE)$/.test(code);
  return { kind: 'failed', error, again: !error.lost, askedMs: null };
}
