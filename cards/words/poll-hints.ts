import { logOff, nothingFound } from '../../ingestion/connector/connector.ts';
import type { Reason } from '../../ingestion/reasons.ts';
import { azureOwner, type Hint, retry, scopeInWords, waits } from './hint.ts';
import { count } from './numbers.ts';

const oktaAdmin = 'An Okta administrator';
const operator = 'Whoever runs Patchbay';
const workspaceOwner = 'The owner of the workspace';
/** Codes by which a vault says that it is the network, not a right. */
const keptOut = new Set(['ForbiddenByFirewall', 'ForbiddenByConnection']);
const vaultOwner = 'The owner of the Key Vault in Azure';

const newToken = 'Create an API token: Okta Admin Console › Security › API › Tokens.';
/** Where a token or domain is changed. */
const manage = 'press Manage, or say “manage” and the connector’s name';
const rotate = 'press Rotate token, or say “manage” and the connector’s name';

/** In place of a credential that is lost. */
const another = `${rotate}, and paste a new token there; of a service app press New key, and paste what it shows into Okta.`;

/** Refusals that say more than that something is wrong with the request. */
const refusedFor = new Map<string, string>([
  [
    'InvalidTransformQuery',
    'Azure does not take the query by which Patchbay fills the table: the table lacks what it needs, or Azure has changed its rules.',
  ],
  [
    'RoleAssignmentUpdateNotPermitted',
    'A role assignment under the id that Patchbay uses is already there, and gives something else. Remove it: the rule whose name begins with patchbay-okta › Access control (IAM).',
  ],
]);

/** The hints of what can stop or slow a connector that runs. */
export const pollHints: readonly [Reason, Hint][] = [
  [
    'domain-unknown',
    {
      title: 'No Okta org answers at this domain',
      what: ({ subject }) =>
        `${subject ?? 'The domain'} does not exist, or what answers there is not Okta. The name may be mistyped, or the org was renamed or closed.`,
      todo: () => [
        'Compare the domain with the address in the browser when you are signed in to Okta, without “-admin”.',
        'If the domain is right, press Retry: name servers may need some minutes.',
        `If the org has a new domain, ${manage}, and type it there.`,
      ],
      who: oktaAdmin,
      data: waits,
    },
  ],
  [
    'domain-refused',
    {
      title: 'The Okta domain leads somewhere else',
      what: ({ subject }) =>
        `The way to Okta leads to ${subject ?? 'another place'}, which is outside of the org or inside a private network. Patchbay sends the token nowhere but to the org itself, so it has stopped.`,
      todo: () => [
        'Find out why the domain leads elsewhere: a redirect, a proxy, or a name that resolves to an inside address.',
        `If a redirect was set up by mistake, remove it. ${retry}`,
        `If the org has another domain, such as its okta.com one, ${manage}, and type it there.`,
      ],
      who: `${oktaAdmin} with the network team`,
      data: waits,
    },
  ],
  [
    'okta-unreachable',
    {
      title: 'Okta does not answer',
      what: ({ status }) =>
        status
          ? 'Okta answers with an error of its own. That is mostly a fault or maintenance at Okta.'
          : 'The connection to Okta fails. Okta is down, or the network between Patchbay and Okta is.',
      todo: () => [
        'Look at status.okta.com: is there an incident for your cell?',
        'If Okta is well, check that the place where Patchbay runs may reach the org on port 443: firewall, proxy, DNS.',
        'Nothing else: Patchbay keeps trying, and goes on by itself.',
      ],
      who: `Okta, or the network team`,
      data: waits,
    },
  ],
  [
    'okta-answer-unusable',
    {
      title: 'Okta’s answers can’t be read',
      what: () =>
        'Okta answers, but what arrives is cut off or is not a System Log. A proxy on the way may change it, or Okta has a fault.',
      todo: () => [
        'Look at status.okta.com.',
        'If a proxy inspects the traffic of Patchbay, exempt the Okta domain from it.',
        'If it goes on for more than an hour, open a case with Okta and give them the request id below.',
      ],
      who: `The network team, or Okta support`,
      data: waits,
    },
  ],
  [
    'okta-request-refused',
    {
      title: 'Okta refuses Patchbay’s request',
      what: () =>
        'Okta says that the request itself is wrong. Either Patchbay has a fault, or this org does not offer the System Log to tokens.',
      todo: () => [
        'Read Okta’s own words below.',
        'Press Retry once.',
        'If it stays, report it to whoever runs Patchbay, with the request id below.',
      ],
      who: operator,
      data: waits,
    },
  ],
  [
    'token-refused',
    {
      title: 'Okta refuses the API token',
      what: ({ subject }) =>
        subject
          ? `Okta no longer takes the stored token. It took it until ${readable(subject)}, so it did not end for want of use: it was revoked, or its owner was deactivated, which ends all of their tokens.`
          : 'Okta no longer takes the stored token. It was revoked, its owner was deactivated, or it was not used for 30 days.',
      todo: () => [
        'In Okta Admin Console › Security › API › Tokens, see whether the token is still there, and who owns it.',
        'If it is there and its owner is active, press Retry.',
        `Else the token is dead. ${newToken} Then ${rotate}, and paste it there.`,
      ],
      who: oktaAdmin,
      data: waits,
    },
  ],
  [
    'app-refused',
    {
      title: 'Okta refuses the service app',
      what: () =>
        'Okta no longer knows the service app by its client ID and key: the app was deactivated or deleted, its key was removed, or the clocks of Okta and Patchbay differ by minutes.',
      todo: () => [
        'In Okta Admin Console › Applications › Applications, see whether the app is there and active, and on its tab General whether the key of Patchbay is.',
        `If all of it is as it was, read Okta’s own words below. Where they speak of time, have the clock of Patchbay’s host set right. ${retry}`,
        'Else press New key, or say “manage” and the connector’s name and press it there: it shows a key to be pasted into the app, and tries it.',
      ],
      who: oktaAdmin,
      data: waits,
    },
  ],
  [
    'token-idle',
    {
      title: 'The API token of a paused connector will end',
      what: ({ subject }) =>
        `Nobody uses the token while the connector is paused, and Okta ends a token that was not used for 30 days${subject ? `: this one on ${readable(subject)}` : ''}.`,
      todo: () => [
        'If the connector is to go on, press Resume: that uses the token.',
        `If it is to stay paused, nothing is lost: once the token has ended, ${manage}, and paste a new one there before you resume it.`,
      ],
      who: 'Whoever may change the connector',
      data: {
        fate: 'delayed',
        sentence:
          'While it is paused, nothing new arrives. Okta keeps its log for 90 days; Patchbay goes on where it stopped.',
      },
    },
  ],
  [
    'token-not-permitted',
    {
      title: 'The API token may not read the System Log',
      what: () =>
        'Okta knows the token, but its owner lacks the right to read the System Log, or the token may not be used from this network.',
      todo: () => [
        'In Okta Admin Console › Security › Administrators, give the token’s owner the role Read-only Administrator, or a custom role that can view the System Log.',
        'In Security › API › Tokens, check that the token’s network zone includes the address from which Patchbay calls. Whoever deployed it knows whether that one stays (OUTBOUND_ADDRESSES).',
        `${retry} To use another user’s token instead, ${rotate}.`,
      ],
      who: oktaAdmin,
      data: waits,
    },
  ],
  [
    'app-not-permitted',
    {
      title: 'The service app may not read the System Log',
      what: () =>
        'Okta knows the service app, but it lacks the scope okta.logs.read or an admin role, or may not be used from this network.',
      todo: () => [
        'In Okta Admin Console › Applications › Applications, open the app. On its tab Okta API Scopes, grant okta.logs.read.',
        'On its tab Admin roles, assign Read-only Administrator, or a custom role that can view the System Log.',
        'If Okta’s words below name a network zone, let in the address from which Patchbay calls. Whoever deployed it knows whether that one stays (OUTBOUND_ADDRESSES).',
        retry,
      ],
      who: oktaAdmin,
      data: waits,
    },
  ],
  [
    'rate-limited',
    {
      title: 'Okta is slowing Patchbay down',
      what: () =>
        'The org’s calls to the System Log are used up, by Patchbay or by other tools that share them, so events arrive late.',
      todo: () => [
        'In Okta Admin Console › Reports › Rate Limits, see who else calls /api/v1/logs, and have them call less often.',
        'In Security › API › Tokens, see whether this token’s share of the limit was lowered.',
        'Nothing else: Patchbay waits as Okta asks and catches up by itself.',
      ],
      who: oktaAdmin,
      data: waits,
    },
  ],
  [
    'falling-behind',
    {
      title: 'Events come faster than they arrive',
      what: () =>
        'Okta and Azure both answer, and yet the backlog grows: there are more new events than Patchbay brings over in the same time, so they arrive later and later.',
      todo: () => [
        'Press Status: it says how far behind the connector is, what it takes of the API budget, and how long Azure takes.',
        'If the budget is nearly used up, have other readers of the org’s log call less often, or give Patchbay a larger share of it (OKTA_RATE_SHARE).',
        'If it is not, see whether the place where Patchbay runs has processor and network to spare, and whether azure.status.microsoft says that your region is slow.',
        'Nothing else: it catches up by itself when fewer events come.',
      ],
      who: operator,
      data: waits,
    },
  ],
  [
    'cursor-refused',
    {
      title: 'Part of the Okta log was read again',
      what: ({ subject }) =>
        `Okta no longer took Patchbay’s bookmark, so the log was read again${subject ? ` from ${readable(subject)}` : ' from a little earlier'} on.`,
      todo: () => [
        'Nothing has to be done; the notice goes after an hour.',
        'If a rule counts events, expect some of that time twice. The column of the event’s id, EventOriginalUid, tells them apart.',
      ],
      who: 'Nobody needs to',
      data: { fate: 'not affected', sentence: 'Nothing is missing; some events may stand in the workspace twice.' },
    },
  ],
  [
    'key-unreadable',
    {
      title: 'The stored Okta token can’t be opened',
      what: () =>
        'Patchbay stored the token, or the key of the service app, and with its settings of today it can’t open it: the secret key or the Key Vault is another one, or it is gone.',
      todo: () => [
        'Start Patchbay with the secret key, or the Key Vault, with which it ran when this token was stored, then press Retry.',
        `If that is lost: ${another}`,
      ],
      who: operator,
      data: waits,
    },
  ],
  [
    'key-deleted',
    {
      title: 'The stored Okta token was deleted',
      what: ({ subject }) =>
        `The Key Vault does not have the secret ${subject ?? 'with the token'} any more. Somebody has deleted it, or this version of it.`,
      todo: () => [
        'In the Azure portal, open the Key Vault › Secrets › Manage deleted secrets, and recover it; the vault’s log says who deleted it.',
        retry,
        `If it can’t be recovered: ${another}`,
      ],
      who: vaultOwner,
      data: waits,
    },
  ],
  [
    'key-disabled',
    {
      title: 'The stored Okta token was switched off',
      what: ({ subject }) =>
        `The Key Vault has the secret ${subject ?? 'with the token'}, but somebody has disabled it.`,
      todo: () => [
        'Ask who switched it off, and why: in a vault that is often done because a token may be known to others.',
        'If it is good, open the Key Vault › Secrets › the secret › its version in the Azure portal, enable it, and press Retry.',
        `If not: ${another}`,
      ],
      who: vaultOwner,
      data: waits,
    },
  ],
  [
    'vault-unknown',
    {
      title: 'There is no such Key Vault',
      what: ({ subject }) =>
        `${subject ?? 'The vault'}, where the Okta tokens are kept, has no address. The vault was deleted, or its name is mistyped in Patchbay’s settings.`,
      todo: () => [
        'Compare KEY_VAULT_URL with the Vault URI of the Key Vault in the Azure portal.',
        'If the vault was deleted: Key vaults › Manage deleted vaults, and recover it with all its secrets.',
        'If the address is right, check the name servers of the place where Patchbay runs, and the private DNS zone of the vault.',
        retry,
      ],
      who: operator,
      data: waits,
    },
  ],
  [
    'vault-unreachable',
    {
      title: 'The Key Vault does not answer',
      what: ({ status, subject }) =>
        status
          ? `The Key Vault ${subject ?? ''} answers with an error of its own. That is mostly a fault at Azure.`
          : `The connection to the Key Vault ${subject ?? ''} fails, so Patchbay can’t read the Okta token.`,
      todo: () => [
        'Look at azure.status.microsoft for Key Vault in your region.',
        'If Azure is well, check that the place where Patchbay runs may reach the vault on port 443: firewall, proxy, private endpoint.',
        'Nothing else: Patchbay keeps trying, and goes on by itself.',
      ],
      who: 'Microsoft, or the network team',
      data: waits,
    },
  ],
  [
    'vault-throttled',
    {
      title: 'The Key Vault is slowing Patchbay down',
      what: () => 'The Key Vault takes no more calls for the moment, from Patchbay or from others that use it.',
      todo: () => [
        'Nothing at first: Patchbay asks seldom, waits, and goes on by itself.',
        'If it goes on, see in the vault’s metrics who calls it so often, or give Patchbay a vault of its own.',
      ],
      who: vaultOwner,
      data: waits,
    },
  ],
  [
    'vault-forbidden',
    {
      title: 'Patchbay may not use the Key Vault',
      what: ({ code, subject }) =>
        keptOut.has(code ?? '')
          ? `The firewall of the Key Vault ${subject ?? ''} keeps Patchbay out.`
          : `Patchbay’s identity lacks the right to read or write secrets in the Key Vault ${subject ?? ''}.`,
      todo: ({ code }) =>
        keptOut.has(code ?? '')
          ? [
              'In the Azure portal, open the Key Vault › Networking, and let in the address or the subnet from which Patchbay calls.',
              retry,
            ]
          : code === 'ForbiddenByPolicy'
            ? [
                'This vault goes by access policies: Key Vault › Access policies › Create, and give Patchbay’s identity Get, List, Set, Delete and Purge of secrets.',
                'Or switch it to Azure role-based access control, and give the role Key Vault Secrets Officer.',
                retry,
              ]
            : [
                'In the Azure portal, open the Key Vault › Access control (IAM) › Add role assignment, and give Patchbay’s identity the role Key Vault Secrets Officer.',
                'Wait: a new role takes up to 15 minutes to take effect.',
                retry,
              ],
      who: vaultOwner,
      data: waits,
    },
  ],
  [
    'vault-refused',
    {
      title: 'The Key Vault refuses what Patchbay asks',
      what: ({ subject }) => `The Key Vault ${subject ?? ''} does not do what Patchbay asks of it.`,
      todo: () => [
        'Read the vault’s own words below.',
        'Check that KEY_VAULT_URL leads to a Key Vault of Azure.',
        retry,
      ],
      who: operator,
      data: waits,
    },
  ],
  [
    'source-quiet',
    {
      title: 'Okta has gone quiet',
      what: ({ volume }) =>
        `Okta answers without an error, but has had ${volume?.seen ? 'hardly any' : 'no'} events${volume ? `, where about ${count(volume.usual)} are usual in that time` : ' for much longer than is usual here'}. Either nothing happens in the org, or Okta’s log is late, or the token’s owner sees less of it than before.`,
      todo: () => [
        'In Okta Admin Console › Reports › System Log, look for events newer than the newest one here.',
        'If there are none: is the org in use right now? Look at status.okta.com for a late System Log.',
        'If there are some, check in Security › Administrators whether the role of the token’s owner was narrowed.',
      ],
      who: oktaAdmin,
      data: {
        fate: 'may be lost',
        sentence:
          'What Okta has shown has arrived. If its log is late, the rest follows by itself; what the token’s owner may no longer see is missing.',
      },
    },
  ],
  [
    'volume-dropped',
    {
      title: 'Far fewer events than usual',
      what: ({ volume }) =>
        `Okta answers without an error, but its log has thinned out from one hour to the next${volume ? `: ${count(volume.seen)} events in the last hour, where about ${count(volume.usual)} would be usual` : ''}. Part of the org may write no events, or the token’s owner sees less than before.`,
      todo: () => [
        'In Okta Admin Console › Reports › System Log, compare the last hour with the one before: which kind of event is missing?',
        'Check in Security › Administrators whether the role of the token’s owner was narrowed.',
        'If less is going on in the org, do nothing: after a day Patchbay takes it for usual.',
      ],
      who: oktaAdmin,
      data: {
        fate: 'may be lost',
        sentence: 'What Okta has shown has arrived. What the token’s owner may no longer see is missing.',
      },
    },
  ],
  [
    'volume-surged',
    {
      title: 'Far more events than usual',
      what: ({ volume }) =>
        `Okta’s log has grown from one hour to the next${volume ? `: ${count(volume.seen)} events in the last hour, where about ${count(volume.usual)} would be usual` : ''}. It may be an attack, a script, or a new integration.`,
      todo: () => [
        'In Sentinel, look at what has grown: OktaSystemLogs_CL | where TimeGenerated > ago(1h) | summarize count() by EventOriginalType, ActorUsername.',
        'If it is as it should be, do nothing: after a day Patchbay takes it for usual.',
      ],
      who: oktaAdmin,
      data: { fate: 'not affected', sentence: 'All of it arrives.' },
    },
  ],
  [
    'identity-failed',
    {
      title: 'Patchbay can’t sign in to Azure',
      what: () =>
        'Azure gives no token for Patchbay’s own identity. The managed identity was removed or changed, or its credentials have expired.',
      todo: () => [
        'In the Azure portal, open the resource on which Patchbay runs › Identity, and check that the identity is on.',
        'If Patchbay uses an app registration instead: Microsoft Entra ID › App registrations › Certificates & secrets, and renew what has expired.',
        retry,
      ],
      who: operator,
      data: waits,
    },
  ],
  [
    'azure-forbidden',
    {
      title: 'Patchbay lacks a right in Azure',
      what: ({ grants }) =>
        grants
          ? `Patchbay’s identity may not do what it has to: ${grants.map(({ scope, actions }) => `${actions.join(', ')} on ${scopeInWords(scope)}`).join('; ')}.`
          : 'Azure does not allow Patchbay’s identity to do this. A role is missing, was taken away, or is not yet in effect.',
      todo: ({ grants }) => [
        ...(grants?.map(
          ({ role, scope }) =>
            `In the Azure portal, open ${scopeInWords(scope)} › Access control (IAM) › Add role assignment, and give Patchbay’s identity the role ${role}.`,
        ) ?? [
          'In the Azure portal, open the workspace’s resource group › Access control (IAM), and check that Patchbay’s identity has Log Analytics Contributor, Monitoring Contributor and Monitoring Metrics Publisher.',
        ]),
        'Wait: a new role takes up to 15 minutes to take effect.',
        retry,
      ],
      who: azureOwner,
      data: waits,
    },
  ],
  [
    'sentinel-off',
    {
      title: 'Microsoft Sentinel is not on',
      what: ({ subject }) =>
        `The workspace ${subject ?? ''} has neither an onboarding state nor the solution of Microsoft Sentinel: it was turned off, or never turned on. Nothing was made there.`,
      todo: () => [
        'In the Azure portal, open Microsoft Sentinel › Create, choose the workspace and press Add. It takes Microsoft Sentinel Contributor on its resource group.',
        'If it was the wrong workspace: delete this connector and connect again with another one.',
        retry,
      ],
      who: azureOwner,
      data: waits,
    },
  ],
  [
    'azure-refused',
    {
      title: 'Azure refuses what Patchbay set up',
      what: ({ code }) =>
        refusedFor.get(code ?? '') ??
        'Azure does not accept Patchbay’s request as it is: a setting of the workspace forbids it, or Patchbay has a fault.',
      todo: () => [
        'Read Azure’s own words below, and remove what stands in the way.',
        'Press Retry.',
        'If it stays, report it to whoever runs Patchbay, with what is below; a newer version may know the answer.',
      ],
      who: operator,
      data: waits,
    },
  ],
  [
    'azure-unreachable',
    {
      title: 'Azure does not answer',
      what: ({ status, code }) =>
        code === 'UnexpectedAnswer'
          ? 'What comes in Azure’s name is not as Microsoft documents it: something stands between, or it is a fault at Azure.'
          : status
            ? 'Azure answers with an error of its own. That is mostly a fault at Azure.'
            : 'The connection to Azure fails. Azure is down, or the network between Patchbay and Azure is.',
      todo: () => [
        'Look at azure.status.microsoft for Azure Monitor and Log Analytics in your region.',
        'If Azure is well, check that the place where Patchbay runs may reach *.monitor.azure.com and management.azure.com on port 443.',
        'Nothing else: Patchbay keeps trying, and goes on by itself.',
      ],
      who: 'Microsoft, or the network team',
      data: waits,
    },
  ],
  [
    'azure-throttled',
    {
      title: 'Azure is slowing Patchbay down',
      what: () =>
        'Azure takes no more for the moment, because too much is sent to, or asked of, this workspace, rule or subscription at once.',
      todo: () => [
        'Nothing at first: Patchbay waits as Azure asks and catches up by itself.',
        'If it goes on for hours, see what else sends a lot: workspace › Usage and estimated costs.',
      ],
      who: workspaceOwner,
      data: waits,
    },
  ],
  [
    'role-missing',
    {
      title: 'Patchbay may not send to the workspace',
      what: () =>
        'Azure refuses the events, because Patchbay’s identity lacks the role to send through its data collection rule. It was taken away, or never took effect.',
      todo: () => [
        'In the Azure portal, open Monitor › Data collection rules › the rule whose name begins with patchbay-okta › Access control (IAM).',
        'Give Patchbay’s identity the role Monitoring Metrics Publisher there, or press Repair: Patchbay gives it to itself, if it may.',
        'Wait: a new role takes up to 30 minutes to take effect. Patchbay tries again by itself.',
      ],
      who: azureOwner,
      data: waits,
    },
  ],
  [
    'network-closed',
    {
      title: 'The workspace takes no events from this network',
      what: () =>
        'Azure refuses the events because of where they come from, not for want of a role: the network isolation of the workspace, a private link or a network security perimeter lets nothing in from the network in which Patchbay runs.',
      todo: () => [
        'In the Azure portal, open the workspace › Network isolation, and see whether it accepts data from public networks; its Activity log says who changed that.',
        'Let it accept data from public networks again; or, where a network security perimeter holds the workspace, add an inbound rule for the address from which Patchbay calls.',
        'If nothing may come from public networks, run Patchbay in a network that is connected to the workspace’s private link scope.',
        retry,
      ],
      who: 'The owner of the workspace, with the network team',
      data: waits,
    },
  ],
  [
    'rule-missing',
    {
      title: 'The data collection rule is gone',
      what: () =>
        'Azure does not know the data collection rule through which the events are sent, or its stream. It was deleted or changed.',
      todo: () => [
        'In the Azure portal, see who deleted it: Monitor › Activity log, operation Delete Data Collection Rule.',
        'Press Repair: Patchbay makes the rule again, and goes on where it stopped.',
      ],
      who: 'Somebody who may connect connectors',
      data: waits,
    },
  ],
  [
    'table-missing',
    {
      title: 'The table is gone',
      what: () =>
        'The table OktaSystemLogs_CL is not in the workspace any more: somebody has deleted it. Azure would take further events and throw them away, so Patchbay has stopped sending.',
      todo: () => [
        'In the Azure portal, see who deleted it: the workspace › Activity log, operation Delete Table.',
        'Press Repair: Patchbay makes the table again, and sends what was sent since it last saw the table once more.',
        'Older rows went with the table. What of them Okta still keeps, a new connector with an earlier start can fetch, 48 hours back at most.',
      ],
      who: 'Somebody who may connect connectors',
      data: {
        fate: 'may be lost',
        sentence:
          'New events wait in Okta, and are sent after the repair. The rows that were in the table went with it.',
      },
    },
  ],
  [
    'update-failed',
    {
      title: 'A change could not be made in Azure',
      what: ({ subject }) =>
        `Table, functions and rule in ${subject ?? 'the workspace'} could not be brought up to date: Azure refused the change, or did not answer. What was there before works on.`,
      todo: () => [
        'Read Azure’s own words below. If a right is missing, give it to Patchbay’s identity; if a lock or policy forbids it, have it lifted for this change.',
        'Press Retry, or wait: Patchbay tries again by itself, each hour at least.',
      ],
      who: azureOwner,
      data: { fate: 'not affected', sentence: 'Events are read and sent as before.' },
    },
  ],
  [
    'events-refused',
    {
      title: 'Azure refused some events',
      what: () =>
        'Single events could not be stored as they are, mostly because they are too large. They were put aside, and all others go on.',
      todo: () => [
        'Say “quarantine” and the connector’s name: it lists them, with the reason of each.',
        'If you need their content in full, ask whoever runs Patchbay: the events are kept there, byte for byte.',
      ],
      who: operator,
      data: { fate: 'may be lost', sentence: 'The events put aside are not in the workspace. Patchbay keeps them.' },
    },
  ],
  [
    'values-cut',
    {
      title: 'Azure cuts long values off',
      what: () =>
        'Some events hold a value over 64 KB. Azure keeps its first 64 KB and drops the rest, so these events are in the workspace, but not whole.',
      todo: () => [
        'Read the whole event in Okta Admin Console › Reports › System Log; Okta keeps it for 90 days.',
        'Find what writes such long values, often an app that sends its whole state. Nothing else: the warning ends an hour after the last one.',
      ],
      who: oktaAdmin,
      data: {
        fate: 'may be lost',
        sentence: 'Parts of these events are not in the workspace. All other events are whole.',
      },
    },
  ],
  [
    'odd-time',
    {
      title: 'An event is dated in the future',
      what: ({ subject }) =>
        `Okta has sent an event whose time is more than a day ahead: ${subject ?? 'one'}. It is in the workspace, as all others are; figures such as the newest event leave it out.`,
      todo: () => [
        'Look for it by its id in the column EventOriginalUid, and see which device or app wrote that time.',
        'Nothing else: the warning ends an hour after the last one.',
      ],
      who: oktaAdmin,
      data: { fate: 'not affected', sentence: 'Nothing is missing.' },
    },
  ],
  [
    'new-field',
    {
      title: 'Okta sends something new',
      what: ({ subject }) =>
        `Okta’s events have a field that this version of Patchbay does not know: ${subject ?? 'a new one'}. It does not reach the workspace; all else of the events does.`,
      todo: () => [
        'Look whether a newer version of Patchbay knows it, and upgrade; else tell whoever maintains Patchbay its name.',
        'Until then, read it in Okta Admin Console › Reports › System Log, if somebody needs it.',
        'Nothing else: this is said once for each field.',
      ],
      who: operator,
      data: { fate: 'may be lost', sentence: 'This field is missing in the workspace. All others are there.' },
    },
  ],
  [
    'daily-cap',
    {
      title: 'The workspace’s daily cap is reached',
      what: ({ subject }) =>
        `The workspace has a limit for what it takes in a day, and it is reached. Azure takes the events all the same, and drops them, those of all other sources too${subject ? `, until ${readable(subject)}` : ', until the limit is reset'}.`,
      todo: () => [
        'In the Azure portal, open the workspace › Usage and estimated costs › Daily cap, and raise it or switch it off.',
        'If it is to stay, find what brings so much: workspace › Logs, table Usage, sum of Quantity by DataType.',
        'Nothing else: once rows come in again, this is over.',
      ],
      who: workspaceOwner,
      data: {
        fate: 'may be lost',
        sentence: 'What is dropped meanwhile does not come later. Okta keeps it for 90 days, in its own System Log.',
      },
    },
  ],
  [
    'ingestion-limit',
    {
      title: 'More arrives in the workspace than Azure lets in',
      what: () =>
        'All sources together send more to the workspace in a minute than Azure’s limit for it. Azure takes the events all the same, and drops some.',
      todo: () => [
        'Find what sends so much: workspace › Logs, table Usage, sum of Quantity by DataType.',
        'Ask Microsoft’s support to raise the ingestion volume rate of the workspace, or send some of it elsewhere.',
        'Nothing else: once rows come in again, this is over.',
      ],
      who: workspaceOwner,
      data: {
        fate: 'may be lost',
        sentence: 'What is dropped meanwhile does not come later. Okta keeps it for 90 days, in its own System Log.',
      },
    },
  ],
  [
    'transform-failed',
    {
      title: 'Azure can’t turn the events into rows',
      what: () =>
        'Azure took the events, and the query in the data collection rule that makes rows of them fails, on all or some of them: somebody has changed it or the table, or events have a form that it does not expect.',
      todo: () => [
        'Press Repair: Patchbay brings the table and the rule whose name begins with patchbay-okta back to what they should be.',
        'If it fails again, tell whoever maintains Patchbay Azure’s words.',
        'For all of them: workspace › Logs, table DCRLogErrors.',
      ],
      who: workspaceOwner,
      data: {
        fate: 'may be lost',
        sentence: 'What failed does not come later. Okta keeps it for 90 days, in its own System Log.',
      },
    },
  ],
  [
    'not-visible',
    {
      title: 'Events do not show up in the workspace',
      what: ({ subject }) => `Azure took the events, but they are not in the table. ${looked(subject)}`,
      todo: ({ subject }) => [
        ...(subject === nothingFound
          ? []
          : ['See workspace › Logs for errors: run Operation, and DCRLogErrors if it is there.']),
        'Press Repair: Patchbay checks the table and the rule whose name begins with patchbay-okta, and brings them back to what they should be.',
        'Look at azure.status.microsoft for Log Analytics in the workspace’s region.',
      ],
      who: workspaceOwner,
      data: {
        fate: 'may be lost',
        sentence: 'If Azure dropped them, events of this time stay missing. If it is only late, they will come.',
      },
    },
  ],
  [
    'no-first-events',
    {
      title: 'Okta has had no events yet',
      what: () =>
        'Okta answers without an error, but has had no events since the connector was made, so there is nothing to see in the workspace.',
      todo: () => [
        'Sign in to Okta once, which makes an event, and press Retry.',
        'If Okta Admin Console › Reports › System Log shows events and none arrive, check the role of the token’s owner.',
      ],
      who: oktaAdmin,
      data: { fate: 'not affected', sentence: 'There is nothing to lose yet.' },
    },
  ],
  [
    'no-first-data',
    {
      title: 'No data has arrived yet',
      what: ({ subject }) =>
        `Thirty minutes have passed. Azure took the events, and none of them is visible in the workspace. ${looked(subject)}`,
      todo: () => [
        'Look at azure.status.microsoft for Log Analytics in the workspace’s region.',
        'Press Repair: Patchbay checks table and rule, polls, and looks into the workspace again.',
      ],
      who: workspaceOwner,
      data: {
        fate: 'may be lost',
        sentence: 'If Azure dropped the first events, they stay missing. If it is only late, they will come.',
      },
    },
  ],
  [
    'look-failed',
    {
      title: 'Patchbay can’t see whether data arrives',
      what: () =>
        'Azure takes the events, but Patchbay’s look into the workspace is refused or fails, so it can’t tell whether they are there.',
      todo: () => [
        'Give Patchbay’s identity Log Analytics Contributor, or Log Analytics Reader, on the workspace. Roles take up to 15 minutes to take effect.',
        'See for yourself: workspace › Logs, table OktaSystemLogs_CL.',
        'Press Retry: Patchbay looks again.',
      ],
      who: azureOwner,
      data: { fate: 'not affected', sentence: 'Events are being sent all the same.' },
    },
  ],
  [
    'proxy-refused',
    {
      title: 'The proxy does not let Patchbay through',
      what: ({ status, subject }) =>
        status === 407
          ? 'The proxy that Patchbay is told to use wants a user and password, and has none or wrong ones.'
          : `The proxy that Patchbay is told to use does not allow a connection to ${subject ?? 'a host that it needs'}.`,
      todo: ({ status, subject }) => [
        status === 407
          ? 'Set HTTPS_PROXY to http://user:password@host:port with what the proxy asks for, special characters percent-encoded, and start Patchbay again.'
          : `Have ${subject ?? 'the host'} allowed on the proxy, with the others that deploy/README.md lists under Proxies; or name it in NO_PROXY, if it can be reached directly, and start Patchbay again.`,
        retry,
      ],
      who: `${operator}, with the network team`,
      data: waits,
    },
  ],
  [
    'certificate-unknown',
    {
      title: 'A certificate on the way is not trusted',
      what: ({ subject }) =>
        `What answers for ${subject ?? 'a host'} shows a certificate that is not valid, or of an authority that this machine does not know. A proxy that looks into the traffic does so; so would an attacker. Patchbay has sent nothing.`,
      todo: () => [
        'If your network has such a proxy: save its CA’s certificate as a PEM file, name the file in NODE_EXTRA_CA_CERTS, and start Patchbay again.',
        'If it has none, find out who answers before anything else.',
        retry,
      ],
      who: `${operator}, with the network team`,
      data: waits,
    },
  ],
  [
    'scheduler-down',
    {
      title: 'Patchbay has stopped polling',
      what: () =>
        'A look at Okta that is due is not made, though Patchbay runs. It is overloaded, or one of its instances has stopped, is cut off from the store, or has a fault.',
      todo: () => [
        'Press Retry once.',
        'Look into Patchbay’s log for errors, and check that its database answers.',
        'Start it again; it goes on where it stopped.',
      ],
      who: operator,
      data: waits,
    },
  ],
];

/** What became of the look for a reason, by the subject of its evidence. */
function looked(subject: string | undefined): string {
  if (subject === nothingFound)
    return 'Patchbay has looked for the reason: the workspace’s daily cap is not reached, and the rule’s error log has nothing. The table or the rule may have been changed, or Azure is late.';
  if (subject === logOff)
    return 'Patchbay has looked for the reason: the workspace’s daily cap is not reached, and the rule’s error log, which might tell, is off. Repair tries to switch it on.';
  return 'Patchbay has looked for the reason, and could not make it out.';
}

function readable(time: string): string {
  return time.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d).*$/, '$1 $2 UTC');
}
