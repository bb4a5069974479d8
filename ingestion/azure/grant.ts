import { createHash } from 'node:crypto';
import type { Rule } from '../connector.ts';
import type { World } from '../world.ts';
import { azure, idParts, nullWhenMissing } from './arm.ts';
import { ownIdentity } from './identity.ts';
import { asScope, authorization, missing, ownPermissions, sendNeed } from './rights.ts';

const monitoringMetricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb';

/** Lets the bot's identity send to the rule, unless it may already; true when it had to be given. Throws ConnectorError. */
export async function ensureGrant(world: World, rule: Rule): Promise<boolean> {
  if (missing([sendNeed], await ownPermissions(world, rule.id)).length === 0) return false;
  const principalId = await ownPrincipal(world);
  const name = assignmentName(rule.id, principalId);
  const client = authorization(world, rule.id);
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
    }
  });
  return true;
}

/** Takes the grant back; one that is gone, or was never ours, is as good. Throws ConnectorError. */
export async function removeGrant(world: World, rule: Rule): Promise<void> {
  const name = assignmentName(rule.id, await ownPrincipal(world));
  const { roleAssignments } = authorization(world, rule.id);
  await azure(async () => {
    // To take one back needs a right that only an identity which gave one has.
    const given = await roleAssignments.get(asScope(rule.id), name).catch(nullWhenMissing);
    if (given) await roleAssignments.delete(asScope(rule.id), name).catch(nullWhenMissing);
  });
}

async function ownPrincipal(world: World): Promise<string> {
  return (await ownIdentity(world)).principalId;
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
