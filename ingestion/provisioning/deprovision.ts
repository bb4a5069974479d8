import type { Connector, Provisioning } from '../connector/connector.ts';
import { hasOutboxCards } from '../connector/outbox/card.ts';
import { saveProvisioning } from '../connector/provisioning-record.ts';
import { forgetConnector } from '../connector/registration.ts';
import { makeDue } from '../connector/statuses.ts';
import { ConnectorError } from '../errors.ts';
import { pauseMs } from '../retry.ts';
import { forget } from '../secrets/secrets.ts';
import { transaction } from '../store/database.ts';
import { type ProvisioningParts, removals } from './resources.ts';

/**
 * Takes apart what `provision` made, keeps table, data and functions, tells so on the cards, and forgets the connector. What fails
 * with a ConnectorError is kept as its problem and tried again later; anything else is thrown on.
 */
export async function deprovision(parts: ProvisioningParts, connector: Connector): Promise<void> {
  const { runtime, pool } = parts;
  if (connector.provisioning.removedAt === null) return takeApart(parts, connector);
  // The cards say that it is gone before the store forgets which they were.
  if (await hasOutboxCards(pool, connector.id)) return makeDue(pool, connector.id, runtime.now() + 2_000);
  await transaction(pool, async (tx) => {
    await forget(tx, [connector.settings.keyId], { now: runtime.now() });
    await forgetConnector(tx, connector, runtime.now());
  });
}

async function takeApart(parts: ProvisioningParts, connector: Connector): Promise<void> {
  const { runtime, pool } = parts;
  const provisioning: Provisioning = { ...connector.provisioning, problem: null };
  const save = (dueAt: number) => saveProvisioning(pool, connector, { provisioning, dueAt, now: runtime.now() });
  try {
    for (const { step, remove } of removals) {
      provisioning.running = step;
      await remove(parts, connector);
    }
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    provisioning.problem = { reason: error.reason, evidence: error.evidence };
    provisioning.attempts++;
    await save(runtime.now() + pauseMs(error, provisioning.attempts));
    return;
  }
  Object.assign(provisioning, { running: null, removedAt: runtime.now() });
  await save(runtime.now());
}
