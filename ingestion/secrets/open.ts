import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import { openCache } from '../runtime/cache.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { SealedSecrets } from './sealed.ts';
import type { Secrets } from './secrets.ts';
import { type HeldToken, heldMs, VaultSecrets } from './vault.ts';

/** As many tokens as an instance may have connectors. */
const mostHeld = 10_000;

/**
 * Opens what the configuration says: the vault where there is one, and else the store, sealed. Asks the vault nothing yet.
 * Throws an error for whoever starts the app: a key that is none, a file that can't be read.
 */
export async function openSecrets(
  runtime: Runtime,
  pool: pg.Pool,
  config: { keyVaultUrl: string | null; secretKey: string | null; secretKeyFile: string },
): Promise<Secrets> {
  const { keyVaultUrl, secretKey, secretKeyFile: file } = config;
  const { now } = runtime;
  if (!keyVaultUrl) return SealedSecrets.open(pool, now, { secretKey, file });
  // A key is not made any more, but one of before opens what was sealed with it.
  const key = secretKey ?? (await readFile(file, 'utf8').catch(nullWhenAbsent));
  const sealed = key === null ? null : await SealedSecrets.open(pool, now, { secretKey: key, file });
  // Loaded only here: its client takes memory that nobody else needs.
  const { Vault } = await import('../azure/key-vault.ts');
  const held = openCache<HeldToken>(runtime, { most: mostHeld, keptMs: heldMs });
  return new VaultSecrets({ pool, vault: new Vault(runtime, keyVaultUrl), sealed, held, now });
}

function nullWhenAbsent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
