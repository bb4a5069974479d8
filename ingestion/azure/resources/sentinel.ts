import {
  bearerTokenAuthenticationPolicy,
  createPipelineFromOptions,
  createPipelineRequest,
  RestError,
} from '@azure/core-rest-pipeline';
import type { Workspace } from '../../connector/connector.ts';
import { ConnectorError } from '../../errors.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { groupOf } from '../access/rights.ts';
import { armOptions, azure, managerScope } from '../arm/client.ts';

/**
 * Makes sure that Microsoft Sentinel is on, in either way in which that is done: by an onboarding state, or as in older
 * workspaces by the solution alone. Throws ConnectorError, `sentinel-off` when it is not.
 * Source: learn.microsoft.com/rest/api/securityinsights/sentinel-onboarding-states/get.
 */
export async function checkSentinel(runtime: Runtime, { id, name }: Workspace): Promise<void> {
  const state = `${id}/providers/Microsoft.SecurityInsights/onboardingStates/default?api-version=2025-09-01`;
  if (await exists(runtime, state)) return;
  const solution = `${groupOf(id)}/providers/Microsoft.OperationsManagement/solutions/SecurityInsights(${name})?api-version=2015-11-01-preview`;
  if (await exists(runtime, solution)) return;
  throw new ConnectorError('sentinel-off', { subject: name });
}

/** There is no client for these two among Azure's that we use. */
async function exists(runtime: Runtime, address: string): Promise<boolean> {
  const { credential, http, cloud } = runtime;
  const options = armOptions(runtime);
  const pipeline = createPipelineFromOptions(options);
  pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential, scopes: managerScope(runtime) }));
  for (const { policy } of options.additionalPolicies) pipeline.addPolicy(policy, { afterPhase: 'Retry' });
  const request = createPipelineRequest({ url: `${cloud.manager}${address}` });
  return azure(async () => {
    const response = await pipeline.sendRequest(http, request);
    const { status: statusCode } = response;
    if (statusCode === 200) return true;
    if (statusCode === 404) return false;
    throw new RestError(`status ${statusCode}`, { statusCode, request, response });
  });
}
