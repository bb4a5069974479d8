import { createHash } from 'node:crypto';
import type { Permission } from '@azure/arm-authorization';
import type { Connector, DataCollectionRule } from '../../connector/connector.ts';
import { ConnectorError } from '../../errors.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { asScope, authorization, missing, type Need, need, ownPermissions } from '../access/rights.ts';
import { azure, idParts, nullWhenMissing } from '../arm/client.ts';
import { ownIdentity } from '../arm/identity.ts';
import type { Ensured, Resource } from './resource.ts';

/** What sending to a data collection rule takes on it. Source: learn.microsoft.com/azure/azure-monitor/logs/tutorial-logs-ingestion-api. */
export const sendNeed: Need = { ...need('Microsoft.Insights/Telemetry/Write'), data: true };
/** What giving a role takes. */
const assignNeed: Need = need('Microsoft.Authorization/roleAssignments/write');

const monitoringMetricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb';

/** The right to send to the connector's data collection rule: the identity has it from above, or can give it to itself. */
export const roleAssignment = {
  step: 'grant',
  needs: { group: [{ ...sendNeed, instead: assignNeed }] },
  standsOn: { step: 'rule', missingCode: 'ResourceNotFound' },
  ensure: assignForConnector,
  upgrade: assignForConnector,
  async remove({ runtime }, { provisioning: { rule } }) {
    if (rule) await removeRoleAssignment(runtime, rule);
  },
} satisfies Resource<'grant'>;

async function assignForConnector({ runtime }: { runtime: Runtime }, { provisioning }: Connector): Promise<Ensured> {
  return provisioning.rule ? { spreads: await ensureRoleAssignment(runtime, provisioning.rule) } : {};
}

/**
 * Lets the bot's identity send to a data collection rule, unless it may already; true when the role had to be assigned. Throws
 * ConnectorError: `grant-restricted` where the right to assign has a condition, `azure-busy` where Azure does not know the rule yet.
 * Source: learn.microsoft.com/azure/role-based-access-control/troubleshooting.
 */
export async function ensureRoleAssignment(runtime: Runtime, rule: DataCollectionRule): Promise<boolean> {
  let own: Permission[] = [];
  try {
    own = await ownPermissions(runtime, rule.id);
    if (missing([sendNeed], own).length === 0) return false;
    await assignRole(runtime, rule);
    return true;
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    // Permissions are listed without their conditions: a right that is there, and refused, is bound to one.
    const restricted = error.reason === 'azure-forbidden' && missing([assignNeed], own).length === 0;
    if (restricted) throw new ConnectorError('grant-restricted', { ...error.evidence, subject: rule.id }, error);
    // The rule was answered a moment ago: a part of Azure does not know it yet, or it was deleted since.
    if (error.evidence.code === 'ResourceNotFound') throw new ConnectorError('azure-busy', error.evidence, error);
    throw error;
  }
}

async function assignRole(runtime: Runtime, rule: DataCollectionRule): Promise<void> {
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
      if (!(await isAssigned(runtime, rule, principalId))) throw error;
    }
  });
}

/** Whether the role is assigned at the rule, under whatever name. */
async function isAssigned(runtime: Runtime, rule: DataCollectionRule, principalId: string): Promise<boolean> {
  const filter = `principalId eq '${principalId}'`;
  const assignments = authorization(runtime, rule.id).roleAssignments.listForScope(asScope(rule.id), { filter });
  for await (const { roleDefinitionId = '', scope = '' } of assignments) {
    const here = scope.toLowerCase() === rule.id.toLowerCase();
    if (here && roleDefinitionId.toLowerCase().endsWith(monitoringMetricsPublisher)) return true;
  }
  return false;
}

/** Takes the role at the rule away again; an assignment that is gone, or was never ours, is as good. Throws ConnectorError. */
export async function removeRoleAssignment(runtime: Runtime, rule: DataCollectionRule): Promise<void> {
  const name = assignmentName(rule.id, await ownPrincipal(runtime));
  const { roleAssignments } = authorization(runtime, rule.id);
  await azure(async () => {
    // To remove one needs a right that only an identity which assigned one has.
    const assigned = await roleAssignments.get(asScope(rule.id), name).catch(nullWhenMissing);
    if (assigned) await roleAssignments.delete(asScope(rule.id), name).catch(nullWhenMissing);
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
