import { randomUUID } from 'node:crypto';
import { type ArmCall, authorize } from './arm.ts';
import { type Estate, endpointHost, newImmutableId, type Rule } from './estate.ts';
import { isObject, Refusal, type Reply, readObject } from './exchange.ts';
import { readRule } from './rule-body.ts';

/** GET of one rule. */
export function getRule(arm: ArmCall): Reply {
  const id = arm.parts[0] ?? '';
  authorize(arm, 'Microsoft.Insights/dataCollectionRules/read', id);
  const rule = arm.cloud.estate.rule(id);
  if (rule) return { status: 200, body: ruleBody(rule) };
  const [, resourceGroup, name] = /resourceGroups\/([^/]+)\/.*\/([^/]+)$/i.exec(id) ?? [];
  throw new Refusal(
    404,
    'ResourceNotFound',
    `The Resource 'Microsoft.Insights/dataCollectionRules/${name}' under resource group '${resourceGroup}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
}

/** GET of the rules of a resource group. */
export function listRules(arm: ArmCall): Reply {
  const scope = arm.parts[0] ?? '';
  authorize(arm, 'Microsoft.Insights/dataCollectionRules/read', scope);
  const inGroup = [...arm.cloud.estate.rules.entries()].filter(([id]) => id.startsWith(`${scope.toLowerCase()}/`));
  return { status: 200, body: { value: inGroup.map(([, rule]) => ruleBody(rule)) } };
}

/** DELETE of a rule: 200, or 204 when it was already gone. */
export function deleteRule(arm: ArmCall): Reply {
  const id = arm.parts[0] ?? '';
  authorize(arm, 'Microsoft.Insights/dataCollectionRules/delete', id);
  return { status: arm.cloud.estate.rules.delete(id.toLowerCase()) ? 200 : 204 };
}

/** PUT of a rule: 201 new, 200 changed; id, kind and endpoint of an existing rule stay. */
export function putRule(arm: ArmCall): Reply {
  const { cloud, call } = arm;
  const id = arm.parts[0] ?? '';
  authorize(arm, 'Microsoft.Insights/dataCollectionRules/write', id);
  const place = placeOf(cloud.estate, id);
  const { location, kind, tags, properties } = readObject(call);
  if (typeof location !== 'string') {
    throw new Refusal(400, 'LocationRequired', 'The location property is required for this definition.');
  }
  const old = cloud.estate.rule(id);
  checkLocation(old, location);
  const now = cloud.now();
  const changed = {
    ...readRule(properties, { estate: cloud.estate, location, now }),
    sent: isObject(properties) ? properties : {},
    tags: isObject(tags) ? tags : undefined,
    etag: `"${randomUUID()}"`,
    changedAt: now,
  };
  // A rule that is written anew has the transform that was sent.
  if (old) return { status: 200, body: ruleBody(Object.assign(old, changed, { transformError: undefined })) };
  const rule: Rule = {
    ...place,
    location: location.toLowerCase().replaceAll(' ', ''),
    kind: typeof kind === 'string' ? kind : undefined,
    immutableId: newImmutableId(),
    endpointHost: kind === 'Direct' ? endpointHost(place.name, location, cloud.hosts.ingestion) : undefined,
    dropped: new Map(),
    diagnostics: new Map(),
    transformError: undefined,
    createdAt: now,
    ...changed,
  };
  cloud.estate.rules.set(rule.id.toLowerCase(), rule);
  return { status: 201, body: ruleBody(rule) };
}

function placeOf(estate: Estate, id: string): { id: string; name: string } {
  const [, groupId = '', name = ''] = /^(.*?)\/providers\/.*\/([^/]+)$/i.exec(id) ?? [];
  const group = estate.resourceGroups.get(groupId.toLowerCase());
  if (!group) {
    throw new Refusal(
      404,
      'ResourceGroupNotFound',
      `Resource group '${groupId.split('/').at(-1)}' could not be found.`,
    );
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(name)) {
    throw new Refusal(400, 'InvalidResourceName', `Resource name '${name}' is invalid.`);
  }
  return { id: `${group.id}/providers/Microsoft.Insights/dataCollectionRules/${name}`, name };
}

function checkLocation(old: Rule | undefined, location: string): void {
  if (!old || old.location === location.toLowerCase().replaceAll(' ', '')) return;
  throw new Refusal(
    409,
    'InvalidResourceLocation',
    `The resource '${old.name}' already exists in location '${old.location}'. A resource with the same name cannot be created in location '${location}'. Please select a new resource name.`,
  );
}

function ruleBody(rule: Rule): Record<string, unknown> {
  const endpoints = rule.endpointHost && {
    logsIngestion: `https://${rule.endpointHost}`,
    metricsIngestion: `https://${rule.endpointHost.replace('.logs.', '.metrics.')}`,
  };
  return {
    id: rule.id,
    name: rule.name,
    type: 'Microsoft.Insights/dataCollectionRules',
    location: rule.location,
    ...(rule.kind && { kind: rule.kind }),
    ...(rule.tags && { tags: rule.tags }),
    etag: rule.etag,
    properties: {
      ...rule.sent,
      immutableId: rule.immutableId,
      ...(endpoints && { endpoints }),
      provisioningState: 'Succeeded',
    },
    systemData: {
      createdAt: new Date(rule.createdAt).toISOString(),
      lastModifiedAt: new Date(rule.changedAt).toISOString(),
    },
  };
}
