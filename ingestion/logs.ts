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

/** `doubtful`: a try of it had no answer, so that its events may stand there, or stand there twice. */
export type UploadResult = { doubtful: boolean } & (
  | { kind: 'accepted' }
  /** This body can never be taken (400, 413): halve it, and put a single event aside. */
  | { kind: 'refused'; evidence: Evidence }
  /** role-missing (403), rule-missing (404), azure-throttled, azure-unreachable, identity-failed. */
  | { kind: 'failed'; error: ConnectorError }
);

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
   * Sends one JSON array of at most `maxChunkBytes`. A lost answer is tried again, because losing is worse than repeating.
   * `signal` ends the waiting between tries; a call that is under way is always waited for.
   */
  async upload(body: Buffer, signal: AbortSignal): Promise<UploadResult> {
    // One large output buffer: the usual 16 KB cost a trip between threads for each.
    const bytes = await compress(body, { level: constants.Z_BEST_SPEED, chunkSize: 512 * 1024 });
    let doubtful = false;
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#try(bytes);
      if (outcome.kind !== 'failed') return { ...outcome, doubtful };
      doubtful ||= outcome.doubtful;
      const { error, again, retryAfterMs } = outcome;
      if (attempt === tries || !again || signal.aborted) return { kind: 'failed', error, doubtful };
      const backoff = 1000 * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
      // Interrupted: the next turn of the loop would start a call, so the failure is told instead.
      const rested = await this.#rest(Math.min(retryAfterMs ?? backoff, longestRetryAfterMs), signal);
      if (!rested) return { kind: 'failed', error, doubtful };
    }
  }

  #rest(ms: number, signal: AbortSignal): Promise<boolean> {
    return this.#world.sleep(ms, signal).then(
      () => true,
      () => false,
    );
  }

  async #try(bytes: Buffer): Promise<Attempt> {
    const request = createPipelineRequest({
      url: this.#url,
      method: 'POST',
      body: bytes,
      headers: createHttpHeaders({ 'content-type': 'application/json', 'content-encoding': 'gzip' }),
      abortSignal: AbortSignal.timeout(answerTimeoutMs),
    });
    try {
      return judge(await this.#client.pipeline.sendRequest(this.#world.http, request));
    } catch (error) {
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
  const noStream = status === 400 && evidence.code === 'InvalidStream';
  if (!noStream && (status === 400 || status === 413)) return { kind: 'refused', evidence };
  const reason = noStream ? 'rule-missing' : final.get(status);
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
    // Without a connection nothing was sent.
    doubtful: !identity && !/^(ENOTFOUND|ECONNREFUSED|EAI_AGAIN)$/.test(String((error as { code?: unknown }).code)),
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
