import type { PipelinePolicy, PipelineRequest } from '@azure/core-rest-pipeline';
import { ConnectorError } from '../../errors.ts';
import { unreachableText } from '../../runtime/proxy.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { readableOnly, unreadable } from './answers.ts';
import { apiVersions } from './api-versions.ts';
import { reasonOf, refusalOf } from './refusal.ts';

const timeoutMs = 30_000;
/** A longer wait that Azure asks for is given back to the caller; the client would sleep through an hour, its lock held. */
const longestWaitMs = 10_000;

/** Each try of a call ends in time; the client's own time-out would run by another clock. */
function inTime(runtime: Runtime): PipelinePolicy {
  return {
    name: 'inTime',
    async sendRequest(request, next) {
      const { abortSignal: given } = request;
      const { signal } = runtime.deadline(timeoutMs);
      request.abortSignal = given ? AbortSignal.any([given as AbortSignal, signal]) : signal;
      try {
        return await next(request);
      } finally {
        // A retry sends the same request again, and has a time of its own.
        if (given) request.abortSignal = given;
        else delete request.abortSignal;
      }
    },
  };
}

/** What was answered to calls that failed: some clients keep it with their error, and others drop its body. */
const refusals = new WeakMap<PipelineRequest, ConnectorError>();

function attention(runtime: Runtime, longestMs: number): PipelinePolicy {
  return {
    name: 'attention',
    async sendRequest(request, next) {
      const response = await next(request);
      if (response.status < 300) return response;
      const refusal = refusalOf(response, runtime.now());
      refusals.set(response.request, refusal);
      const { status, retryAfterMs = 0, code, text } = refusal.evidence;
      if (retryAfterMs > longestMs && (status === 429 || status === 503)) throw refusal;
      // Clients take it for granted that a refusal looks as documented; they get one that does.
      return { ...response, bodyAsText: JSON.stringify({ error: { code: code ?? '', message: text } }) };
    },
  };
}

/**
 * For clients of other services of Azure: what they are refused is kept, a long Retry-After is thrown, and so is an odd answer, as in
 * `armOptions`.
 */
export function answerPolicies(runtime: Runtime) {
  return [attention(runtime, longestWaitMs), readableOnly('azure-unreachable')].map(onEachTry);
}

function onEachTry(policy: PipelinePolicy) {
  return { policy, position: 'perRetry' as const };
}

/**
 * What every client of Azure Resource Manager is opened with: the runtime's network and cloud, 30 s for each try, three more
 * tries, or one where somebody waits for a dialog (`waiting`). A Retry-After (seconds or a date) above 10 s, or 1 s, is not slept
 * through but thrown, as a ConnectorError with `evidence.retryAfterMs`; and so is an answer that is not as `answers.ts` says
 * (learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling).
 */
export function armOptions(runtime: Runtime, waiting = false) {
  const { manager } = runtime.cloud;
  const scope = managerScope(runtime);
  return {
    // Two generations of clients take them by two names each.
    endpoint: manager,
    $host: manager,
    credentials: { scopes: [scope] },
    credentialScopes: scope,
    httpClient: runtime.http,
    retryOptions: { maxRetries: waiting ? 1 : 3, maxRetryDelayInMs: 10_000 },
    additionalPolicies: [
      inTime(runtime),
      attention(runtime, waiting ? 1_000 : longestWaitMs),
      readableOnly('azure-unreachable'),
      apiVersions(runtime),
    ].map(onEachTry),
  };
}

/** The scope of tokens for Azure Resource Manager in the runtime's cloud. */
export function managerScope({ cloud }: Runtime): string {
  return `${cloud.manager}/.default`;
}

/** Subscription, resource group and last name of an ARM id, which the clients ask for one by one; '' for a part that it lacks. */
export function idParts(id: string): { subscription: string; resourceGroup: string; name: string } {
  const parts = id.split('/');
  return { subscription: parts[2] ?? '', resourceGroup: parts[4] ?? '', name: parts.at(-1) ?? '' };
}

/** For calls to which "not there" is a good answer: null for a 404, and whatever else it is given is thrown on. */
export function nullWhenMissing(error: { statusCode?: number }): null {
  if (error.statusCode === 404) return null;
  throw error;
}

/**
 * Runs a call to Azure. Throws ConnectorError with Azure's own code, words and request id: the reasons of `refusalOf`, else
 * azure-unreachable, identity-failed, operation-failed for a long-running one, or what stands between (proxy-refused,
 * certificate-unknown). Any other error is a bug and passes as it is.
 */
export async function azure<T>(call: () => PromiseLike<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw asConnectorError(error);
  }
}

type Rest = {
  name?: string;
  statusCode?: number;
  code?: string;
  message?: string;
  request?: PipelineRequest;
};

function asConnectorError(error: unknown): unknown {
  if (error instanceof ConnectorError) return error;
  const rest = error as Rest;
  // Said by a client of a text in an answer that it takes for JSON.
  if (error instanceof SyntaxError) return unreadable('a value is no JSON');
  if (rest.name === 'AbortError') return new ConnectorError('azure-unreachable', { text: 'No answer in time.' }, error);
  const operation = operationError(rest);
  if (operation) return operation;
  if (rest.name !== 'RestError') return error;
  const refusal = rest.statusCode !== undefined && rest.request && refusals.get(rest.request);
  if (refusal) return new ConnectorError(refusal.reason, refusal.evidence, error);
  const code = rest.code ? { code: rest.code } : {};
  const said =
    rest.statusCode === undefined ? (unreachableText(rest) ?? 'Connection lost.') : 'An answer that can’t be read.';
  return new ConnectorError('azure-unreachable', { ...code, text: said }, error);
}

/** The poller of a long-running operation throws a plain Error, with Azure's code and words in its sentence. */
function operationError({ message = '' }: Rest): ConnectorError | null {
  if (message === 'Operation was canceled') return new ConnectorError('operation-failed', { code: 'Canceled' });
  if (message.startsWith('Polling ')) return new ConnectorError('operation-failed', { text: message.slice(0, 300) });
  const [, rest] = /^The long-running operation has failed(?:\. (.*))?$/s.exec(message) ?? [];
  if (rest === undefined && !message.startsWith('The long-running operation has failed')) return null;
  const [, code, text] = /^(\w+)\. (.*)$/s.exec(rest ?? '') ?? [];
  const evidence = { ...(code ? { code } : {}), text: (text ?? rest ?? '').slice(0, 300) };
  return new ConnectorError(reasonOf(code) ?? 'operation-failed', evidence);
}
