import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import type pg from 'pg';
import { ConnectorError } from '../errors.ts';
import { addSealed, findSecret, type Secrets } from './secrets.ts';

/** Seals Okta tokens with AES-256-GCM, each for its own id; the sealed bytes are in the store. */
export class SealedSecrets implements Secrets {
  readonly #pool: pg.Pool;
  readonly #key: Buffer;
  readonly #now: () => number;

  private constructor(pool: pg.Pool, now: () => number, key: Buffer) {
    this.#pool = pool;
    this.#now = now;
    this.#key = key;
  }

  /** Takes the key from `secretKey` (32 bytes in base64), or from `file`, which the first start makes with mode 0600. */
  static async open(
    pool: pg.Pool,
    now: () => number,
    options: { secretKey: string | null; file: string },
  ): Promise<SealedSecrets> {
    const text = options.secretKey ?? (await keyFrom(options.file));
    const key = Buffer.from(text.trim(), 'base64');
    if (key.length !== 32)
      throw new Error('The secret key must be 32 bytes in base64: make one with openssl rand -base64 32.');
    return new SealedSecrets(pool, now, key);
  }

  /** As `Secrets` promises; sealed by AES-256-GCM with a nonce of its own, and bound to its id. Throws what the store throws. */
  async keep(token: string): Promise<string> {
    const id = randomUUID();
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(id));
    const sealed = Buffer.concat([nonce, cipher.update(token, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    await addSealed(this.#pool, { id, sealed, now: this.#now() });
    return id;
  }

  /** As `Secrets` promises. Throws ConnectorError: key-unreadable when the row is gone, lies in a vault, or has another key. */
  async read(keyId: string): Promise<string> {
    const secret = await findSecret(this.#pool, keyId);
    if (!secret) throw new ConnectorError('key-unreadable', { text: 'The stored key is gone.' });
    if (secret.kind === 'sealed') return this.unseal(keyId, secret.sealed);
    throw new ConnectorError('key-unreadable', { text: `It is in ${secret.vault}, and KEY_VAULT_URL is not set.` });
  }

  /** The token in `sealed`, which was sealed for this id. Throws ConnectorError: key-unreadable for another id or key. */
  unseal(id: string, sealed: Buffer): string {
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, sealed.subarray(0, 12)).setAAD(Buffer.from(id));
      decipher.setAuthTag(sealed.subarray(-16));
      return decipher.update(sealed.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8');
    } catch (cause) {
      throw new ConnectorError('key-unreadable', { text: 'The stored key was sealed with another secret key.' }, cause);
    }
  }

  /** Nothing: the store is read each time. */
  doubt(): void {}

  /** Throws ConnectorError (key-unreadable): it is left from a time with a vault, which can't be reached from here. */
  async clear(name: string): Promise<void> {
    throw new ConnectorError('key-unreadable', { text: `${name} is in a vault, and KEY_VAULT_URL is not set.` });
  }
}

async function keyFrom(file: string): Promise<string> {
  // 'wx': of two simultaneous first starts one writes, and both read what it wrote.
  await writeFile(file, randomBytes(32).toString('base64'), { mode: 0o600, flag: 'wx' }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    },
  );
  return readFile(file, 'utf8');
}
