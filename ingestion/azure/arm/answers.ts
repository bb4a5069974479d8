import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { ConnectorError } from '../../errors.ts';
import type { Reason } from '../../reasons.ts';
import { misfit, readPart, type Shape } from './shape.ts';

const permissions: Shape = [
  { 'actions?': ['text'], 'notActions?': ['text'], 'dataActions?': ['text'], 'notDataActions?': ['text'] },
];
/** Nothing here reads these; with the rest of its column or search, each is written back as it came. */
const restOfColumn = {
  'dataTypeHint?': 'any',
  'displayName?': 'any',
  'description?': 'any',
  'isDefaultDisplay?': 'any',
  'isHidden?': 'any',
} as const;
const restOfSearch = { 'version?': 'any' } as const;

const table: Shape = {
  'properties?': {
    'provisioningState?': 'text',
    'plan?': 'text',
    'retentionInDays?': 'number',
    'totalRetentionInDays?': 'number',
    'schema?': { 'tableSubType?': 'text', 'columns?': [{ name: 'text', type: 'text', ...restOfColumn }] },
  },
};
const savedSearch: Shape = {
  'id?': 'text',
  'etag?': 'text',
  properties: {
    ...restOfSearch,
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
  [/\/roleAssignments\/[^/]+$/i, { 'id?': 'text' }],
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

/** The good statuses that clients know, by method; any other is to them a refusal, in the form of one. */
const good = new Map([
  ['PUT', [200, 201, 202]],
  ['DELETE', [200, 202, 204]],
]);
const goodReading = [200, 202];

/**
 * Looks at good answers before a client does: one that is not as `answers` says is thrown as a ConnectorError of this reason, with what
 * is odd about it, because the clients, and what reads them, take each field for what the documents say it is. A client gets no other
 * fields than those that are looked at.
 */
export function readableOnly(reason: Reason, subject?: string): PipelinePolicy {
  return {
    name: 'readableOnly',
    async sendRequest(request, next) {
      const response = await next(request);
      const { status, bodyAsText } = response;
      if (status >= 300) return response; // Refusals are not read here.
      const about = { reason, status, ...(subject === undefined ? {} : { subject }) };
      if (!(good.get(request.method) ?? goodReading).includes(status))
        throw unreadable(`its status is ${status}`, about);
      if (status === 202) return response; // What is accepted is looked for later.
      if (request.method === 'DELETE' && !bodyAsText) return response;
      const { pathname } = new URL(request.url);
      const shape = answers.find(([path]) => path.test(pathname))?.[1];
      if (!shape) return response;
      const body = parsed(bodyAsText ?? '');
      const odd = body === undefined ? 'it is no JSON' : misfit(body, shape, { asked: request.url });
      if (odd) throw unreadable(odd, about);
      return { ...response, bodyAsText: JSON.stringify(readPart(body, shape)) };
    },
  };
}

/** An answer that is not what the documents say; `odd` goes on after its name. */
export function unreadable(
  odd: string,
  {
    reason = 'azure-unreachable',
    status = 200,
    ...subject
  }: { reason?: Reason; status?: number; subject?: string } = {},
): ConnectorError {
  const text = `An answer that can’t be read: ${odd}.`;
  return new ConnectorError(reason, { status, code: 'UnexpectedAnswer', text, ...subject });
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
