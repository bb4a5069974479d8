import { logRule, removeRule } from '../azure/resources/data-collection-rule.ts';
import { removeGrant } from '../azure/resources/role-assignment.ts';
import type { Connector, Provisioning } from '../connector/connector.ts';
import { secretLock } from '../connector/locks.ts';
import { hasOutboxCards } from '../connector/outbox.ts';
import { saveProvisioning } from '../connector/provisioning-record.ts';
import { forgetConnector } from '../connector/registration.ts';
import { makeDue } from '../connector/statuses.ts';
import { ConnectorError } from '../errors.ts';
import type { Reason } from '../reasons.ts';
import { pauseMs } from '../retry.ts';
import { findSecret, forget } from '../secrets/secrets.ts';
import { transaction, whileAlone } from '../store/database.ts';
import type { Parts } from './provision.ts';

/** Takes apart what `provision` built, keeps table, data and functions, tells so on the cards, and forgets the connector. */
export async function remove(parts: Parts, connector: Connector): Promise<void> {
  const { runtime, pool } = parts;
  if (connector.provisioning.removedAt === null) return takeApart(parts, connector);
  // The cards say that it is gone before the store forgets which they were.
  if (await hasOutboxCards(pool, connector.id)) return makeDue(pool, connector.id, runtime.now() + 2_000);
  await transaction(pool, async (tx) => {
    await forget(tx, [connector.settings.keyId], { now: runtime.now() });
    await forgetConnector(tx, connector, runtime.now());
  });
}

async function takeApart({ runtime, pool, secrets }: Parts, connector: Connector): Promise<void> {
  const { rule, attempts } = connector.provisioning;
  const provisioning: Provisioning = { ...connector.provisioning, problem: null, running: 'grant' };
  try {
    if (rule) await removeGrant(runtime, rule);
    provisioning.running = 'rule';
    await removeRule(runtime, logRule(connector));
    provisioning.running = 'key';
    await removeKey({ runtime, pool, secrets }, connector.settings.keyId);
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    Object.assign(provisioning, {
      problem: { reason: error.reason, evidence: error.evidence },
      attempts: attempts + 1,
    });
    const now = runtime.now();
    await saveProvisioning(pool, connector, { provisioning, dueAt: now + pauseMs(error, provisioning.attempts), now });
    return;
  }
  Object.assign(provisioning, { running: null, removedAt: runtime.now() });
  const now = runtime.now();
  await saveProvisioning(pool, connector, { provisioning, dueAt: now, now });
}

/** A vault that is gone altogether, or is not ours any more, must not keep a connector from being removed. */
const beyond = new Set<Reason>(['vault-unknown', 'key-unreadable']);

/** Out of the vault too. */
async function removeKey({ runtime, pool, secrets }: Parts, keyId: string): Promise<void> {
  const secret = await findSecret(pool, keyId);
  await forget(pool, [keyId], { now: runtime.now() });
  if (secret?.kind !== 'vault') return;
  const { name } = secret;
  try {
    await whileAlone(pool, secretLock(name), () => secrets.clear(name));
  } catch (error) {
    if (!(error instanceof ConnectorError) || !beyond.has(error.reason)) throw error;
  }
}
