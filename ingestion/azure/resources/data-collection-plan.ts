import { readFileSync } from 'node:fs';
import columns from '../../../deploy/stream.json' with { type: 'json' };
import type { Connector, Workspace } from '../../connector/connector.ts';
import { healthStream, stream } from '../logs-ingestion.ts';
import { healthTableShape, tableName } from './table.ts';

const transform = readFileSync(new URL('../../../deploy/transform.kql', import.meta.url), 'utf8');

/** What a data collection rule is to be: one stream that becomes rows of one table, in the workspace beside which it lies. */
export type DataCollectionPlan = {
  name: string;
  workspace: Workspace;
  tags: Record<string, string>;
  description: string;
  stream: { name: string; columns: { name: string; type: string }[] };
  transformKql: string;
  table: string;
};

/** One rule per connector: its own limits and endpoint, and the connector's constants in the transform. Never throws. */
export function planOfConnector(connector: Connector): DataCollectionPlan {
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

/** One rule per workspace, for the health records of all its connectors: they are sent in the columns of the table. Never throws. */
export function planOfHealth(workspace: Workspace): DataCollectionPlan {
  return {
    name: `patchbay-health-${workspace.customerId}`,
    workspace,
    tags: { product: 'Patchbay' },
    description: 'Health of the Okta connectors of this workspace',
    stream: {
      name: healthStream,
      // A stream spells a type in small letters where a table does not.
      columns: healthTableShape.columns.map(({ name = '', type = '' }) => ({ name, type: type.toLowerCase() })),
    },
    transformKql: 'source',
    table: healthTableShape.name,
  };
}

/** The id is a GUID and the domain a checked host name: neither can end the literal that it stands in. */
function stamped(connector: Connector): string {
  return transform.replaceAll('{{ConnectorId}}', connector.id).replaceAll('{{OktaDomain}}', connector.domain).trim();
}
