import type { ArmCall } from './arm.ts';
import { contains } from './directory.ts';
import { isObject, Refusal } from './exchange.ts';

/** A lock: it holds for its scope and all that lies within. */
export type Lock = { scope: string; level: 'ReadOnly' | 'CanNotDelete' };

/** A policy with the effect deny, for the kinds of resources it names: on the wrong location, or without a tag. */
export type Policy = {
  name: string;
  scope: string;
  type: string;
  allowedLocations?: string[];
  requiredTag?: string;
};

/** Takes actions from everybody, whatever role they have; `actions` are whole names. */
export type DenyAssignment = { name: string; scope: string; actions: string[] };

/** What stands above roles: whoever may do something can still be stopped by one of these. Tests put them in and take them out. */
export class Governance {
  readonly locks = new Set<Lock>();
  readonly policies = new Set<Policy>();
  readonly denyAssignments = new Set<DenyAssignment>();
  /** Namespaces that a subscription is not registered for, as `subscription/Microsoft.Insights`. */
  readonly unregistered = new Set<string>();
  readonly disabledSubscriptions = new Set<string>();
  /** Kinds of resources that a region does not offer, as `region/Microsoft.Insights/dataCollectionRules`. */
  readonly unavailable = new Set<string>();
  /** Most role assignments of a subscription; 4000 unless said otherwise. */
  readonly roleAssignmentLimits = new Map<string, number>();
}

/** Refuses a call of somebody who has the right, in the order in which Azure looks: denials, subscription, policies, locks. */
export function checkGovernance(arm: ArmCall, action: string, scope: string): void {
  checkDenied(arm, action, scope);
  const subscription = /^\/subscriptions\/([^/]+)/i.exec(scope)?.[1] ?? '';
  checkRegistered(arm, action, subscription);
  const [, type = '', verb = ''] = /^(.*)\/(write|delete)$/.exec(action) ?? [];
  if (verb === '') return;
  if (arm.cloud.governance.disabledSubscriptions.has(subscription)) {
    throw new Refusal(
      409,
      'ReadOnlyDisabledSubscription',
      `The subscription '${subscription}' is disabled and therefore marked as read only. You cannot perform any write actions on this subscription until it is re-enabled.`,
    );
  }
  if (verb === 'write') checkDesired(arm, type, scope);
  checkLocks(arm, verb, scope);
}

function checkDenied({ cloud, caller }: ArmCall, action: string, scope: string): void {
  const denial = [...cloud.governance.denyAssignments].find(
    (each) => contains(each.scope, scope) && each.actions.includes(action),
  );
  if (!denial) return;
  throw new Refusal(
    403,
    'DenyAssignmentAuthorizationFailed',
    `The client '${caller.appid}' with object id '${caller.oid}' has permission to perform action '${action}' on scope '${scope}'; however, the access is denied because of the deny assignment with name '${denial.name}' at scope '${denial.scope}'.`,
  );
}

function checkRegistered({ cloud }: ArmCall, action: string, subscription: string): void {
  const namespace = action.split('/')[0] ?? '';
  if (!cloud.governance.unregistered.has(`${subscription}/${namespace}`)) return;
  throw new Refusal(
    409,
    'MissingSubscriptionRegistration',
    `The subscription is not registered to use namespace '${namespace}'. See https://aka.ms/rps-not-found for how to register subscriptions.`,
    { details: [{ code: 'MissingSubscriptionRegistration', target: namespace }] },
  );
}

function checkLocks({ cloud }: ArmCall, verb: string, scope: string): void {
  const lock = [...cloud.governance.locks].find(
    (each) => contains(each.scope, scope) && (each.level === 'ReadOnly' || verb === 'delete'),
  );
  if (!lock) return;
  throw new Refusal(
    409,
    'ScopeLocked',
    `The scope '${scope}' cannot perform ${verb} operation because following scope(s) are locked: '${lock.scope}'. Please remove the lock and try again.`,
  );
}

/** What the body of a PUT asks for: whether the region offers it, and whether every policy allows it. */
function checkDesired({ cloud, call }: ArmCall, type: string, scope: string): void {
  const { location, tags } = desiredOf(call.body);
  if (location !== undefined && cloud.governance.unavailable.has(`${location}/${type}`)) {
    throw new Refusal(
      400,
      'LocationNotAvailableForResourceType',
      `The provided location '${location}' is not available for resource type '${type}'. List of available regions for the resource type is 'eastus,westeurope,northeurope'.`,
    );
  }
  for (const policy of cloud.governance.policies) {
    if (!contains(policy.scope, scope) || policy.type.toLowerCase() !== type.toLowerCase()) continue;
    const { allowedLocations, requiredTag } = policy;
    const misplaced = allowedLocations !== undefined && !allowedLocations.includes(location ?? '');
    const untagged = requiredTag !== undefined && !(requiredTag in tags);
    if (misplaced || untagged) throw disallowed(policy, scope);
  }
}

function desiredOf(body: Buffer): { location: string | undefined; tags: Record<string, unknown> } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    parsed = undefined; // the route refuses it with Azure's own sentence
  }
  const { location, tags } = isObject(parsed) ? parsed : {};
  return {
    location: typeof location === 'string' ? location.toLowerCase().replaceAll(' ', '') : undefined,
    tags: isObject(tags) ? tags : {},
  };
}

function disallowed({ name, scope, allowedLocations, requiredTag }: Policy, resource: string): Refusal {
  const target = resource.split('/').at(-1) ?? '';
  const assignment = `${scope}/providers/Microsoft.Authorization/policyAssignments/${name.toLowerCase().replace(/\W+/g, '-')}`;
  const definition = '/providers/Microsoft.Authorization/policyDefinitions/e56962a6-4747-49cd-b67b-bf8b01975c4c';
  const identifiers = JSON.stringify([
    { policyAssignment: { name, id: assignment }, policyDefinition: { name, id: definition } },
  ]);
  const evaluated = allowedLocations
    ? { expression: 'location', operator: 'NotIn', targetValue: allowedLocations }
    : { expression: `tags['${requiredTag}']`, operator: 'Exists', targetValue: 'false' };
  return new Refusal(
    403,
    'RequestDisallowedByPolicy',
    `Resource '${target}' was disallowed by policy. Policy identifiers: '${identifiers}'.`,
    {
      target,
      additionalInfo: [
        {
          type: 'PolicyViolation',
          info: {
            policyDefinitionDisplayName: name,
            policyDefinitionId: definition,
            policyDefinitionEffect: 'deny',
            policyAssignmentId: assignment,
            policyAssignmentName: assignment.split('/').at(-1),
            policyAssignmentDisplayName: name,
            policyAssignmentScope: scope,
            evaluationDetails: { evaluatedExpressions: [{ result: 'True', expressionKind: 'Field', ...evaluated }] },
          },
        },
      ],
    },
  );
}
