import { MonitorClient } from '@azure/arm-monitor';
import type { Connector, DataCollectionRule, Workspace } from '../../connector/connector.ts';
import { ConnectorError } from '../../errors.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { need } from '../access/rights.ts';
import { armOptions, azure, idParts, nullWhenMissing } from '../arm/client.ts';
import { type DataCollectionPlan, planOfConnector } from './data-collection-plan.ts';
import type { Ensured, Gone, Resource, Search } from './resource.ts';

/** The data collection rule of a connector, made anew where it is gone. */
export const dataCollectionRule = {
  step: 'rule',
  needs: { group: [need('Microsoft.Insights/dataCollectionRules/write')] },
  standsOn: { step: 'table', missingCode: 'InvalidOutputTable' },
  ensure: ensureForConnector,
  upgrade: ensureForConnector,
  remove: ({ runtime }, connector) => removeDataCollectionRule(runtime, planOfConnector(connector)),
  findGone: findGoneRules,
} satisfies Resource<'rule'>;

async function ensureForConnector({ runtime }: { runtime: Runtime }, connector: Connector): Promise<Ensured> {
  const rule = await ensureDataCollectionRule(runtime, planOfConnector(connector));
  return { facts: { rule }, spreads: rule.immutableId !== connector.provisioning.rule?.immutableId };
}

/** One question for all of them, and one more for each that is not in the answer. */
async function findGoneRules({ runtime, workspace, connectors, signal }: Search): Promise<Map<string, Gone>> {
  const { client, resourceGroup } = monitor(runtime, workspace);
  const options = { abortSignal: signal };
  const gone = new Map<string, Gone>();
  await azure(async () => {
    const there = new Set<string>();
    for await (const { name = '' } of client.listByResourceGroup(resourceGroup, options)) there.add(name.toLowerCase());
    for (const connector of connectors) {
      const { name } = planOfConnector(connector);
      if (there.has(name.toLowerCase())) continue;
      // A list may lag behind what was made a moment ago.
      const found = await client.get(resourceGroup, name, options).catch(nullWhenMissing);
      if (!found) gone.set(connector.id, 'rule-missing');
    }
  });
  return gone;
}

/**
 * Creates the data collection rule, or brings it to its present form; the same call again changes nothing. Throws ConnectorError,
 * `region-unfit` where Azure gives it no ingestion endpoint.
 * Source: github.com/Azure/azure-rest-api-specs, Microsoft.Insights 2023-03-11, dataCollectionRules_API.json.
 */
export async function ensureDataCollectionRule(
  runtime: Runtime,
  plan: DataCollectionPlan,
): Promise<DataCollectionRule> {
  const { name, workspace, tags, description, stream, transformKql, table } = plan;
  const { client, resourceGroup } = monitor(runtime, workspace);
  const body = {
    location: workspace.location,
    // Only a rule that was created as Direct has an ingestion endpoint of its own.
    kind: 'Direct',
    tags: { ...runtime.tags, ...tags },
    description,
    streamDeclarations: { [stream.name]: { columns: stream.columns } },
    destinations: { logAnalytics: [{ workspaceResourceId: workspace.id, name: 'workspace' }] },
    dataFlows: [{ streams: [stream.name], destinations: ['workspace'], transformKql, outputStream: `Custom-${table}` }],
  };
  const { id, immutableId, endpoints } = await azure(() => client.create(resourceGroup, name, { body }));
  const endpoint = endpoints?.logsIngestion;
  if (id && immutableId && endpoint) return { id, immutableId, endpoint };
  const text = 'The rule was made without an ingestion endpoint.';
  throw new ConnectorError('region-unfit', { code: 'NoEndpoint', text, subject: workspace.location });
}

/** Removes the data collection rule; one that is gone already is as good. Throws ConnectorError. */
export async function removeDataCollectionRule(
  runtime: Runtime,
  { name, workspace }: DataCollectionPlan,
): Promise<void> {
  const { client, resourceGroup } = monitor(runtime, workspace);
  await azure(() => client.delete(resourceGroup, name).catch(nullWhenMissing));
}

function monitor(runtime: Runtime, { id }: Workspace) {
  const { subscription, resourceGroup } = idParts(id);
  const client = new MonitorClient(runtime.credential, subscription, armOptions(runtime)).dataCollectionRules;
  return { client, resourceGroup };
}
