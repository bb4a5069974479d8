import type { Cure, Place } from './place.ts';

/**
 * One way in which Azure can stop a connector: what it answers, how the simulator is brought to answer it, on which step the
 * card shows it, the title and one sentence of the remedy that the card says, and how soon it is tried again by itself.
 */
export type Failure = {
  name: string;
  answers: string;
  step: string;
  says: string;
  remedy: string;
  again: 'soon' | 'rarely' | 'as Azure asks';
  /** What the card says behind a proxy, which looks names up in our place. */
  byProxy?: { says: string; remedy: string };
  /** Patchbay has found it by itself, so that there are no words of Azure's for support. */
  foreseen?: true;
  produce(at: Place): Cure | Promise<Cure>;
};

const rights = 'Check Patchbay’s rights';
const table = 'Create the table OktaSystemLogs_CL';
const functions = 'Save the functions that Sentinel content reads';
const rule = 'Create the data collection rule';
const grant = 'Allow Patchbay to send to it';
const untake = 'Take back the permission to send';
const unmake = 'Delete the data collection rule';

const rulePath = '/dataCollectionRules/';
const assignments = '/roleAssignments/';
const nothingAtFirst = 'Nothing at first: Patchbay tries again by itself within minutes.';
const byItself = 'Nothing else: Patchbay keeps trying, and goes on by itself.';

/** Up to the table, in the order in which one connector meets them. */
export const untilTable: Failure[] = [
  {
    name: 'The bot lacks a role',
    answers: '`permissions` without the action',
    step: rights,
    says: 'Patchbay lacks a right in Azure',
    remedy: 'give Patchbay’s identity the role Monitoring Contributor',
    again: 'rarely',
    foreseen: true,
    produce: ({ scene, group }) => {
      const { principalId } = scene.azure.identity;
      scene.azure.revoke(principalId, 'Monitoring Contributor', group);
      return () => scene.azure.grant(principalId, 'Monitoring Contributor', group);
    },
  },
  {
    name: 'The bot’s identity is not accepted',
    answers: '401, or no token',
    step: rights,
    says: 'Patchbay can’t sign in to Azure',
    remedy: 'check that the identity is on',
    again: 'rarely',
    produce: (at) =>
      at.refuse('GET', '/permissions', 401, {
        code: 'InvalidAuthenticationToken',
        message: 'The access token is invalid.',
      }),
  },
  {
    name: 'The workspace was deleted or moved',
    answers: '404 `ResourceNotFound`',
    step: rights,
    says: 'The workspace is not there any more',
    remedy: 'Log Analytics workspaces › Open recycle bin › Recover',
    again: 'rarely',
    produce: ({ scene, workspace }) => {
      const { workspaces } = scene.azure.estate;
      workspaces.delete(workspace.id.toLowerCase());
      return () => workspaces.set(workspace.id.toLowerCase(), workspace);
    },
  },
  {
    name: 'The subscription is disabled',
    answers: '409 `ReadOnlyDisabledSubscription`',
    step: table,
    says: 'The Azure subscription is disabled',
    remedy: 'pay what is due, remove the spending limit',
    again: 'rarely',
    produce: (at) => at.put(at.scene.azure.governance.disabledSubscriptions, at.subscription),
  },
  {
    name: 'The resource group was deleted or moved',
    answers: '404 `ResourceGroupNotFound`',
    step: table,
    says: 'The workspace is not there any more',
    remedy: 'If it was moved: move it back and press Retry.',
    again: 'rarely',
    produce: ({ scene, group, workspace }) => {
      const { resourceGroups, workspaces } = scene.azure.estate;
      const lost = resourceGroups.get(group.toLowerCase());
      resourceGroups.delete(group.toLowerCase());
      workspaces.delete(workspace.id.toLowerCase());
      return () => {
        if (lost) resourceGroups.set(group.toLowerCase(), lost);
        workspaces.set(workspace.id.toLowerCase(), workspace);
      };
    },
  },
  {
    name: 'A read-only lock on the resource group or above',
    answers: '409 `ScopeLocked`',
    step: table,
    says: 'A lock in Azure stands in the way',
    remedy: '› Locks, and read why it is there.',
    again: 'rarely',
    produce: (at) => at.put(at.scene.azure.governance.locks, { scope: at.group, level: 'ReadOnly' }),
  },
  {
    name: 'A classic table of that name',
    answers: '200, `tableSubType` `Classic`',
    step: table,
    says: 'The table is there, and does not fit',
    remedy: 'Migrate to manual schema management',
    again: 'rarely',
    produce: (at) => at.table({ subType: 'Classic' }),
  },
  {
    name: 'A table with another type of column',
    answers: '200, another type',
    step: table,
    says: 'whose column EventOriginalUid has another type',
    remedy: 'If nobody needs it, delete it there and press Retry. Else connect to another workspace.',
    again: 'rarely',
    produce: (at) =>
      at.table({
        columns: [
          { name: 'TimeGenerated', type: 'datetime' },
          { name: 'EventOriginalUid', type: 'guid' },
        ],
      }),
  },
  {
    name: 'A table with the plan Basic',
    answers: '200, `plan` `Basic`',
    step: table,
    says: 'on which no analytics rule of Sentinel runs',
    remedy: 'set the table plan to Analytics',
    again: 'rarely',
    produce: (at) => at.table({ plan: 'Basic' }),
  },
  {
    name: 'The table is being changed by somebody',
    answers: '200, `provisioningState` `Updating`',
    step: table,
    says: 'Azure is still at work on the table OktaSystemLogs_CL',
    remedy: nothingAtFirst,
    again: 'soon',
    produce: (at) => at.table({ readyAt: Number.MAX_SAFE_INTEGER }),
  },
  {
    name: 'Another operation is in progress',
    answers: '409 `Conflict`, `AnotherOperationInProgress`',
    step: table,
    says: 'Azure is still at work on an earlier change of the same thing',
    remedy: nothingAtFirst,
    again: 'soon',
    produce: (at) =>
      at.refuse('PUT', '/tables/', 409, {
        code: 'AnotherOperationInProgress',
        message: 'Another operation is in progress on this workspace.',
      }),
  },
  {
    name: 'The making of the table fails at Azure',
    answers: '202, then `Failed`',
    step: table,
    says: 'gave up with an error of its own',
    remedy: 'Press Retry: what is half done is found, and done to its end.',
    again: 'rarely',
    produce: ({ workspace }) => {
      workspace.tableOperations = 'fail';
      return () => {
        if (workspace.tableOperations === 'fail') workspace.tableOperations = 'succeed';
      };
    },
  },
  {
    name: 'The making of the table is cancelled',
    answers: '202, then `Canceled`',
    step: table,
    says: 'the operation was cancelled',
    remedy: 'see the workspace › Activity log',
    again: 'rarely',
    produce: ({ workspace }) => {
      workspace.tableOperations = 'are cancelled';
      return () => {
        workspace.tableOperations = 'succeed';
      };
    },
  },
];

/** From the functions to the rule. */
export const untilRule: Failure[] = [
  {
    name: 'A saved search is refused for a reason unknown to Patchbay',
    answers: '400 or 409, any other code',
    step: functions,
    says: 'Azure refuses what Patchbay set up',
    remedy: 'Read Azure’s own words below, and remove what stands in the way.',
    again: 'rarely',
    produce: (at) =>
      at.refuse('PUT', '/savedSearches/', 400, { code: 'InvalidParameter', message: 'The query is not valid.' }),
  },
  {
    name: 'Azure has a fault of its own',
    answers: '5xx, after four tries',
    step: functions,
    says: 'Azure answers with an error of its own',
    remedy: byItself,
    again: 'soon',
    produce: (at) =>
      at.refuse('GET', '/savedSearches', 500, { code: 'InternalServerError', message: 'An error has occurred.' }),
  },
  {
    name: 'The resource provider is not registered',
    answers: '409 `MissingSubscriptionRegistration`, 400 `NoRegisteredProviderFound`',
    step: rule,
    says: 'The subscription lacks a resource provider',
    remedy: 'open the subscription › Resource providers › Microsoft.Insights › Register',
    again: 'rarely',
    produce: (at) => at.put(at.scene.azure.governance.unregistered, `${at.subscription}/Microsoft.Insights`),
  },
  {
    name: 'A policy denies the region',
    answers: '403 `RequestDisallowedByPolicy`',
    step: rule,
    says: 'the Azure policy Allowed locations denies it',
    remedy: 'Exempt the workspace’s resource group: on the assignment, Create exemption.',
    again: 'rarely',
    produce: (at) =>
      at.put(at.scene.azure.governance.policies, {
        name: 'Allowed locations',
        scope: `/subscriptions/${at.subscription}`,
        type: 'Microsoft.Insights/dataCollectionRules',
        allowedLocations: ['westeurope'],
      }),
  },
  {
    name: 'A policy wants a tag',
    answers: '403 `RequestDisallowedByPolicy`',
    step: rule,
    says: 'the Azure policy Require a cost centre denies it',
    remedy: 'open Policy › Assignments › Require a cost centre, and see what it wants',
    again: 'rarely',
    produce: (at) =>
      at.put(at.scene.azure.governance.policies, {
        name: 'Require a cost centre',
        scope: at.group,
        type: 'Microsoft.Insights/dataCollectionRules',
        requiredTag: 'costCentre',
      }),
  },
  {
    name: 'A deny assignment',
    answers: '403 `DenyAssignmentAuthorizationFailed`',
    step: rule,
    says: 'the deny assignment Stack soc takes it from everybody',
    remedy: 'Have Patchbay’s identity excluded in the deployment stack or managed application that made it.',
    again: 'rarely',
    produce: (at) =>
      at.put(at.scene.azure.governance.denyAssignments, {
        name: 'Stack soc',
        scope: at.group,
        actions: ['Microsoft.Insights/dataCollectionRules/write'],
      }),
  },
  {
    name: 'The region does not offer such rules',
    answers: '400 `LocationNotAvailableForResourceType`',
    step: rule,
    says: 'In northeurope, Azure offers no data collection rule that takes events directly',
    remedy: 'connect to a workspace with Microsoft Sentinel in another region',
    again: 'rarely',
    produce: (at) =>
      at.put(at.scene.azure.governance.unavailable, `${at.workspace.location}/Microsoft.Insights/dataCollectionRules`),
  },
  {
    name: 'The subscription has too many resources of the kind',
    answers: '400, 403 or 409 `…LimitExceeded`, `…QuotaExceeded`',
    step: rule,
    says: 'has as many resources of this kind as Azure allows',
    remedy: 'ask Microsoft for more: subscription › Usage + quotas',
    again: 'rarely',
    produce: (at) =>
      at.refuse('PUT', rulePath, 403, {
        code: 'ResourceQuotaExceeded',
        message: 'The number of data collection rules exceeds the limit.',
      }),
  },
  {
    name: 'The transform is refused',
    answers: '400 `InvalidPayload`, detail `InvalidTransformQuery`',
    step: rule,
    says: 'Azure does not take the query by which Patchbay fills the table',
    remedy: 'report it to whoever runs Patchbay, with what is below; a newer version may know the answer',
    again: 'rarely',
    produce: (at) =>
      at.refuse('PUT', rulePath, 400, {
        code: 'InvalidPayload',
        message: 'Data collection rule is invalid',
        details: [{ code: 'InvalidTransformQuery', message: 'The transform does not compile.' }],
      }),
  },
  {
    name: 'The new table is not known to rules yet',
    answers: '400 `InvalidPayload`, detail `InvalidOutputTable`',
    step: rule,
    says: 'the part of Azure that makes rules does not know it yet',
    remedy: nothingAtFirst,
    again: 'soon',
    produce: ({ workspace }) => {
      // Gone again behind Patchbay's back is answered the same, and the next try makes it anew.
      workspace.tables.delete('oktasystemlogs_cl');
      return () => {};
    },
  },
];

/** The grant. */
export const untilGrant: Failure[] = [
  {
    name: 'The new rule is not known to roles yet, or was deleted',
    answers: '404 `ResourceNotFound`',
    step: grant,
    says: 'The rule was made a moment ago, and the part of Azure that gives roles does not know it yet',
    remedy: nothingAtFirst,
    again: 'soon',
    produce: (at) =>
      at.refuse('GET', `${rulePath}`, 404, { code: 'ResourceNotFound', message: 'The Resource was not found.' }),
  },
  {
    name: 'The bot’s identity is too new',
    answers: '400 `PrincipalNotFound`',
    step: grant,
    says: 'Patchbay’s identity was made a moment ago',
    remedy: nothingAtFirst,
    again: 'soon',
    produce: (at) =>
      at.refuse('PUT', assignments, 400, {
        code: 'PrincipalNotFound',
        message: 'Principal does not exist in the directory.',
      }),
  },
  {
    name: 'A condition forbids the bot to give this role',
    answers: '403 `AuthorizationFailed`, though the right is listed',
    step: grant,
    says: 'Patchbay may not give itself the role to send',
    remedy: 'Add Monitoring Metrics Publisher to the roles that it allows.',
    again: 'rarely',
    produce: ({ scene, group }) => {
      const { azure } = scene;
      const role = 'Role Based Access Control Administrator';
      const { principalId } = azure.identity;
      azure.revoke(principalId, role, group);
      azure.grant(principalId, role, group, { onlyRoles: ['Log Analytics Reader'] });
      return () => {
        azure.revoke(principalId, role, group);
        azure.grant(principalId, role, group);
      };
    },
  },
  {
    name: 'The subscription has too many role assignments',
    answers: '400 `RoleAssignmentLimitExceeded`',
    step: grant,
    says: 'The subscription has as many role assignments as Azure allows',
    remedy: 'Give Patchbay’s identity Monitoring Metrics Publisher once on the workspace’s resource group',
    again: 'rarely',
    produce: ({ scene, subscription }) => {
      const { roleAssignmentLimits } = scene.azure.governance;
      roleAssignmentLimits.set(subscription, 0);
      return () => roleAssignmentLimits.delete(subscription);
    },
  },
  {
    name: 'An assignment of that id gives something else',
    answers: '400 `RoleAssignmentUpdateNotPermitted`',
    step: grant,
    says: 'A role assignment under the id that Patchbay uses is already there',
    remedy: 'the rule whose name begins with patchbay-okta › Access control (IAM)',
    again: 'rarely',
    produce: (at) =>
      at.refuse('PUT', assignments, 400, {
        code: 'RoleAssignmentUpdateNotPermitted',
        message: 'Tenant ID, application ID, principal ID, and scope are not allowed to be updated.',
      }),
  },
  {
    name: 'The connection is cut each time',
    answers: 'nothing, after four tries',
    step: grant,
    says: 'The connection to Azure fails',
    remedy: byItself,
    again: 'soon',
    produce: (at) => at.fault('PUT', assignments, 'reset'),
  },
];

/** Removal. */
export const removal: Failure[] = [
  {
    name: 'A delete lock on the rule, its group or above',
    answers: '409 `ScopeLocked`',
    step: untake,
    says: 'A lock in Azure stands in the way',
    remedy: 'Remove the lock: read-only stops every change, delete stops only removal.',
    again: 'rarely',
    produce: (at) => at.put(at.scene.azure.governance.locks, { scope: at.group, level: 'CanNotDelete' }),
  },
  {
    name: 'A deny assignment keeps the rule',
    answers: '403 `DenyAssignmentAuthorizationFailed`',
    step: unmake,
    says: 'A deny assignment forbids it',
    remedy: 'Have Patchbay’s identity excluded in the deployment stack or managed application that made it.',
    again: 'rarely',
    produce: (at) =>
      at.put(at.scene.azure.governance.denyAssignments, {
        name: 'Stack soc',
        scope: at.group,
        actions: ['Microsoft.Insights/dataCollectionRules/delete'],
      }),
  },
  {
    name: 'The role was taken from the bot',
    answers: '403 `AuthorizationFailed`',
    step: unmake,
    says: 'Azure does not allow Patchbay’s identity to do this',
    remedy:
      'check that Patchbay’s identity has Log Analytics Contributor, Monitoring Contributor and Monitoring Metrics Publisher',
    again: 'rarely',
    produce: ({ scene, group }) => {
      const { principalId } = scene.azure.identity;
      scene.azure.revoke(principalId, 'Monitoring Contributor', group);
      return () => scene.azure.grant(principalId, 'Monitoring Contributor', group);
    },
  },
];

/** What takes time: two minutes for a table, an hour for a throttle, half an hour for a role. Each has a connector of its own. */
export const tooLong: Failure = {
  name: 'The making of the table does not end within two minutes',
  answers: '202, then `InProgress`',
  step: table,
  says: 'Azure is still at work on the table OktaSystemLogs_CL',
  remedy: nothingAtFirst,
  again: 'soon',
  produce: ({ workspace, scene }) => {
    workspace.tableOperations = 'never end';
    return () => {
      workspace.tableOperations = 'succeed';
      for (const each of workspace.tables.values()) each.readyAt = scene.clock.now();
    };
  },
};

export const unanswered: Failure = {
  name: 'Azure does not answer',
  answers: 'nothing for 30 seconds',
  step: rule,
  says: 'The connection to Azure fails',
  remedy: 'check that the place where Patchbay runs may reach *.monitor.azure.com and management.azure.com on port 443',
  again: 'soon',
  produce: (at) => at.fault('PUT', rulePath, 'hang'),
};

export const throttled: Failure = {
  name: 'Azure asks for a long rest',
  answers: '429 or 503, `Retry-After` over 10 seconds',
  step: table,
  says: 'Azure is slowing Patchbay down',
  remedy: 'Nothing at first: Patchbay waits as Azure asks and catches up by itself.',
  again: 'as Azure asks',
  produce: (at) =>
    at.fault('GET', '/tables/', {
      status: 429,
      headers: { 'retry-after': '3600' },
      body: { error: { code: 'TooManyRequests', message: 'The request is being throttled.' } },
    }),
};

const send = 'Read the first events and send them';

/** Faults of the rule by which events are sent. */
export const sending: Failure[] = [
  {
    name: 'The rule does not take the events 15 minutes after it was made: it was deleted or changed',
    answers: '404 on upload, 400 `InvalidStream`',
    step: send,
    says: 'The data collection rule is gone',
    remedy: 'Press Repair: Patchbay makes the rule again, and goes on where it stopped.',
    again: 'rarely',
    produce: (at) =>
      at.upload({ status: 404, body: { error: { code: 'NotFound', message: 'Data collection rule not found.' } } }),
  },
  {
    name: 'The permission to send does not take effect within 30 minutes',
    answers: '403 `OperationFailed` on upload',
    step: send,
    says: 'Patchbay may not send to the workspace',
    remedy: 'Give Patchbay’s identity the role Monitoring Metrics Publisher there, or press Repair',
    again: 'rarely',
    produce: (at) =>
      at.upload({ status: 403, body: { error: { code: 'OperationFailed', message: 'Access is not granted.' } } }),
  },
  {
    name: 'The workspace is closed to public networks',
    answers: '403 that speaks of the network',
    step: send,
    says: 'The workspace takes no events from this network',
    remedy: 'open the workspace › Network isolation, and see whether it accepts data from public networks',
    again: 'rarely',
    produce: ({ workspace }) => {
      workspace.takesFrom = 'private link';
      return () => {
        workspace.takesFrom = 'anywhere';
      };
    },
  },
];
