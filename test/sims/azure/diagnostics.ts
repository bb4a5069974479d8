import { randomUUID } from 'node:crypto';
import { type ArmCall, authorize, unauthorized } from './arm.ts';
import type { Cloud } from './cloud.ts';
import type { Rule, Workspace } from './estate.ts';
import { type Call, isObject, Refusal, type Reply, readObject } from './exchange.ts';

/** A diagnostic setting of a rule: which logs go to which workspace, by its ARM id. */
export type DiagnosticSetting = { name: string; workspaceId: string; logs: { category: string; enabled: boolean }[] };

/** All that a rule logs. */
const categories = ['LogErrors'];
const mostSettings = 5;
const type = 'Microsoft.Insights/diagnosticSettings';

/** GET of the settings of a rule. */
export function listSettings(arm: ArmCall): Reply {
  const rule = ruleOf(arm, 'read');
  return { status: 200, body: { value: [...rule.diagnostics.values()].map((each) => shown(rule, each)) } };
}

/** GET of one. */
export function getSetting(arm: ArmCall): Reply {
  const rule = ruleOf(arm, 'read');
  const found = rule.diagnostics.get(nameOf(arm).toLowerCase());
  if (!found) throw new Refusal(404, 'ResourceNotFound', `The diagnostic setting '${nameOf(arm)}' doesn't exist.`);
  return { status: 200, body: shown(rule, found) };
}

/** PUT of one: where it sends to must be there, and no other setting may send the same there. */
export function putSetting(arm: ArmCall): Reply {
  const rule = ruleOf(arm, 'write');
  const name = nameOf(arm);
  const setting = { name, ...read(arm) };
  const others = [...rule.diagnostics.values()].filter((each) => each.name.toLowerCase() !== name.toLowerCase());
  const taken = others.find((each) => same(each.workspaceId, setting.workspaceId));
  if (taken) {
    throw new Refusal(
      409,
      'Conflict',
      `Data sink '${setting.workspaceId}' is already used in diagnostic setting '${taken.name}' for category 'LogErrors'. Data sinks can't be reused in different settings on the same category for the same resource.`,
    );
  }
  if (others.length >= mostSettings) {
    throw new Refusal(409, 'Conflict', `The limit of ${mostSettings} diagnostic settings was reached.`);
  }
  rule.diagnostics.set(name.toLowerCase(), setting);
  return { status: 200, body: shown(rule, setting) };
}

/** DELETE of one: 200, or 204 when it was already gone. */
export function deleteSetting(arm: ArmCall): Reply {
  const rule = ruleOf(arm, 'delete');
  return { status: rule.diagnostics.delete(nameOf(arm).toLowerCase()) ? 200 : 204 };
}

/** Writes an error of a rule to the workspaces that its settings name; without one, nobody hears of it. */
export function logRuleError(cloud: Cloud, call: Call, { rule, stream, message }: RuleError): void {
  for (const { workspaceId, logs } of rule.diagnostics.values()) {
    const workspace = cloud.estate.workspace(workspaceId);
    if (workspace && logs.some(({ enabled }) => enabled)) addError(cloud, call, workspace, { rule, stream, message });
  }
}

type RuleError = { rule: Rule; stream: string; message: string };

function addError(cloud: Cloud, call: Call, workspace: Workspace, { rule, stream, message }: RuleError): void {
  const row = {
    TimeGenerated: cloud.now(),
    OperationName: 'Transformation',
    InputStreamId: stream,
    Message: message,
    ClientRequestId: call.headers['x-ms-client-request-id'] ?? '',
    CorrelationId: randomUUID(),
    // The service writes ids of resources in small letters.
    _ResourceId: rule.id.toLowerCase(),
    Type: 'DCRLogErrors',
    $ingestionTime: cloud.now(),
  };
  workspace.otherRows.set('DCRLogErrors', [...(workspace.otherRows.get('DCRLogErrors') ?? []), row]);
}

function ruleOf(arm: ArmCall, verb: 'read' | 'write' | 'delete'): Rule {
  const id = arm.parts[0] ?? '';
  authorize(arm, `${type}/${verb}`, id);
  const rule = arm.cloud.estate.rule(id);
  if (rule) return rule;
  throw new Refusal(404, 'ResourceNotFound', `The Resource '${id.replace(/^.*providers\//i, '')}' was not found.`);
}

function nameOf(arm: ArmCall): string {
  return arm.parts[1] ?? '';
}

function read(arm: ArmCall): Omit<DiagnosticSetting, 'name'> {
  const { properties } = readObject(arm.call);
  const { workspaceId, logs, ...rest } = isObject(properties) ? properties : {};
  const [unknown] = Object.keys(rest);
  if (unknown) arm.cloud.unexpected(`a diagnostic setting with ${unknown}`);
  const wanted = (Array.isArray(logs) ? logs.filter(isObject) : []).map(({ category, enabled }) => ({
    category: String(category),
    enabled: enabled === true,
  }));
  const strange = wanted.find(({ category }) => !categories.includes(category));
  if (strange) throw new Refusal(400, 'BadRequest', `Category '${strange.category}' is not supported.`);
  if (wanted.length === 0) throw new Refusal(400, 'BadRequest', 'At least one log or metric is expected.');
  return { workspaceId: sinkOf(arm, workspaceId), logs: wanted };
}

/** Who sends logs to a workspace must be able to do so there as well. */
function sinkOf(arm: ArmCall, id: unknown): string {
  if (typeof id !== 'string') throw new Refusal(400, 'BadRequest', 'At least one data sink needs to be specified.');
  if (!arm.cloud.estate.workspace(id)) {
    throw new Refusal(404, 'ResourceNotFound', `The workspace '${id}' could not be found.`);
  }
  const action = 'Microsoft.OperationalInsights/workspaces/sharedKeys/action';
  if (arm.cloud.directory.allows(arm.caller.oid, action, id)) return id;
  const refusal = unauthorized(arm, action, id);
  throw new Refusal(403, 'LinkedAuthorizationFailed', refusal.message.replace(/^.*?: /, ''));
}

function shown(rule: Rule, { name, workspaceId, logs }: DiagnosticSetting): Record<string, unknown> {
  const id = `${rule.id}/providers/${type}/${name}`;
  return { id, type, name, properties: { workspaceId, logs, metrics: [] } };
}

function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
