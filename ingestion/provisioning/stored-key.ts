import type pg from 'pg';
import type { Ensured, Resource } from '../azure/resources/resource.ts';
import type { Connector } from '../connector/connector.ts';
import { getConnector } from '../connector/connectors.ts';
import { secretLease } from '../connector/leases.ts';
import { ConnectorError } from '../errors.ts';
import type { Reason } from '../reasons.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { findSecret, forget, type Secrets } from '../secrets/secrets.ts';
import type { Leases } from '../store/leases.ts';

type StoredKeyParts = { runtime: Runtime; pool: pg.Pool; leases: Leases; secrets: Secrets };

/** The Okta token that the dialog has stored: read once before it is needed, and forgotten at the end. */
export const storedKey = {
  step: 'key',
  ensure: proveKey,
  remove: removeKey,
} satisfies Resource<'key', StoredKeyParts>;

async function proveKey({ pool, secrets }: StoredKeyParts, connector: Connector): Promise<Ensured> {
  // Read again: somebody may have replaced the token meanwhile.
  const { settings } = (await getConnector(pool, connector.id)) ?? connector;
  // From where it lies, not from memory: that is what is to be proved.
  secrets.doubt(settings.keyId);
  await secrets.read(settings.keyId);
  return {};
}

/** A vault that is gone altogether, or is not ours any more, must not keep a connector from being removed. */
const beyond = new Set<Reason>(['vault-unknown', 'key-unreadable']);

/** How long whoever clears the vault of the token at this moment is given, before it is looked whether they have. */
const othersMs = 500;

/** Out of the vault too: by whoever gets to it first, and where that is somebody else and they fail, after them. */
async function removeKey(
  { runtime, pool, leases, secrets }: StoredKeyParts,
  { settings: { keyId } }: Connector,
): Promise<void> {
  const secret = await findSecret(pool, keyId);
  await forget(pool, [keyId], { now: runtime.now() });
  if (secret?.kind !== 'vault') return;
  const { name } = secret;
  const clear = () => leases.whileHeld(secretLease(name), () => secrets.clear(name).then(() => true));
  try {
    while (!(await clear())) await runtime.sleep(othersMs);
  } catch (error) {
    if (!(error instanceof ConnectorError) || !beyond.has(error.reason)) throw error;
  }
}
