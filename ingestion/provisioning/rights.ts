import { groupOf, missing, need, ownPermissions } from '../azure/access/rights.ts';
import { fewestRoles } from '../azure/access/roles.ts';
import { type Level, needsOn, type Resource } from '../azure/resources/resource.ts';
import { checkSentinel } from '../azure/resources/sentinel.ts';
import type { Workspace } from '../connector/connector.ts';
import { ConnectorError, type Grant } from '../errors.ts';
import type { Runtime } from '../runtime/runtime.ts';

type Needing = Pick<Resource, 'step' | 'needs'>;

/** To look for rows, to see that Sentinel is on, and to read what the people who ask may do. */
const needs = {
  workspace: [
    need('Microsoft.OperationalInsights/workspaces/query/read'),
    need('Microsoft.SecurityInsights/onboardingStates/read'),
    need('Microsoft.Authorization/roleAssignments/read'),
  ],
};

/**
 * The first step, before anything is changed: the bot's own rights for the steps that follow, and Microsoft Sentinel. It throws
 * `azure-forbidden` with all that is missing at once, by the fewest roles, or `sentinel-off`.
 */
export function rightsFor(others: readonly Needing[]) {
  const all: Needing[] = [...others, { step: 'rights', needs }];
  return {
    step: 'rights',
    needs,
    async ensure({ runtime }, { settings: { workspace } }) {
      const grants = await Promise.all([
        lackingGrants(runtime, all, { level: 'workspace', workspace }),
        lackingGrants(runtime, all, { level: 'group', workspace }),
      ]);
      checkGrants(grants.flat());
      await checkSentinel(runtime, workspace);
      return {};
    },
  } satisfies Resource<'rights'>;
}

/** The roles that the bot's identity has to be given on a level, by its ARM id. */
async function lackingGrants(
  runtime: Runtime,
  resources: readonly Needing[],
  { level, workspace }: { level: Level; workspace: Workspace },
): Promise<Grant[]> {
  const scope = level === 'workspace' ? workspace.id : groupOf(workspace.id);
  const lacking = missing(needsOn(resources, level), await ownPermissions(runtime, scope));
  return fewestRoles(lacking).map((role) => ({ scope, ...role }));
}

function checkGrants(grants: Grant[]): void {
  const [first] = grants;
  if (first) throw new ConnectorError('azure-forbidden', { subject: first.scope, grants });
}
