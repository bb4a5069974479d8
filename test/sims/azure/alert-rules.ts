import { randomUUID } from 'node:crypto';
import { type ArmCall, authorize } from './arm.ts';
import type { Workspace } from './estate.ts';
import { Refusal, type Reply } from './exchange.ts';
import { findWorkspace } from './onboarding.ts';
import { pageOf } from './paging.ts';

/** An analytics rule of Microsoft Sentinel; Scheduled and NRT ones have a query. */
export type AlertRule = {
  name: string;
  etag: string;
  kind: 'Scheduled' | 'NRT' | 'Fusion' | 'MicrosoftSecurityIncidentCreation';
  properties: Record<string, unknown>;
};

/** What a test says of a rule; the rest is as the service would have it. */
export type RuleRequest = { displayName: string; query?: string; enabled?: boolean; kind?: AlertRule['kind'] };

/** A rule in the documented shape of its kind. */
export function newAlertRule({ displayName, query, enabled = true, kind = 'Scheduled' }: RuleRequest): AlertRule {
  const common = { displayName, description: '', enabled, lastModifiedUtc: '2026-01-05T08:00:00Z' };
  const detecting = { ...common, query, severity: 'Medium', tactics: ['CredentialAccess'], techniques: [] };
  const suppression = { suppressionDuration: 'PT5H', suppressionEnabled: false };
  const schedule = { queryFrequency: 'PT1H', queryPeriod: 'PT1H', triggerOperator: 'GreaterThan', triggerThreshold: 0 };
  const properties = {
    Scheduled: { ...detecting, ...suppression, ...schedule },
    NRT: { ...detecting, ...suppression },
    Fusion: { ...common, alertRuleTemplateName: 'f71aba3d-28fb-450b-b192-4e76a83015c8', severity: 'High', tactics: [] },
    MicrosoftSecurityIncidentCreation: { ...common, productFilter: 'Microsoft Cloud App Security' },
  }[kind];
  return { name: randomUUID(), etag: `"${randomUUID()}"`, kind, properties };
}

/** GET of the analytics rules of a workspace, in pages. What Azure says where Sentinel is off is not documented. */
export function listAlertRules(arm: ArmCall): Reply {
  const id = arm.parts[0] ?? '';
  authorize(arm, 'Microsoft.SecurityInsights/alertRules/read', id);
  const workspace = findWorkspace(arm, id);
  if (!workspace.sentinel) {
    throw new Refusal(400, 'BadRequest', `Workspace '${workspace.name}' is not onboarded to Microsoft Sentinel.`);
  }
  const { items, nextLink } = pageOf(arm.call, workspace.alertRules, arm.cloud.settings.pageSize);
  const value = items.map((rule) => shown(workspace, rule));
  return { status: 200, body: nextLink ? { value, nextLink } : { value } };
}

function shown({ id }: Workspace, rule: AlertRule): Record<string, unknown> {
  const type = 'Microsoft.SecurityInsights/alertRules';
  return { id: `${id}/providers/${type}/${rule.name}`, type, ...rule };
}
