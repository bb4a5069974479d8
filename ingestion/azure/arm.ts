import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { ConnectorError, type Evidence, type Reason } from '../errors.ts';
import type { World } from '../world.ts';

const timeoutMs = 30_000;

const deadline: PipelinePolicy = {
  name: 'deadline',
  sendRequest(request, next) {
    request.timeout ||= timeoutMs;
    return next(request);
  },
};

/**
 * What every client of Azure Resource Manager is opened with: the world's network and cloud, a timeout, a bounded retry.
 * Somebody who waits for a dialog gets one more try, not three.
 */
export function armOptions(world: World, waiting = false) {
  const { manager } = world.cloud;
  const scope = managerScope(world);
  return {
    // Two generations of clients take them by two names each.
    endpoint: manager,
    $host: manager,
    credentials: { scopes: [scope] },
    credentialScopes: scope,
    httpClient: world.http,
    retryOptions: { maxRetries: waiting ? 1 : 3, maxRetryDelayInMs: 10_000 },
    additionalPolicies: [{ policy: deadline, position: 'perRetry' as const }],
  };
}

/** For what tokens of Azure Resource Manager are asked. */
export function managerScope({ cloud }: World): string {
  return `${cloud.manager}/.default`;
}

/** The parts of an ARM id that the clients ask for one by one. */
export function idParts(id: string): { subscription: string; resourceGroup: string; name: string } {
  const parts = id.split('/');
  return { subscription: parts[2] ?? '', resourceGroup: parts[4] ?? '', name: parts.at(-1) ?? '' };
}

const byStatus = new Map<number, Reason>([
  [401, 'identity-failed'],
  [403, 'azure-forbidden'],
  [429, 'azure-throttled'],
]);

/** For calls to which "not there" is a good answer. */
export function nullWhenMissing(error: { statusCode?: number }): null {
  if (error.statusCode === 404) return null;
  throw error;
}

/** Runs a call to Azure and turns what it throws into a ConnectorError with Azure's own code, words and request id. */
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
  response?: { headers: { get(name: string): string | undefined }; bodyAsText?: string | null };
};

function asConnectorError(error: unknown): unknown {
  if (error instanceof ConnectorError) return error;
  const rest = error as Rest;
  if (/Authentication.*Error|CredentialUnavailableError/.test(rest.name ?? '')) {
    return new ConnectorError('identity-failed', { text: rest.message?.slice(0, 300) ?? '' }, error);
  }
  if (rest.name === 'AbortError') return new ConnectorError('azure-unreachable', { text: 'No answer in time.' }, error);
  // The poller of a long-running operation throws a plain Error.
  if (/^The long-running operation has (failed|been canceled)/.test(rest.message ?? '')) {
    return new ConnectorError('azure-refused', { text: rest.message?.slice(0, 300) ?? '' }, error);
  }
  if (rest.name !== 'RestError') return error;
  const evidence = evidenceOf(rest);
  if (rest.statusCode === undefined) return new ConnectorError('azure-unreachable', evidence, error);
  const reason = byStatus.get(rest.statusCode) ?? (rest.statusCode >= 500 ? 'azure-unreachable' : 'azure-refused');
  return new ConnectorError(reason, evidence, error);
}

function evidenceOf(rest: Rest): Evidence {
  const said = bodyOf(rest);
  const requestId = rest.response?.headers.get('x-ms-request-id');
  return {
    ...(rest.statusCode === undefined ? {} : { status: rest.statusCode }),
    ...((said.code ?? rest.code) ? { code: said.code ?? rest.code ?? '' } : {}),
    text: (said.message ?? (rest.statusCode === undefined ? 'Connection lost.' : '')).slice(0, 300),
    ...(requestId ? { requestId } : {}),
  };
}

function bodyOf(rest: Rest): { code?: string; message?: string } {
  try {
    return (JSON.parse(rest.response?.bodyAsText ?? '') as { error?: { code?: string; message?: string } }).error ?? {};
  } catch {
    // Not ARM's JSON: the status alone is the evidence.
    return {};
  }
}
