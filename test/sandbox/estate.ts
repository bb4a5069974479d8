import { randomUUID } from 'node:crypto';
import type { Workspace } from '../sims/azure/estate.ts';
import { AzureSim } from '../sims/azure.ts';
import type { Clock } from '../sims/clock.ts';
import type { OktaOrg } from '../sims/okta/org.ts';
import { Okta } from '../sims/okta.ts';
import type { User } from '../sims/teams/tenant.ts';
import { Teams } from '../sims/teams.ts';

/** A small company with a SOC: people, a team, two Okta orgs, two workspaces. */
export type Estate = {
  appId: string;
  tenantId: string;
  azure: AzureSim;
  okta: Okta;
  teams: Teams;
  orgs: { org: OktaOrg; token: string }[];
  workspace: Workspace;
  notes: Map<User, string>;
  /** Installs the app, once the bot listens. */
  install(): Promise<void>;
  close(): Promise<void>;
};

/** What a SOC has beside our data: some of it asks for Okta's events elsewhere, some finds ours. */
function addContent(azure: AzureSim, workspace: Workspace): void {
  const category = 'Hunting Queries';
  const sso = 'union isfuzzy=true Okta_CL, OktaV2_CL | project TimeGenerated';
  azure.addSearch(workspace, { displayName: 'Okta SSO', functionAlias: 'OktaSSO', query: sso });
  azure.addSearch(workspace, {
    displayName: 'Rare user agents in Okta',
    category,
    query: 'OktaSSO | summarize count()',
  });
  for (const [displayName, query, enabled] of [
    ['MFA fatigue (Okta)', 'OktaSSO | where eventType_s == "user.mfa.okta_verify.deny_push"', true],
    ['User session impersonation (Okta)', 'Okta_CL | where eventType_s has "impersonation"', false],
    ['High-risk admin activity (Okta)', 'PatchbayOktaSSO | where eventType_s has "privilege.grant"', true],
    [
      'Password spray over all sources',
      '_Im_Authentication(eventresult="Failure") | summarize count() by SrcIpAddr',
      true,
    ],
    ['Sign-ins from new countries', 'SigninLogs | summarize dcount(Location) by UserPrincipalName', true],
  ] as const)
    azure.addAlertRule(workspace, { displayName, query, enabled });
}

export async function openEstate(clock: Clock): Promise<Estate> {
  const azure = await AzureSim.open({
    now: clock.now,
    hold: clock.patience.hold,
    settings: { rolePropagationMs: 60_000, visibilityMs: 10_000, firstDataMs: 60_000 },
  });
  const okta = await Okta.open({ now: clock.now, hold: clock.patience.hold });
  const appId = randomUUID();
  const { tenantId } = azure.identity;
  const teams = await Teams.open({ appId, tenantId, now: clock.now, hold: clock.patience.hold });

  const subscription = azure.addSubscription('Contoso Security');
  const workspace = azure.addWorkspace({
    name: 'contoso-soc',
    resourceGroup: 'soc',
    subscription,
    location: 'westeurope',
  });
  addContent(azure, workspace);
  const other = azure.addWorkspace({
    name: 'contoso-labs',
    resourceGroup: 'labs',
    subscription,
    location: 'northeurope',
  });
  for (const role of [
    'Log Analytics Contributor',
    'Monitoring Contributor',
    'Role Based Access Control Administrator',
  ]) {
    azure.grant(azure.identity.principalId, role, `/subscriptions/${subscription}`);
  }

  const notes = new Map<User, string>();
  const person = (name: string, note: string, roles: string[], role: 'user' | 'guest' = 'user') => {
    const user = teams.addUser({ name, aadObjectId: azure.addUser(), role });
    for (const given of roles) azure.grant(user.aadObjectId, given, workspace.id);
    notes.set(user, note);
    return user;
  };
  const owner = ['Log Analytics Contributor', 'Microsoft Sentinel Contributor'];
  const ada = person('Ada Lindqvist', 'SOC engineer: may connect on contoso-soc', owner);
  person('Ben Okafor', 'SOC analyst: Sentinel Responder', ['Microsoft Sentinel Responder', 'Log Analytics Reader']);
  person('Chris Moreau', 'Reader: Sentinel Reader', ['Microsoft Sentinel Reader']);
  person('Dana Guest', 'Guest from another company', [], 'guest');
  azure.grant(ada.aadObjectId, 'Microsoft Sentinel Contributor', other.id);

  const soc = teams.addTeam('Security Operations');
  const alerts = soc.addChannel('Sentinel alerts');
  soc.addChannel('Shift handover');

  const orgs = ['contoso.okta.com', 'contoso-labs.oktapreview.com'].map((host, index) => {
    const org = okta.addOrg(host);
    // Another seed for each, or two orgs would have the same events.
    org.generate({ perMinute: 60, seed: index + 1 });
    return { org, token: org.addToken() };
  });
  const install = async () => {
    await teams.install(soc, { by: ada, channel: alerts });
    await teams.install(teams.personalChat(ada), { by: ada });
  };
  const close = async () => {
    await Promise.all([azure.close(), okta.close(), teams.close()]);
  };
  return { appId, tenantId, azure, okta, teams, orgs, workspace, notes, install, close };
}
