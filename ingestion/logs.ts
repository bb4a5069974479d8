import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { createHttpHeaders, createPipelineRequest, type PipelineResponse } from '@azure/core-rest-pipeline';
import { LogsIngestionClient } from '@azure/monitor-ingestion';
import type { Rule } from './connector.ts';
import { ConnectorError, type Evidence, type Reason } from './errors.ts';
import type { World } from './world.ts';

const compress = promisify(gzip);

/** The stream that every rule of ours declares. */
export const stream = 'Custom-OktaSystemLog';
/** Raw bytes in one call: Azure documents 1 MB for compressed and uncompressed data alike. */
export const maxChunkBytes = 1_000_000;
const answerTimeoutMs = 30_000;
const tries = 4;
const longestRetryAfterMs = 30_000;

export type UploadResult =
  /** Taken; `doubtful` when an earlier try of it had no answer, so that it may stand there twice. */
  | { kind: 'accepted'; doubtful: boolean }
  /** This body can never be taken (400, 413): halve it, and put a single event aside. */
  | { kind: 'refused'; evidence: Evidence };

/** Uploads ready bytes to one data collection rule, through the SDK client's own pipeline (token, tracing). */
export class Logs {
  readonly #world: World;
  readonly #client: LogsIngestionClient;
  readonly #url: string;

  constructor(world: World, rule: Rule) {
    this.#world = world;
    this.#client = new LogsIngestionClient(rule.endpoint, world.credential, {
      httpClient: world.http,
      retryOptions: { maxRetries: 0 },
    });
    // Our bodies are compressed already; the client's policy would do it a second time.
    this.#client.pipeline.removePolicy({ name: 'GzippingPolicy' });
    this.#url = `${rule.endpoint}/dataCollectionRules/${rule.immutableId}/streams/${stream}?api-version=2023-01-01`;
  }

  /**
   * Sends one JSON array of at most `maxChunkBytes`. A lost answer is retried, because losing is worse than repeating.
   * Throws ConnectorError: role-missing (403), rule-missing (404), azure-throttled, azure-unreachable, identity-failed.
   */
  async upload(body: Buffer, signal: AbortSignal): Promise<UploadResult> {
    const bytes = await compress(body, { level: constants.Z_BEST_SPEED });
    let doubtful = false;
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#try(bytes, signal);
      if (outcome.kind === 'accepted') return { kind: 'accepted', doubtful };
      if (outcome.kind === 'refused') return outcome;
      doubtful ||= outcome.doubtful;
      if (attempt === tries || !outcome.again) throw outcome.error;
      const backoff = 1000 * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
      await this.#world.sleep(Math.min(outcome.retryAfterMs ?? backoff, longestRetryAfterMs), signal);
    }
  }

  async #try(bytes: Buffer, signal: AbortSignal): Promise<Attempt> {
    const request = createPipelineRequest({
      url: this.#url,
      method: 'POST',
      body: bytes,
      headers: createHttpHeaders({ 'content-type': 'application/json', 'content-encoding': 'gzip' }),
      abortSignal: AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]),
    });
    try {
      return judge(await this.#client.pipeline.sendRequest(this.#world.http, request));
    } catch (error) {
      signal.throwIfAborted();
      return failed(error as Error);
    }
  }
}

type Attempt =
  | { kind: 'accepted' }
  | { kind: 'refused'; evidence: Evidence }
  | { kind: 'failed'; error: ConnectorError; again: boolean; doubtful: boolean; retryAfterMs: number | null };

const final = new Map<number, Reason>([
  [401, 'identity-failed'],
  [403, 'role-missing'],
  [404, 'rule-missing'],
]);

function judge(response: PipelineResponse): Attempt {
  const { status } = response;
  if (status >= 200 && status < 300) return { kind: 'accepted' };
  const evidence = evidenceOf(response);
  if (status === 400 || status === 413) return { kind: 'refused', evidence };
  const reason = final.get(status);
  return {
    kind: 'failed',
    error: new ConnectorError(reason ?? (status === 429 ? 'azure-throttled' : 'azure-unreachable'), evidence),
    again: reason === undefined,
    // Only 503 says that nothing was taken: a gateway that gave up does not know what the service behind it did.
    doubtful: status >= 500 && status !== 503,
    retryAfterMs: retryAfter(response),
  };
}

function failed(error: Error): Attempt {
  const noToken =
    /^(AuthenticationError|CredentialUnavailableError|AggregateAuthenticationError|AuthenticationRequiredError)$/;
  const identity = noToken.test(error.name);
  const text = identity
    ? error.message.slice(0, 300)
    : error.name === 'AbortError'
      ? 'No answer in time.'
      : 'Connection lost.';
  return {
    kind: 'failed',
    error: new ConnectorError(identity ? 'identity-failed' : 'azure-unreachable', { text }, error),
    again: !identity,
    doubtful: !identity,
    retryAfterMs: null,
  };
}

function retryAfter(response: PipelineResponse): number | null {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null;
}

function evidenceOf(response: PipelineResponse): Evidence {
  const requestId = response.headers.get('x-ms-request-id') ?? response.request.headers.get('x-ms-client-request-id');
  const evidence: Evidence = { status: response.status, ...(requestId ? { requestId } : {}) };
  try {
    const said = JSON.parse(response.bodyAsText ?? '') as { error?: { code?: unknown; message?: unknown } };
    if (typeof said.error?.code === 'string') evidence.code = said.error.code;
    if (typeof said.error?.message === 'string') evidence.text = said.error.message.slice(0, 300);
  } catch {
    // Not the service's JSON: the status alone is the evidence.
  }
  return evidence;
}
