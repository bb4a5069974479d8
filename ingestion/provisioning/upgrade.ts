import deployed from '../../deploy/version.json' with { type: 'json' };
import type { Connector, Provisioning } from '../connector/connector.ts';
import { saveUpgrade } from '../connector/provisioning-record.ts';
import { ConnectorError, type Evidence } from '../errors.ts';
import { retryPolicies, waitMs } from '../retry.ts';
import { type ProvisioningParts, resources } from './resources.ts';

/**
 * Brings a connector that runs up to date in Azure: its resources to the version of `deploy/` that came with this app, and the table
 * to the retention that its owner has chosen since. Its polls go on meanwhile, and when a resource throws a ConnectorError: then a
 * warning says why, and it is tried again. Anything else is thrown on.
 */
export async function bringUpToDate(parts: ProvisioningParts, connector: Connector): Promise<void> {
  const { pool } = parts;
  const { id } = connector;
  try {
    const { changes, unfinished } = await upgrade(parts, connector);
    const failedUpgrade = unfinished && failureAfter(parts, connector, unfinished);
    await saveUpgrade(pool, id, { ...changes, failedUpgrade });
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    await saveUpgrade(pool, id, { failedUpgrade: failureAfter(parts, connector, error.evidence) });
  }
}

function failureAfter(
  { runtime }: ProvisioningParts,
  { settings, provisioning: { failedUpgrade } }: Connector,
  evidence: Evidence,
): Provisioning['failedUpgrade'] {
  const now = runtime.now();
  const attempts = (failedUpgrade?.attempts ?? 0) + 1;
  const dueAt = now + waitMs(retryPolicies.upgrade, attempts);
  return {
    since: failedUpgrade?.since ?? now,
    attempts,
    dueAt,
    evidence: { ...evidence, subject: settings.workspace.name },
  };
}

type Upgraded = { changes: Partial<Provisioning>; unfinished: Evidence | null };

/** What is unfinished leaves the version as it is. */
async function upgrade(parts: ProvisioningParts, connector: Connector): Promise<Upgraded> {
  const changes: Partial<Provisioning> = {};
  let spreading = false;
  let unfinished: Evidence | null = null;
  for (const resource of resources) {
    const provisioning = { ...connector.provisioning, ...changes };
    const ensured = await resource.upgrade?.(parts, { ...connector, provisioning });
    Object.assign(changes, ensured?.facts);
    spreading ||= ensured?.spreads === true;
    unfinished ??= ensured?.unfinished ?? null;
  }
  // What is new takes its time to be known everywhere, as after the connector was made.
  if (spreading) changes.finishedAt = parts.runtime.now();
  if (!unfinished) changes.version = deployed.version;
  return { changes, unfinished };
}
