import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { SecretClient } from '@azure/keyvault-secrets';
import { ConnectorError, type Evidence } from '../errors.ts';
import type { Reason } from '../reasons.ts';
import { retrying, retryPolicies } from '../retry.ts';
import { type Deadline, raced } from '../runtime/deadline.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { readableOnly } from './arm/answers.ts';

/** One version of a secret, as the vault lists it. */
export type Version = { version: string; enabled: boolean };

/** The smallest built-in role that may do all of it. */
export const vaultRole = 'Key Vault Secrets Officer';

const timeoutMs = 5_000;
/** Less time than this is not enough for another try. */
const worthTryingMs = 500;

/**
 * The secrets of one Azure Key Vault. Every call ends within `withinMs`, and throws ConnectorError: vault-unknown,
 * vault-unreachable, vault-throttled, vault-forbidden, vault-refused, key-deleted, key-disabled, identity-failed. The errors
 * are made without their cause, since a request that stores a token holds it.
 */
export class Vault {
  readonly host: string;
  readonly #runtime: Runtime;
  readonly #client: SecretClient;

  constructor(runtime: Runtime, url: string) {
    this.host = new URL(url).host;
    this.#runtime = runtime;
    this.#client = new SecretClient(url, runtime.credential, {
      httpClient: runtime.http,
      retryOptions: { maxRetries: 0 },
      additionalPolicies: [readableOnly('vault-unreachable', this.host), plainRefusals].map((policy) => ({
        policy,
        position: 'perRetry' as const,
      })),
      // Not the newest: the sovereign clouds get them later.
      serviceVersion: '7.6',
    });
  }

  /** Makes a new version of the secret, and the secret where there is none; returns the version. */
  async set(name: string, value: string, { domain, withinMs }: { domain: string; withinMs: number }): Promise<string> {
    const about = { contentType: 'Okta credential', tags: { product: 'Patchbay', domain } };
    const made = await this.#call(name, this.#runtime.deadline(withinMs), (options) =>
      this.#client.setSecret(name, value, { ...about, ...options }),
    );
    return made.properties.version ?? '';
  }

  /** The value of this version, which never changes. A fault that may pass is tried once more. */
  async get(name: string, version: string, withinMs = timeoutMs): Promise<string> {
    const secret = await this.#twice(name, withinMs, (options) =>
      this.#client.getSecret(name, { version, ...options }),
    );
    return secret.value ?? '';
  }

  /** All versions of the secret; none where there is no such secret. */
  async versions(name: string): Promise<Version[]> {
    return this.#twice(name, timeoutMs, async (options) => {
      const found: Version[] = [];
      for await (const { version = '', enabled = false } of this.#client.listPropertiesOfSecretVersions(name, options))
        found.push({ version, enabled });
      return found;
    }).catch(unless('key-deleted', []));
  }

  /** Switches a version off, so that its value can’t be read any more; throws ConnectorError. */
  async disable(name: string, version: string): Promise<void> {
    await this.#twice(name, timeoutMs, (options) =>
      this.#client.updateSecretProperties(name, version, { enabled: false, ...options }),
    );
  }

  /**
   * Deletes the secret, and purges it where the vault lets us: without the right, or with purge protection, it is kept until
   * its time is over. One that is gone already is fine.
   */
  async remove(name: string): Promise<void> {
    await this.#twice(name, timeoutMs, (options) => this.#client.beginDeleteSecret(name, options)).catch(
      unless('key-deleted', undefined),
    );
    await retrying(
      retryPolicies.purge,
      { ...this.#runtime, signal: new AbortController().signal },
      {
        work: () => this.#purge(name),
        // The deletion goes on, which takes some seconds.
        again: (fault) => (fault instanceof ConnectorError && fault.evidence.status === 409 ? {} : null),
      },
    );
  }

  async #purge(name: string): Promise<void> {
    await this.#twice(name, timeoutMs, (options) => this.#client.purgeDeletedSecret(name, options))
      .catch(unless('key-deleted', undefined))
      .catch(unless('vault-forbidden', undefined));
  }

  /** Tried once more where that may help and there is time for it. */
  #twice<T>(name: string, withinMs: number, work: Work<T>): Promise<T> {
    const deadline = this.#runtime.deadline(withinMs);
    const isWorthIt = (fault: unknown) =>
      fault instanceof ConnectorError && fault.reason === 'vault-unreachable' && deadline.leftMs() >= worthTryingMs;
    return retrying(
      retryPolicies.vault,
      { ...this.#runtime, signal: deadline.signal },
      { work: () => this.#call(name, deadline, work), again: (fault) => (isWorthIt(fault) ? {} : null) },
    );
  }

  /** In time whatever happens: the token that the client asks for on the way listens to no signal. */
  async #call<T>(name: string, deadline: Deadline, work: Work<T>): Promise<T> {
    const late = () => new ConnectorError('vault-unreachable', { subject: this.host, text: 'No answer in time.' });
    try {
      return await raced(work({ abortSignal: deadline.signal }), deadline, late);
    } catch (error) {
      throw refusal(error as Thrown, `${name} in ${this.host}`, this.host);
    }
  }
}

type Work<T> = (options: { abortSignal: AbortSignal }) => Promise<T>;

function unless<T>(reason: Reason, otherwise: T) {
  return (error: unknown): T => {
    if (error instanceof ConnectorError && error.reason === reason) return otherwise;
    throw error;
  };
}

/** The client takes it for granted that a refusal looks as documented: it gets the code, the words and the innermost code of it. */
const plainRefusals: PipelinePolicy = {
  name: 'plainRefusals',
  async sendRequest(request, next) {
    const response = await next(request);
    return response.status < 300 ? response : { ...response, bodyAsText: plainRefusal(response.bodyAsText ?? '') };
  },
};

function plainRefusal(body: string): string {
  const { error } = asObject(parsed(body));
  const { message } = asObject(error);
  const [code, ...inner] = codesIn(error);
  const innermost = inner.at(-1);
  return JSON.stringify({
    error: {
      ...(code ? { code } : {}),
      ...(typeof message === 'string' ? { message } : {}),
      ...(innermost ? { innererror: { code: innermost } } : {}),
    },
  });
}

/** No refusal of the vault's is nested as deep as that. */
const deepest = 10;

/** "Forbidden" says little; what is inside it names the cause. */
function codesIn(detail: unknown, levels = deepest): string[] {
  const { code, innererror } = asObject(detail);
  const inner = innererror && levels > 0 ? codesIn(innererror, levels - 1) : [];
  return [...(typeof code === 'string' ? [code] : []), ...inner];
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null; // Not the vault's JSON: the status alone is the evidence.
  }
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

type Thrown = Error & {
  code?: string;
  statusCode?: number;
  details?: { error?: Detail };
  response?: { headers: { get(name: string): string | undefined } };
};
type Detail = { code?: string; message?: string; innerError?: Detail };

const byStatus = new Map<number, Reason>([
  [401, 'identity-failed'],
  [403, 'vault-forbidden'],
  [404, 'key-deleted'],
  [429, 'vault-throttled'],
]);

function refusal(thrown: Thrown, secret: string, host: string): Error {
  const { name, code, statusCode } = thrown;
  if (/^(AbortError|TimeoutError)$/.test(name))
    return new ConnectorError('vault-unreachable', { subject: host, text: 'No answer in time.' });
  // Said by the client when whoever answers wants tokens for somewhere else.
  if (/^The challenge /.test(thrown.message))
    return new ConnectorError('vault-refused', { subject: host, text: thrown.message.slice(0, 300) });
  if (name !== 'RestError') return thrown;
  if (statusCode === undefined)
    return new ConnectorError(code === 'ENOTFOUND' ? 'vault-unknown' : 'vault-unreachable', {
      subject: host,
      text: `Connection failed (${code ?? 'no code'}).`,
    });
  const said = thrown.details?.error;
  const inner = said?.innerError?.code ?? said?.code;
  const reason =
    inner === 'SecretDisabled'
      ? 'key-disabled'
      : (byStatus.get(statusCode) ?? (statusCode >= 500 ? 'vault-unreachable' : 'vault-refused'));
  const requestId = thrown.response?.headers.get('x-ms-request-id');
  const evidence: Evidence = {
    status: statusCode,
    subject: reason.startsWith('key-') ? secret : host,
    ...((inner ?? code) ? { code: inner ?? code ?? '' } : {}),
    ...(said?.message ? { text: said.message.slice(0, 300) } : {}),
    ...(requestId ? { requestId } : {}),
  };
  return new ConnectorError(reason, evidence);
}
