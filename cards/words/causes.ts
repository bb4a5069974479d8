import type { Connector } from '../../ingestion/connector/connector.ts';
import { factsOf, type Reason, type Shared } from '../../ingestion/reasons.ts';
import { shown } from '../kit/text.ts';

const commons: Record<Shared, (connector: Connector) => string> = {
  org: ({ domain }) => `They all read the Okta org ${shown(domain, 80)}.`,
  tokens: ({ domain }) =>
    `Their tokens are of the Okta org ${shown(domain, 80)}, which refuses all of them since then.`,
  app: ({ domain }) => `They all read ${shown(domain, 80)} by the same service app.`,
  fields: () => 'They all get the same from Okta.',
  workspace: ({ settings }) => `They all write to the workspace ${shown(settings.workspace.name, 80)}.`,
  region: ({ settings }) => `They all write to the Azure region ${shown(settings.workspace.location, 40)}.`,
  vault: () => 'Their tokens are in the same key vault.',
  identity: () => 'They all use Patchbay’s own identity in Azure.',
  sealing: () => 'Their tokens are sealed with the same key.',
  network: () => 'They all go out by the same network.',
  polling: () => 'They are all polled by this Patchbay.',
};

/** What connectors that fail for this reason together have in common; null where a reason is of each alone. */
export function commonOf(connector: Connector, reason: Reason): string | null {
  const { shared } = factsOf(reason);
  return shared ? commons[shared](connector) : null;
}
