import { readFileSync } from 'node:fs';
import { MonitorClient } from '@azure/arm-monitor';
import columns from '../../deploy/stream.json' with { type: 'json' };
import type { Connector, Rule } from '../connector.ts';
import { ConnectorError } from '../errors.ts';
import { stream } from '../logs.ts';
import type { World } from '../world.ts';
import { armOptions, azure, idParts, nullWhenMissing } from './arm.ts';
import { tableName } from './table.ts';

const transform = readFileSync(new URL('../../deploy/transform.kql', import.meta.url), 'utf8');

/** One rule per connector: its own limits and endpoint, and the connector's constants in the transform. */
export function ruleName(connector: Connector): string {
  return `patchbay-okta-${connector.id}`;
}

/** Creates the rule, or brings it to its present form; the same call again changes nothing. Throws ConnectorError. */
export async function ensureRule(world: World, connector: Connector): Promise<Rule> {
  const { workspace } = connector.settings;
  const { subscription, resourceGroup } = idParts(workspace.id);
  const client = new MonitorClient(world.credential, subscription, armOptions(world));
  const rule = await azure(() =>
    client.dataCollectionRules.create(resourceGroup, ruleName(connector), {
      body: {
        location: workspace.location,
        // Only a rule that was created as Direct has an ingestion endpoint of its own.
        kind: 'Direct',
        tags: { product: 'Patchbay', connector: connector.id },
        description: `Okta System Log of ${connector.domain}`,
        streamDeclarations: { [stream]: { columns } },
        destinations: { logAnalytics: [{ workspaceResourceId: workspace.id, name: 'workspace' }] },
        dataFlows: [
          {
            streams: [stream],
            destinations: ['workspace'],
            transformKql: stamped(connector),
            outputStream: `Custom-${tableName}`,
          },
        ],
      },
    }),
  );
  const endpoint = rule.endpoints?.logsIngestion;
  if (!rule.id || !rule.immutableId || !endpoint) {
    throw new ConnectorError('azure-refused', {
      text: 'The rule has no ingestion endpoint.',
      subject: ruleName(connector),
    });
  }
  return { id: rule.id, immutableId: rule.immutableId, endpoint };
}

/** The id is a GUID and the domain a checked host name: neither can end the literal that it stands in. */
function stamped(connector: Connector): string {
  return transform.replaceAll('{{ConnectorId}}', connector.id).replaceAll('{{OktaDomain}}', connector.domain).trim();
}

/** Removes the rule; one that is gone already is as good. Throws ConnectorError. */
export async function removeRule(world: World, connector: Connector): Promise<void> {
  const { subscription, resourceGroup } = idParts(connector.settings.workspace.id);
  const client = new MonitorClient(world.credential, subscription, armOptions(world));
  await azure(() => client.dataCollectionRules.delete(resourceGroup, ruleName(connector)).catch(nullWhenMissing));
}
