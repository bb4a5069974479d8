import deployed from '../../deploy/version.json' with { type: 'json' };
import type { Connector, Provisioning } from '../connector/connector.ts';
import { saveUpgrade } from '../connector/provisioning-record.ts';
import { ConnectorError } from '../errors.ts';

import { retryPolicies, waitMs } from '../retry.ts';
import { type ProvisioningParts, resources } from './resources.ts';

/**
 * Brings a connector that runs up to date in Azure: its resources to the version of `deploy/` that came with this app, and the table
 * to the retention that its owner has chosen since. Its polls go on meanwhile, and when a resource throws a ConnectorError: then a
 * warning says why, and it is tried again. Anything else is thrown on.
 */
export async function bringUpToDate(parts: ProvisioningParts, connector: Connector): Promise<void> {
  const { runtime, pool } = parts;
  const { id, settings, provisioning } = connector;
  try {
    await saveUpgrade(pool, id, { ...(await upgrade(parts, connector)), failedUpgrade: null });
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    const attempts = (provisioning.failedUpgrade?.attempts ?? 0) + 1;
    const since = provisioning.failedUpgrade?.since ?? runtime.now();
    const dueAt = runtime.now() + waitMs(retryPolicies.upgrade, attempts);
    const evidence = { ...error.evidence, subject: settings.workspace.name };
    await saveUpgrade(pool, id, { failedUpgrade: { since, attempts, dueAt, evidence } });
  }
}

async function upgrade(parts: ProvisioningParts, connector: Connector): Promise<Partial<Provisioning>> {
  const changes: Partial<Provisioning> = {};
  let spreading = false;
  for (const resource of resources) {
    const provisioning = { ...connector.provisioning, ...changes };
    const ensured = await resource.upgrade?.(parts, { ...connector, provisioning });
    Object.assign(changes, ensured?.facts);
    spreading ||= ensured?.spreads === true;
  }
  // What is new takes its time to be known everywhere, as after the connector was made.
  const since = spreading ? { finishedAt: parts.runtime.now() } : {};
  return { ...changes, version: deployed.version, ...since };
}
