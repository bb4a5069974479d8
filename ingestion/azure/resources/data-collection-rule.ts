import { readFileSync } from 'node:fs';
import { MonitorClient } from '@azure/arm-monitor';
import columns from '../../../deploy/stream.json' with { type: 'json' };
import type { Connector, Rule, Workspace } from '../../connector/connector.ts';
import { ConnectorError } from '../../errors.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { armOptions, azure, idParts, nullWhenMissing } from '../arm/client.ts';
import { healthStream, stream } from '../logs-ingestion.ts';
import { healthTable, tableName } from './table.ts';

const transform = readFileSync(new URL('../../../deploy/transform.kql', import.meta.url), 'utf8');

/** What a rule of ours is to be: one stream that becomes rows of one table, in the workspace beside which the rule lies. */
export type RulePlan = {
  name: string;
  workspace: Workspace;
  tags: Record<string, string>;
  description: string;
  stream: { name: string; columns: { name: string; type: string }[] };
  transformKql: string;
  table: string;
};

/** One rule per connector: its own limits and endpoint, and the connector's constants in the transform. */
export function logRule(connector: Connector): RulePlan {
  return {
    name: `patchbay-okta-${connector.id}`,
    workspace: connector.settings.workspace,
    tags: { product: 'Patchbay', connector: connector.id },
    description: `Okta System Log of ${connector.domain}`,
    stream: { name: stream, columns },
    transformKql: stamped(connector),
    table: tableName,
  };
}

/** One rule per workspace, for the records of all its connectors: they are sent in the columns of the table. */
export function healthRule(workspace: Workspace): RulePlan {
  return {
    name: `patchbay-health-${workspace.customerId}`,
    workspace,
    tags: { product: 'Patchbay' },
    description: 'Health of the Okta connectors of this workspace',
    stream: {
      name: healthStream,
      // A stream spells a type in small letters where a table does not.
      columns: healthTable.columns.map(({ name = '', type = '' }) => ({ name, type: type.toLowerCase() })),
    },
    transformKql: 'source',
    table: healthTable.name,
  };
}

/** Creates the rule, or brings it to its present form; the same call again changes nothing. Throws ConnectorError. */
export async function ensureRule(runtime: Runtime, plan: RulePlan): Promise<Rule> {
  const { name, workspace, tags, description, stream, transformKql, table } = plan;
  const { subscription, resourceGroup } = idParts(workspace.id);
  const client = new MonitorClient(runtime.credential, subscription, armOptions(runtime));
  const rule = await azure(() =>
    client.dataCollectionRules.create(resourceGroup, name, {
      body: {
        location: workspace.location,
        // Only a rule that was created as Direct has an ingestion endpoint of its own.
        kind: 'Direct',
        tags,
        description,
        streamDeclarations: { [stream.name]: { columns: stream.columns } },
        destinations: { logAnalytics: [{ workspaceResourceId: workspace.id, name: 'workspace' }] },
        dataFlows: [
          { streams: [stream.name], destinations: ['workspace'], transformKql, outputStream: `Custom-${table}` },
        ],
      },
    }),
  );
  const endpoint = rule.endpoints?.logsIngestion;
  if (!rule.id || !rule.immutableId || !endpoint) {
    const text = 'The rule was made without an ingestion endpoint.';
    throw new ConnectorError('region-unfit', { code: 'NoEndpoint', text, subject: workspace.location });
  }
  return { id: rule.id, immutableId: rule.immutableId, endpoint };
}

/** The id is a GUID and the domain a checked host name: neither can end the literal that it stands in. */
function stamped(connector: Connector): string {
  return transform.replaceAll('{{ConnectorId}}', connector.id).replaceAll('{{OktaDomain}}', connector.domain).trim();
}

/** Removes the rule; one that is gone already is as good. Throws ConnectorError. */
export async function removeRule(runtime: Runtime, { name, workspace }: RulePlan): Promise<void> {
  const { subscription, resourceGroup } = idParts(workspace.id);
  const client = new MonitorClient(runtime.credential, subscription, armOptions(runtime));
  await azure(() => client.dataCollectionRules.delete(resourceGroup, name).catch(nullWhenMissing));
}
