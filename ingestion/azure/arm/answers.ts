import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { ConnectorError } from '../../errors.ts';
import type { Reason } from '../../reasons.ts';

/**
 * How an answer looks, as far as it is read: a kind of value, a list of these, or an object with these fields at least; `name?` may
 * be missing or null.
 */
export type Shape = keyof typeof kinds | readonly [Shape] | { readonly [field: string]: Shape };

/** What is read of values, and how they are called. `link`: the rest of a list, to which the token of its request goes. */
const kinds = {
  any: { fits: () => true, called: 'value' },
  text: { fits: (value: unknown) => typeof value === 'string', called: 'text' },
  number: { fits: (value: unknown) => Number.isFinite(value), called: 'number' },
  flag: { fits: (value: unknown) => typeof value === 'boolean', called: 'true or false' },
  time: { fits: isTime, called: 'time' },
  address: { fits: (value: unknown) => isAddress(value), called: 'https address' },
  link: {
    fits: (value: unknown, asked: string) => isAddress(value) && value !== asked && isBeside(value, asked),
    called: 'link to the same host',
  },
  secret: {
    fits: (value: unknown) =>
      isAddress(value) && /^\/(deleted)?secrets\/[^/]+(\/[^/]+)?$/.test(new URL(value).pathname),
    called: 'id of a secret',
  },
} as const;

const permissions: Shape = [
  { 'actions?': ['text'], 'notActions?': ['text'], 'dataActions?': ['text'], 'notDataActions?': ['text'] },
];
const table: Shape = {
  'properties?': {
    'provisioningState?': 'text',
    'plan?': 'text',
    'retentionInDays?': 'number',
    'totalRetentionInDays?': 'number',
    'schema?': { 'tableSubType?': 'text', 'columns?': [{ name: 'text', type: 'text' }] },
  },
};
const savedSearch: Shape = {
  'id?': 'text',
  properties: {
    category: 'text',
    displayName: 'text',
    query: 'text',
    'functionAlias?': 'text',
    'functionParameters?': 'text',
    'tags?': [{ name: 'text', value: 'text' }],
  },
};
const rule: Shape = {
  'id?': 'text',
  'properties?': { 'immutableId?': 'text', 'endpoints?': { 'logsIngestion?': 'address' } },
};
const diagnosticSetting: Shape = {
  'properties?': {
    'workspaceId?': 'text',
    'logs?': [{ 'category?': 'text', 'categoryGroup?': 'text', enabled: 'flag' }],
  },
};

const secretAttributes: Shape = {
  'enabled?': 'flag',
  'created?': 'number',
  'updated?': 'number',
  'nbf?': 'number',
  'exp?': 'number',
};

/** What is read of the good answers of Azure, by the path that is asked; the first that fits counts. */
const answers: readonly (readonly [path: RegExp, shape: Shape])[] = [
  [
    /\/roleAssignments$/i,
    listOf({ 'properties?': { 'roleDefinitionId?': 'text', 'scope?': 'text', 'condition?': 'text' } }),
  ],
  [/\/roleDefinitions\/[^/]+$/i, { 'properties?': { 'permissions?': permissions } }],
  [/\/Microsoft\.Authorization\/permissions$/i, { value: permissions, 'nextLink?': 'link' }],
  [
    /\/Microsoft\.ResourceGraph\/resources$/i,
    {
      data: [{ id: 'text', name: 'text', location: 'text', tenantId: 'text', customerId: 'text' }],
      '$skipToken?': 'text',
    },
  ],
  [
    /\/workspaces\/[^/]+$/i,
    { 'properties?': { 'workspaceCapping?': { 'dataIngestionStatus?': 'text', 'quotaNextResetTime?': 'text' } } },
  ],
  [/\/tables\/[^/]+$/i, table],
  [/\/savedSearches$/i, { 'value?': [savedSearch] }],
  [/\/savedSearches\/[^/]+$/i, savedSearch],
  [
    /\/alertRules$/i,
    listOf({ 'name?': 'text', 'properties?': { 'displayName?': 'text', 'query?': 'any', 'enabled?': 'flag' } }),
  ],
  [/\/dataCollectionRules$/i, listOf({ name: 'text' })],
  [/\/dataCollectionRules\/[^/]+$/i, rule],
  [/\/diagnosticSettings$/i, { value: [diagnosticSetting] }],
  [/\/diagnosticSettings\/[^/]+$/i, diagnosticSetting],
  [/\/operationStatuses\/[^/]+$/i, { 'status?': 'text', 'error?': { 'code?': 'text', 'message?': 'text' } }],
  [
    /\/v1\/workspaces\/[^/]+\/query$/,
    {
      tables: [{ columns: [{ name: 'text', type: 'text' }], rows: [['any']] }],
      'error?': { code: 'text', message: 'text' },
    },
  ],
  [
    /^\/secrets\/[^/]+\/versions$/,
    { 'value?': [{ id: 'secret', 'attributes?': secretAttributes }], 'nextLink?': 'link' },
  ],
  [
    /^\/(deleted)?secrets\/[^/]+(\/[^/]+)?$/,
    { id: 'secret', 'recoveryId?': 'secret', 'value?': 'text', 'attributes?': secretAttributes },
  ],
];

function listOf(element: Shape): Shape {
  return { value: [element], 'nextLink?': 'link' };
}

/**
 * Looks at good answers before a client does: one that is not as `answers` says is thrown as a ConnectorError of this reason, with what
 * is odd about it, because the clients, and what reads them, take each field for what the documents say it is.
 */
export function readableOnly(reason: Reason, subject?: string): PipelinePolicy {
  return {
    name: 'readableOnly',
    async sendRequest(request, next) {
      const response = await next(request);
      const { status, bodyAsText } = response;
      // What is accepted is looked for later, and refusals are not read here.
      if (status >= 300 || status === 202) return response;
      if (request.method === 'DELETE' && !bodyAsText) return response;
      const { pathname } = new URL(request.url);
      const shape = answers.find(([path]) => path.test(pathname))?.[1];
      if (!shape) return response;
      const body = parsed(bodyAsText ?? '');
      const odd = body === undefined ? 'it is no JSON' : misfit(body, shape, { asked: request.url });
      if (odd) throw unreadable(odd, { reason, ...(subject === undefined ? {} : { subject }) });
      return { ...response, bodyAsText: JSON.stringify(body) };
    },
  };
}

/** An answer that is not what the documents say; `odd` goes on after its name. */
export function unreadable(
  odd: string,
  { reason = 'azure-unreachable', ...subject }: { reason?: Reason; subject?: string } = {},
): ConnectorError {
  const text = `An answer that can’t be read: ${odd}.`;
  return new ConnectorError(reason, { status: 200, code: 'UnexpectedAnswer', text, ...subject });
}

/** What is odd about a value, as the end of a sentence; null when it has the shape. Never throws. */
export function misfit(value: unknown, shape: Shape, { at = '', asked = '' } = {}): string | null {
  if (typeof shape === 'string')
    return kinds[shape].fits(value, asked) ? null : differs(value, at, kinds[shape].called);
  if (isList(shape)) {
    if (!Array.isArray(value)) return differs(value, at, 'list');
    // Not by `map`, which would step over what was left out.
    const elements = Array.from(value, (element, index) => [`${at}[${index}]`, element, shape[0]] as const);
    return firstMisfit(elements, asked);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return differs(value, at, 'object');
  const fields = Object.entries(shape).flatMap(([key, inner]) => {
    const name = key.replace(/\?$/, '');
    const found: unknown = Object.hasOwn(value, name) ? value[name as keyof typeof value] : undefined;
    const isLeftOut = name !== key && (found === undefined || found === null);
    return isLeftOut ? [] : [[at ? `${at}.${name}` : name, found, inner] as const];
  });
  return firstMisfit(fields, asked);
}

function firstMisfit(parts: (readonly [at: string, value: unknown, shape: Shape])[], asked: string): string | null {
  for (const [at, value, shape] of parts) {
    const odd = misfit(value, shape, { at, asked });
    if (odd) return odd;
  }
  return null;
}

function differs(value: unknown, at: string, wanted: string): string {
  return `${at || 'all of it'} is ${kindOf(value)}, and no ${wanted}`;
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (typeof value === 'string') return 'a text';
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Undefined for what is no JSON, cut off or a page of something in between. Fields that are null are left out: to all readers they are missing. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body, (_, value) => value ?? undefined) ?? null;
  } catch {
    // Whoever asks says so.
    return undefined;
  }
}

function isTime(value: unknown): boolean {
  return (typeof value === 'string' || value instanceof Date) && Number.isFinite(new Date(value).getTime());
}

function isAddress(value: unknown): value is string {
  return typeof value === 'string' && URL.canParse(value) && new URL(value).protocol === 'https:';
}

function isBeside(link: string, asked: string): boolean {
  return new URL(link).host === new URL(asked).host;
}

function isList(shape: Shape): shape is readonly [Shape] {
  return Array.isArray(shape);
}
