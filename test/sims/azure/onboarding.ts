import { type ArmCall, authorize } from './arm.ts';
import type { Workspace } from './estate.ts';
import { Refusal, type Reply } from './exchange.ts';

/** The workspace of that id, or Azure's 404. */
export function findWorkspace({ cloud }: ArmCall, id: string): Workspace {
  const workspace = cloud.estate.workspace(id);
  if (workspace) return workspace;
  const [, resourceGroup, name] = /resourceGroups\/([^/]+)\/.*\/([^/]+)$/i.exec(id) ?? [];
  if (!cloud.estate.exists(id.split('/').slice(0, 5).join('/'))) {
    throw new Refusal(404, 'ResourceGroupNotFound', `Resource group '${resourceGroup}' could not be found.`);
  }
  throw new Refusal(
    404,
    'ResourceNotFound',
    `The Resource 'Microsoft.OperationalInsights/workspaces/${name}' under resource group '${resourceGroup}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
}

/** GET of a workspace. */
export function getWorkspace(arm: ArmCall): Reply {
  const id = arm.parts[0] ?? '';
  authorize(arm, 'Microsoft.OperationalInsights/workspaces/read', id);
  const workspace = findWorkspace(arm, id);
  const body = {
    id: workspace.id,
    name: workspace.name,
    type: 'Microsoft.OperationalInsights/workspaces',
    location: workspace.location,
    properties: workspaceProperties(workspace, arm.cloud.now()),
  };
  return { status: 200, body };
}

/** The properties of a workspace as ARM and Resource Graph give them. */
export function workspaceProperties(workspace: Workspace, now: number): Record<string, unknown> {
  return {
    customerId: workspace.customerId,
    provisioningState: 'Succeeded',
    sku: { name: 'pergb2018' },
    retentionInDays: workspace.retentionInDays,
    workspaceCapping: {
      dailyQuotaGb: workspace.dailyCapReached ? 1 : -1,
      quotaNextResetTime: new Date(nextReset(now)).toISOString(),
      dataIngestionStatus: workspace.dailyCapReached ? 'OverQuota' : 'RespectQuota',
    },
    publicNetworkAccessForIngestion: 'Enabled',
    publicNetworkAccessForQuery: 'Enabled',
  };
}

const dayMs = 86_400_000;
/** The hour of the day at which a cap is reset, which nobody can choose. */
const resetHourMs = 14 * 3_600_000;

function nextReset(now: number): number {
  const today = now - (now % dayMs) + resetHourMs;
  return today > now ? today : today + dayMs;
}

/** GET of the Sentinel onboarding state: 404 when Sentinel is off, or was turned on by its solution alone. */
export function getOnboardingState(arm: ArmCall): Reply {
  const id = arm.parts[0] ?? '';
  authorize(arm, 'Microsoft.SecurityInsights/onboardingStates/read', id);
  const workspace = findWorkspace(arm, id);
  if (!workspace.sentinel || workspace.solutionOnly) {
    throw new Refusal(404, 'NotFound', `Workspace '${workspace.name}' is not onboarded to Microsoft Sentinel.`);
  }
  const body = {
    id: `${workspace.id}/providers/Microsoft.SecurityInsights/onboardingStates/default`,
    name: 'default',
    type: 'Microsoft.SecurityInsights/onboardingStates',
    properties: { customerManagedKey: false },
  };
  return { status: 200, body };
}

/** GET of the solution that a workspace with Sentinel carries. */
export function getSolution(arm: ArmCall): Reply {
  const [group = '', name = ''] = arm.parts;
  const id = `${group}/providers/Microsoft.OperationsManagement/solutions/SecurityInsights(${name})`;
  authorize(arm, 'Microsoft.OperationsManagement/solutions/read', id);
  const workspace = arm.cloud.estate.workspace(`${group}/providers/Microsoft.OperationalInsights/workspaces/${name}`);
  if (!workspace?.sentinel) throw new Refusal(404, 'ResourceNotFound', `The solution '${name}' was not found.`);
  const properties = { workspaceResourceId: workspace.id, provisioningState: 'Succeeded' };
  const type = 'Microsoft.OperationsManagement/solutions';
  return {
    status: 200,
    body: { id, name: `SecurityInsights(${name})`, type, location: workspace.location, properties },
  };
}
