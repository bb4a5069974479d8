import type { PipelinePolicy, PipelineResponse } from '@azure/core-rest-pipeline';
import type { Runtime } from '../../runtime/runtime.ts';

/** What each network has taught: by the kind of resource and the version that was asked for, the one that its cloud has instead. */
const learned = new WeakMap<Runtime['http'], Map<string, string>>();

/** Azure's codes for a version that a cloud does not have (learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-invalid-resource-type). */
const unknownVersion = new Set(['NoRegisteredProviderFound', 'InvalidResourceType', 'InvalidApiVersionParameter']);

/**
 * Clouds of their own get new versions of an interface late. Where Azure Resource Manager refuses one and lists those that it has,
 * the call is made once more with the newest of them that is finished and not newer than what we were built for, and so is each
 * later one. Where it has none, its refusal stands.
 */
export function apiVersions({ http }: Pick<Runtime, 'http'>): PipelinePolicy {
  const known = learned.get(http) ?? new Map<string, string>();
  learned.set(http, known);
  return {
    name: 'apiVersions',
    async sendRequest(request, next) {
      const url = new URL(request.url);
      const asked = url.searchParams.get('api-version');
      if (!asked) return next(request);
      const kind = `${kindOf(url.pathname)} ${asked}`;
      const ask = (version: string) => {
        url.searchParams.set('api-version', version);
        request.url = url.href;
        return next(request);
      };
      const before = known.get(kind);
      const response = await (before ? ask(before) : next(request));
      const other = before ? null : offered(response, asked);
      if (other === null) return response;
      const again = await ask(other);
      if (offered(again, other) === null) known.set(kind, other);
      return again;
    },
  };
}

/** The provider and types that a path ends with, without names: `microsoft.insights/datacollectionrules`. */
function kindOf(path: string): string {
  const [namespace = '', ...rest] = (path.toLowerCase().split('/providers/').at(-1) ?? '').split('/');
  return [namespace, ...rest.filter((_, index) => index % 2 === 0)].join('/');
}

/** The version to ask with instead, by what a refusal says; null where it is refused for something else, or offers none. */
function offered({ status, bodyAsText }: PipelineResponse, asked: string): string | null {
  if (status !== 400 && status !== 404 && status !== 409) return null;
  const { code = '', message = '' } = errorIn(bodyAsText ?? '');
  if (!unknownVersion.has(code)) return null;
  // “The supported api-versions are”, or of an InvalidApiVersionParameter “The supported versions are”.
  const [, list = ''] = /supported (?:api-)?versions are '([^']{1,5000})'/i.exec(message) ?? [];
  const stable = list.split(',').map((version) => version.trim());
  return (
    stable
      .filter((version) => /^\d{4}-\d\d-\d\d$/.test(version) && version < asked)
      .sort()
      .at(-1) ?? null
  );
}

function errorIn(text: string): { code?: string; message?: string } {
  try {
    const { error } = JSON.parse(text) as { error?: { code?: unknown; message?: unknown } };
    const { code, message } = error ?? {};
    return { ...(typeof code === 'string' && { code }), ...(typeof message === 'string' && { message }) };
  } catch {
    // No answer of Azure's: it says nothing of versions.
    return {};
  }
}
