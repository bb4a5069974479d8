import type { PipelineResponse } from '@azure/core-rest-pipeline';
import { ConnectorError, type Evidence } from '../../errors.ts';
import type { Reason } from '../../reasons.ts';
import { retryAfterMs } from '../../retry.ts';

/** Where Azure's own code tells more than the status: what is to be done differs, or it passes by itself. */
const byCode = new Map<string, Reason>([
  ['RequestDisallowedByPolicy', 'policy-denies'],
  ['ScopeLocked', 'scope-locked'],
  ['DenyAssignmentAuthorizationFailed', 'assignment-denies'],
  ['MissingSubscriptionRegistration', 'provider-unregistered'],
  ['NoRegisteredProviderFound', 'provider-unregistered'],
  ['SubscriptionNotRegistered', 'provider-unregistered'],
  ['ReadOnlyDisabledSubscription', 'subscription-disabled'],
  ['ResourceNotFound', 'workspace-gone'],
  ['ParentResourceNotFound', 'workspace-gone'],
  ['ResourceGroupNotFound', 'workspace-gone'],
  ['ResourceGroupBeingDeleted', 'workspace-gone'],
  ['SubscriptionNotFound', 'workspace-gone'],
  ['LocationNotAvailableForResourceType', 'region-unfit'],
  ['Conflict', 'azure-busy'],
  ['AnotherOperationInProgress', 'azure-busy'],
  // The table, identity or grant was made a moment ago, and another part of Azure does not know it yet.
  ['InvalidOutputTable', 'azure-busy'],
  ['PrincipalNotFound', 'azure-busy'],
  ['RoleAssignmentExists', 'azure-busy'],
  ['InvalidTransformQuery', 'azure-refused'],
  ['OperationNotFound', 'operation-failed'],
]);

const byStatus = new Map<number, Reason>([
  [401, 'identity-failed'],
  [403, 'azure-forbidden'],
  [429, 'azure-throttled'],
]);

/**
 * Azure's refusal as a ConnectorError: the reason by its code, else by its status; as evidence its words (300 characters),
 * request id, and Retry-After in ms from `now`. The shape of the body:
 * learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors. Never throws; a body that is not
 * ARM's tells nothing.
 */
export function refusalOf({ status, headers, bodyAsText }: PipelineResponse, now: number): ConnectorError {
  const said = entriesOf(bodyAsText ?? '');
  const telling = said.find(({ code }) => reasonOf(code) !== undefined) ?? said[0] ?? {};
  // Whatever limit it names, a 429 passes.
  const byItsCode = status === 429 ? undefined : reasonOf(telling.code);
  // Of many names for what is not there, all mean the workspace or what it lies in.
  const gone = status === 404 && telling.code ? 'workspace-gone' : undefined;
  // A redirection that nobody followed stems from something in between.
  const otherwise = status >= 500 || status < 400 ? 'azure-unreachable' : 'azure-refused';
  const reason = byItsCode ?? byStatus.get(status) ?? gone ?? otherwise;
  const subject = subjectOf(reason, telling);
  const requestId = headers.get('x-ms-request-id') ?? headers.get('x-ms-correlation-request-id');
  const askedMs = retryAfterMs(headers.get('retry-after'), now);
  const evidence: Evidence = {
    status,
    ...(telling.code ? { code: telling.code } : {}),
    text: (telling.message ?? '').slice(0, 300),
    ...(subject ? { subject } : {}),
    ...(requestId ? { requestId } : {}),
    ...(askedMs === null ? {} : { retryAfterMs: askedMs }),
  };
  return new ConnectorError(reason, evidence);
}

/** The reason that a code of Azure's stands for; undefined when it tells no more than the status does. */
export function reasonOf(code: string | undefined): Reason | undefined {
  if (!code) return undefined;
  return byCode.get(code) ?? (/(Limit|Quota)(Exceeded|Reached)$/.test(code) ? 'azure-limit' : undefined);
}

type Entry = { code?: string; message?: string; details?: unknown; additionalInfo?: unknown };

/** The error that was answered, and those nested in it; the outermost first. */
function entriesOf(body: string): Entry[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return []; // Not ARM's JSON: the status alone is the evidence.
  }
  const object = asObject(parsed);
  return nested(object.error ?? object);
}

/** No refusal of ARM's is nested as deep as that. */
const deepest = 10;

function nested(value: unknown, levels = deepest): Entry[] {
  const { code, message, details, additionalInfo } = asObject(value);
  const own: Entry = {
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof message === 'string' ? { message } : {}),
    additionalInfo,
  };
  return [own, ...(Array.isArray(details) && levels > 0 ? details.flatMap((each) => nested(each, levels - 1)) : [])];
}

/** What the sentence of the reason names: a policy, a scope, a namespace, a region. */
function subjectOf(reason: Reason, { message = '', additionalInfo }: Entry): string | undefined {
  if (reason === 'policy-denies') return policiesIn(additionalInfo, message);
  return named.get(reason)?.exec(message)?.[1];
}

const named = new Map<Reason, RegExp>([
  ['scope-locked', /locked: '([^']+)'/],
  ['assignment-denies', /deny assignment with name '([^']+)'/],
  ['provider-unregistered', /'(Microsoft\.\w+)['/]/],
  ['region-unfit', /location '([^']+)'/],
]);

function policiesIn(additionalInfo: unknown, message: string): string | undefined {
  const infos = (Array.isArray(additionalInfo) ? additionalInfo : []).map((each) => asObject(asObject(each).info));
  const names = infos.flatMap(({ policyAssignmentDisplayName, policyAssignmentName, policyDefinitionDisplayName }) =>
    [policyAssignmentDisplayName, policyAssignmentName, policyDefinitionDisplayName]
      .filter((name) => typeof name === 'string' && name !== '')
      .slice(0, 1),
  );
  const inMessage = /"policyAssignment":\{"name":"([^"]+)"/.exec(message)?.[1];
  return names.length > 0 ? [...new Set(names)].join(', ') : inMessage;
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
