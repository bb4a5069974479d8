import type { Evidence } from '../../ingestion/errors.ts';
import type { Reason } from '../../ingestion/reasons.ts';
import { azureOwner, type Hint, retry, scopeInWords, subscriptionOwner, waits } from './hint.ts';

const tables = 'In the Azure portal, open the workspace › Tables › OktaSystemLogs_CL';

/** What is wrong with a table of our name that somebody else made. */
const unfitTables = new Map<string, { what(evidence: Evidence): string; todo: string[] }>([
  [
    'ColumnTypeDiffers',
    {
      what: ({ subject }) =>
        `The workspace already has a table OktaSystemLogs_CL whose column ${subject ?? ''} has another type, so Patchbay leaves it alone.`,
      todo: [
        `${tables}, and find out who made it.`,
        'If nobody needs it, delete it there and press Retry. Else connect to another workspace.',
      ],
    },
  ],
  [
    'ClassicTable',
    {
      what: () =>
        'The workspace already has a table OktaSystemLogs_CL of the classic kind, into which no data collection rule can write.',
      todo: [
        `${tables} › Migrate to manual schema management. Its data stays; it can’t be turned back.`,
        `If nobody needs it, delete it instead. ${retry}`,
      ],
    },
  ],
  [
    'BasicPlan',
    {
      what: () =>
        'The workspace already has a table OktaSystemLogs_CL with the plan Basic, on which no analytics rule of Sentinel runs.',
      todo: [`${tables} › Manage table, and set the table plan to Analytics.`, retry],
    },
  ],
]);

/** What each of these codes says Azure is busy with. */
const busyWith = new Map<string, string>([
  ['TableUpdating', 'Azure is still at work on the table OktaSystemLogs_CL; what Patchbay wants of it has to wait.'],
  [
    'InvalidOutputTable',
    'The table was made a moment ago, and the part of Azure that makes rules does not know it yet.',
  ],
  [
    'PrincipalNotFound',
    'Patchbay’s identity was made a moment ago, and the part of Azure that gives roles does not know it yet.',
  ],
  ['ResourceNotFound', 'The rule was made a moment ago, and the part of Azure that gives roles does not know it yet.'],
  ['RoleAssignmentExists', 'Azure says that Patchbay may send already, but does not show it yet.'],
]);

/** The hints of what can stop Azure from setting a connector up, or from removing it. */
export const setupHints: readonly [Reason, Hint][] = [
  [
    'policy-denies',
    {
      title: 'A policy of your organisation forbids it',
      what: ({ subject }) =>
        `Patchbay has the right to do this, but ${subject ? `the Azure policy ${subject}` : 'an Azure policy'} denies it: often a rule on regions, tags or kinds of resources.`,
      todo: ({ subject }) => [
        `In the Azure portal, open Policy › Assignments › ${subject ?? 'the policy named below'}, and see what it wants.`,
        'Exempt the workspace’s resource group: on the assignment, Create exemption. Or connect to a workspace in a region that the policy allows.',
        'If it wants tags: whoever runs Patchbay gives them with the setting AZURE_TAGS.',
        `A new exemption takes up to 30 minutes to take effect. ${retry}`,
      ],
      who: 'Whoever looks after the Azure policies, often the cloud platform team',
      data: waits,
    },
  ],
  [
    'scope-locked',
    {
      title: 'A lock in Azure stands in the way',
      what: ({ subject }) =>
        `Somebody has put a lock on ${scopeInWords(subject)}, so that nobody may change or delete what is in it.`,
      todo: ({ subject }) => [
        `In the Azure portal, open ${scopeInWords(subject)} › Locks, and read why it is there.`,
        'Remove the lock: read-only stops every change, delete stops only removal. It may be put back afterwards.',
        retry,
      ],
      who: 'An Owner or User Access Administrator of the place that is locked',
      data: waits,
    },
  ],
  [
    'assignment-denies',
    {
      title: 'A deny assignment forbids it',
      what: ({ subject }) =>
        `Patchbay has the right to do this, but ${subject ? `the deny assignment ${subject}` : 'a deny assignment'} takes it from everybody. Deployment stacks and managed applications make these; no role helps.`,
      todo: () => [
        'In the Azure portal, open the workspace’s resource group › Access control (IAM) › Deny assignments, and see who made it.',
        'Have Patchbay’s identity excluded in the deployment stack or managed application that made it. Or connect to another workspace.',
        retry,
      ],
      who: 'Whoever runs the deployment stack or managed application',
      data: waits,
    },
  ],
  [
    'grant-restricted',
    {
      title: 'Patchbay may not give itself the role to send',
      what: () =>
        'Patchbay’s identity may assign roles, but a condition on its own role forbids Monitoring Metrics Publisher, or the role is not yet in effect.',
      todo: () => [
        'In the Azure portal, open the workspace’s resource group › Access control (IAM) › Role assignments, and open the condition beside Patchbay’s identity.',
        'Add Monitoring Metrics Publisher to the roles that it allows. Or give Patchbay’s identity that role on the resource group yourself.',
        `Wait: a change takes up to 15 minutes to take effect. ${retry}`,
      ],
      who: azureOwner,
      data: waits,
    },
  ],
  [
    'provider-unregistered',
    {
      title: 'The subscription lacks a resource provider',
      what: ({ subject }) =>
        `The Azure subscription is not registered for ${subject ?? 'a service that Patchbay needs'}, so nothing of its kind can be made there.`,
      todo: ({ subject }) => [
        `In the Azure portal, open the subscription › Resource providers › ${subject ?? 'Microsoft.Insights'} › Register.`,
        `Wait until it says Registered, which takes some minutes. ${retry}`,
      ],
      who: subscriptionOwner,
      data: waits,
    },
  ],
  [
    'subscription-disabled',
    {
      title: 'The Azure subscription is disabled',
      what: () =>
        'Azure has made the subscription read-only: its spending limit or term is over, or a bill is not paid. Nothing in it can be changed.',
      todo: () => [
        'In the Azure portal, open Subscriptions › the workspace’s subscription: its state and the reason are at the top.',
        'Enable it again: pay what is due, remove the spending limit, or ask whoever cancelled it.',
        retry,
      ],
      who: 'The Account Administrator or billing owner of the subscription',
      data: waits,
    },
  ],
  [
    'workspace-gone',
    {
      title: 'The workspace is not there any more',
      what: () =>
        'Azure does not find the workspace, its resource group or its subscription. It was deleted, or moved to another resource group or subscription.',
      todo: () => [
        'If it was moved: move it back and press Retry. Or delete this connector, and connect to the workspace where it is now.',
        'If it was deleted less than 14 days ago: in the Azure portal, Log Analytics workspaces › Open recycle bin › Recover, and press Retry.',
        'Who did it is in Monitor › Activity log.',
      ],
      who: 'The owner of the workspace',
      data: waits,
    },
  ],
  [
    'region-unfit',
    {
      title: 'Azure does not offer this in the region',
      what: ({ subject }) =>
        `In ${subject ?? 'the workspace’s region'}, Azure offers no data collection rule that takes events directly, and a rule must be in the region of its workspace.`,
      todo: () => [
        'Delete this connector, and connect to a workspace with Microsoft Sentinel in another region.',
        'If Azure has come to offer it since, press Retry.',
      ],
      who: 'Somebody who may connect connectors',
      data: waits,
    },
  ],
  [
    'azure-limit',
    {
      title: 'A limit of Azure is reached',
      what: ({ code }) =>
        code?.startsWith('RoleAssignment')
          ? 'The subscription has as many role assignments as Azure allows, so Patchbay can’t be allowed to send.'
          : 'The subscription or resource group has as many resources of this kind as Azure allows.',
      todo: ({ code }) =>
        code?.startsWith('RoleAssignment')
          ? [
              'Give Patchbay’s identity Monitoring Metrics Publisher once on the workspace’s resource group: then no connector needs an assignment of its own.',
              'Or remove role assignments that nobody needs: subscription › Access control (IAM), those of unknown identities first.',
              retry,
            ]
          : [
              'Read Azure’s own words below; they name the limit.',
              'Remove what nobody needs, or ask Microsoft for more: subscription › Usage + quotas.',
              retry,
            ],
      who: subscriptionOwner,
      data: waits,
    },
  ],
  [
    'table-unfit',
    {
      title: 'The table is there, and does not fit',
      what: (evidence) => (unfitTables.get(evidence.code ?? '') ?? anyTable).what(evidence),
      todo: ({ code }) => (unfitTables.get(code ?? '') ?? anyTable).todo,
      who: 'The owner of the workspace',
      data: waits,
    },
  ],
  [
    'operation-failed',
    {
      title: 'Azure began, and did not finish',
      what: ({ code }) =>
        code === 'Canceled'
          ? 'Azure had begun to make the table, and the operation was cancelled, by somebody or by Azure itself.'
          : 'Azure had begun to make the table, and gave up with an error of its own.',
      todo: () => [
        'Press Retry: what is half done is found, and done to its end.',
        'If it fails again, see the workspace › Activity log, and look at azure.status.microsoft for Log Analytics in your region.',
        'If nothing explains it, open a case with Microsoft and give them what is below.',
      ],
      who: 'Somebody who may connect connectors, then Microsoft',
      data: waits,
    },
  ],
  [
    'azure-busy',
    {
      title: 'Azure is not ready for it yet',
      what: ({ code }) =>
        busyWith.get(code ?? '') ??
        'Azure is still at work on an earlier change of the same thing, by Patchbay or by somebody else.',
      todo: () => [
        'Nothing at first: Patchbay tries again by itself within minutes.',
        'If it lasts for an hour, see the resource group › Activity log: who is at work there?',
      ],
      who: 'Nobody needs to',
      data: waits,
    },
  ],
];

const anyTable = {
  what: () => 'The workspace already has a table OktaSystemLogs_CL that can’t take Patchbay’s rows.',
  todo: [`${tables}, and find out who made it. If nobody needs it, delete it there.`, retry],
};
