import { createHash } from 'node:crypto';
import type { Permission } from '@azure/arm-authorization';
import type { Rule } from '../../connector/connector.ts';
import { ConnectorError } from '../../errors.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { asScope, authorization, grantNeed, missing, ownPermissions, sendNeed } from '../access/rights.ts';
import { azure, idParts, nullWhenMissing } from '../arm/client.ts';
import { ownIdentity } from '../arm/identity.ts';

const monitoringMetricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb';

/** Lets the bot's identity send to the rule, unless it may already; true when it had to be given. Throws ConnectorError. */
export async function ensureGrant(runtime: Runtime, rule: Rule): Promise<boolean> {
  let own: Permission[] = [];
  try {
    own = await ownPermissions(runtime, rule.id);
    if (missing([sendNeed], own).length === 0) return false;
    await grant(runtime, rule);
    return true;
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    // Permissions are listed without their conditions: a right that is there, and refused, is bound to one.
    const restricted = error.reason === 'azure-forbidden' && missing([grantNeed], own).length === 0;
    if (restricted) throw new ConnectorError('grant-restricted', { ...error.evidence, subject: rule.id }, error);
    // The rule was answered a moment ago: a part of Azure does not know it yet, or it was deleted since.
    if (error.evidence.code === 'ResourceNotFound') throw new ConnectorError('azure-busy', error.evidence, error);
    throw error;
  }
}

async function grant(runtime: Runtime, rule: Rule): Promise<void> {
  const principalId = await ownPrincipal(runtime);
  const name = assignmentName(rule.id, principalId);
  const client = authorization(runtime, rule.id);
  const roleDefinitionId = `/subscriptions/${idParts(rule.id).subscription}/providers/Microsoft.Authorization/roleDefinitions/${monitoringMetricsPublisher}`;
  await azure(async () => {
    try {
      // principalType spares a new identity the PrincipalNotFound of a directory that lags behind.
      await client.roleAssignments.create(asScope(rule.id), name, {
        principalId,
        principalType: 'ServicePrincipal',
        roleDefinitionId,
      });
    } catch (error) {
      if ((error as { code?: string }).code !== 'RoleAssignmentExists') throw error;
      if (!(await isThere(runtime, rule, principalId))) throw error;
    }
  });
}

/** Whether the role is assigned at the rule, under whatever name. */
async function isThere(runtime: Runtime, rule: Rule, principalId: string): Promise<boolean> {
  const filter = `principalId eq '${principalId}'`;
  for await (const { roleDefinitionId = '', scope = '' } of authorization(
    runtime,
    rule.id,
  ).roleAssignments.listForScope(asScope(rule.id), { filter })) {
    const here = scope.toLowerCase() === rule.id.toLowerCase();
    if (here && roleDefinitionId.toLowerCase().endsWith(monitoringMetricsPublisher)) return true;
  }
  return false;
}

/** Takes the grant back; one that is gone, or was never ours, is as good. Throws ConnectorError. */
export async function removeGrant(runtime: Runtime, rule: Rule): Promise<void> {
  const name = assignmentName(rule.id, await ownPrincipal(runtime));
  const { roleAssignments } = authorization(runtime, rule.id);
  await azure(async () => {
    // To take one back needs a right that only an identity which gave one has.
    const given = await roleAssignments.get(asScope(rule.id), name).catch(nullWhenMissing);
    if (given) await roleAssignments.delete(asScope(rule.id), name).catch(nullWhenMissing);
  });
}

async function ownPrincipal(runtime: Runtime): Promise<string> {
  return (await ownIdentity(runtime)).principalId;
}

/** A name that is the same at every try: a version 5 UUID of scope, principal and role. */
function assignmentName(scope: string, principalId: string): string {
  const hash = createHash('sha1')
    .update(`${scope}|${principalId}|${monitoringMetricsPublisher}`.toLowerCase())
    .digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
