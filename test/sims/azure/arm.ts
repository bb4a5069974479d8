import { listAlertRules } from './alert-rules.ts';
import type { Cloud } from './cloud.ts';
import { deleteSetting, getSetting, listSettings, putSetting } from './diagnostics.ts';
import { type Call, Refusal, type Reply } from './exchange.ts';
import { checkGovernance } from './governance.ts';
import { answerResourceGraph } from './graph.ts';
import { type Claims, checkToken } from './identity.ts';
import { getOnboardingState, getSolution, getWorkspace } from './onboarding.ts';
import { deleteAssignment, getAssignment, listAssignments, putAssignment } from './role-assignments.ts';
import { getRoleDefinition, listPermissions, listRoleDefinitions } from './role-definitions.ts';
import { deleteRule, getRule, listRules, putRule } from './rules.ts';
import { deleteSearch, getSearch, listSearches, putSearch } from './saved-searches.ts';
import { getOperation, getTable, listTables, patchTable, putTable } from './tables.ts';

/** One management request after authentication: the caller, and the parts of the path that the route captured. */
export type ArmCall = { cloud: Cloud; call: Call; caller: Claims; parts: string[] };
type Route = { method: string; path: RegExp; versions: string[]; answer: (arm: ArmCall) => Reply };

const group = '/subscriptions/[^/]+/resourceGroups/[^/]+';
const workspace = `(${group}/providers/Microsoft\\.OperationalInsights/workspaces/[^/]+)`;
const rules = `${group}/providers/Microsoft\\.Insights/dataCollectionRules`;
const authorization = '(.*)/providers/Microsoft\\.Authorization';
const tableVersions = ['2025-07-01'];
const searchVersions = ['2020-08-01', '2025-07-01'];
const ruleVersions = ['2023-03-11', '2024-03-11'];
const settingVersions = ['2021-05-01-preview'];
const authorizationVersions = ['2022-04-01'];

const routes: Route[] = [
  route('POST', '/providers/Microsoft\\.ResourceGraph/resources', ['2022-10-01', '2024-04-01'], answerResourceGraph),
  route('GET', workspace, tableVersions, getWorkspace),
  route(
    'GET',
    `${workspace}/providers/Microsoft\\.SecurityInsights/onboardingStates/default`,
    ['2024-09-01', '2025-09-01'],
    getOnboardingState,
  ),
  route(
    'GET',
    `(${group})/providers/Microsoft\\.OperationsManagement/solutions/SecurityInsights\\(([^/]+)\\)`,
    ['2015-11-01-preview'],
    getSolution,
  ),
  route(
    'GET',
    `${workspace}/providers/Microsoft\\.SecurityInsights/alertRules`,
    ['2024-09-01', '2025-09-01'],
    listAlertRules,
  ),
  route('GET', `${workspace}/savedSearches`, searchVersions, listSearches),
  route('GET', `${workspace}/savedSearches/([^/]+)`, searchVersions, getSearch),
  route('PUT', `${workspace}/savedSearches/([^/]+)`, searchVersions, putSearch),
  route('DELETE', `${workspace}/savedSearches/([^/]+)`, searchVersions, deleteSearch),
  route('GET', `${workspace}/tables`, tableVersions, listTables),
  route('GET', `${workspace}/tables/([^/]+)`, tableVersions, getTable),
  route('PUT', `${workspace}/tables/([^/]+)`, tableVersions, putTable),
  route('PATCH', `${workspace}/tables/([^/]+)`, tableVersions, patchTable),
  route(
    'GET',
    '/subscriptions/([^/]+)/providers/Microsoft\\.OperationalInsights/locations/[^/]+/operationStatuses/([^/]+)',
    tableVersions,
    getOperation,
  ),
  route('GET', `(${group})/providers/Microsoft\\.Insights/dataCollectionRules`, ruleVersions, listRules),
  route('GET', `(${rules}/[^/]+)`, ruleVersions, getRule),
  route('PUT', `(${rules}/[^/]+)`, ruleVersions, putRule),
  route('DELETE', `(${rules}/[^/]+)`, ruleVersions, deleteRule),
  route('GET', `(${rules}/[^/]+)/providers/Microsoft\\.Insights/diagnosticSettings`, settingVersions, listSettings),
  ...(
    [
      ['GET', getSetting],
      ['PUT', putSetting],
      ['DELETE', deleteSetting],
    ] as const
  ).map(([method, answer]) =>
    route(
      method,
      `(${rules}/[^/]+)/providers/Microsoft\\.Insights/diagnosticSettings/([^/]+)`,
      settingVersions,
      answer,
    ),
  ),
  route('GET', `${authorization}/permissions`, authorizationVersions, listPermissions),
  route('GET', `${authorization}/roleAssignments`, authorizationVersions, listAssignments),
  route('GET', `${authorization}/roleAssignments/([^/]+)`, authorizationVersions, getAssignment),
  route('PUT', `${authorization}/roleAssignments/([^/]+)`, authorizationVersions, putAssignment),
  route('DELETE', `${authorization}/roleAssignments/([^/]+)`, authorizationVersions, deleteAssignment),
  route('GET', `${authorization}/roleDefinitions`, authorizationVersions, listRoleDefinitions),
  route('GET', `${authorization}/roleDefinitions/([^/]+)`, authorizationVersions, getRoleDefinition),
];

/** Azure Resource Manager: authenticates the caller, checks the api-version and answers the route. */
export function answerArm(cloud: Cloud, call: Call): Reply {
  const caller = authenticate(cloud, call);
  // The SDK puts a scope's leading slash after its own, and an empty parent resource between two.
  const path = call.path.replace(/\/+/g, '/');
  const fitting = routes.filter((each) => each.path.test(path));
  const found = fitting.find((each) => each.method === call.method);
  if (!found) {
    cloud.unexpected(`ARM ${call.method} ${call.path}`);
    const status = fitting.length > 0 ? 501 : 404;
    throw new Refusal(status, 'NotSimulated', `The simulator does not know ${call.method} ${call.path}.`);
  }
  checkVersion(cloud, call, found);
  const parts = (found.path.exec(path) ?? []).slice(1);
  return found.answer({ cloud, call, caller, parts });
}

/** Refuses the call, in Azure's words, unless the caller may do `action` on `scope` and nothing above roles forbids it. */
export function authorize(arm: ArmCall, action: string, scope: string): void {
  if (!arm.cloud.directory.allows(arm.caller.oid, action, scope)) throw unauthorized(arm, action, scope);
  checkGovernance(arm, action, scope);
}

/** Azure's words to somebody who lacks a right. */
export function unauthorized({ caller }: ArmCall, action: string, scope: string): Refusal {
  return new Refusal(
    403,
    'AuthorizationFailed',
    `The client '${caller.appid}' with object id '${caller.oid}' does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
  );
}

function route(method: string, path: string, versions: string[], answer: Route['answer']): Route {
  return { method, path: new RegExp(`^${path}/?$`, 'i'), versions, answer };
}

function authenticate(cloud: Cloud, call: Call): Claims {
  const { managerAudiences } = cloud.hosts;
  const result = checkToken(call, managerAudiences);
  if (typeof result !== 'string') return result;
  const authority = `https://login.microsoftonline.com/${cloud.identity.tenantId}`;
  const refuse = (code: string, message: string): never => {
    const challenge = `Bearer authorization_uri="${authority}", error="invalid_token", error_description="${message}"`;
    throw new Refusal(401, code, message, { headers: { 'www-authenticate': challenge } });
  };
  if (result === 'missing')
    return refuse('AuthenticationFailed', "Authentication failed. The 'Authorization' header is missing.");
  if (result === 'expired')
    return refuse('ExpiredAuthenticationToken', 'The access token expiry UTC time is earlier than current UTC time.');
  if (result === 'invalid') return refuse('InvalidAuthenticationToken', 'The access token is invalid.');
  return refuse(
    'InvalidAuthenticationTokenAudience',
    `The access token has been obtained for wrong audience or resource. It should exactly match with one of the allowed audiences '${managerAudiences.join("','")}'.`,
  );
}

function checkVersion(cloud: Cloud, call: Call, { versions }: Route): void {
  const version = call.query.get('api-version');
  const { newestApiVersion: newest } = cloud.settings;
  if (newest && version) {
    const had = [...versions.filter((each) => each < newest), newest];
    if (had.includes(version)) return;
    throw unknownVersion(version, had);
  }
  if (version && versions.includes(version)) return;
  if (!version) {
    throw new Refusal(
      400,
      'MissingApiVersionParameter',
      'The api-version query parameter (?api-version=) is required for all requests.',
    );
  }
  cloud.unexpected(`api-version ${version} for ${call.method} ${call.path}`);
  throw unknownVersion(version, versions);
}

function unknownVersion(version: string, versions: string[]): Refusal {
  return new Refusal(
    400,
    'InvalidResourceType',
    `No registered resource provider found for API version '${version}'. The supported api-versions are '${versions.join(', ')}'.`,
  );
}
