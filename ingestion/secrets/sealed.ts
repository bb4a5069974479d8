import { createCipheriv, createDecipheriv, createHash, randomBytes, randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type pg from 'pg';
import { ConnectorError } from '../errors.ts';
import { ownershipFault } from '../runtime/trusted.ts';
import { addSealed, findSecret, listSealed, replaceSealed, type Secrets } from './secrets.ts';

/** A secret key, and the first bytes of its hash, by which sealed tokens name it. */
type SecretKey = { id: Buffer; key: Buffer };

const idBytes = 8;
/** Before the id of the key; what begins otherwise was sealed before keys had ids. */
const marked = Buffer.from('PBK1');

/**
 * Seals Okta tokens with AES-256-GCM, each for its own id; the sealed bytes are in the store: mark, key id, nonce, token, tag. Of several
 * keys the first one seals, and all of them open.
 */
export class SealedSecrets implements Secrets {
  readonly #pool: pg.Pool;
  readonly #keys: readonly [SecretKey, ...SecretKey[]];
  readonly #now: () => number;

  private constructor(pool: pg.Pool, now: () => number, keys: readonly [SecretKey, ...SecretKey[]]) {
    this.#pool = pool;
    this.#now = now;
    this.#keys = keys;
  }

  /**
   * Takes the keys from `secretKey` (each 32 bytes in base64, the newest first), or from `file`, which the first start makes with mode
   * 0600. What older ones have sealed is sealed anew. Throws one sentence for a key that is none, and a file that others may change.
   */
  static async open(
    pool: pg.Pool,
    now: () => number,
    options: { secretKey: string | null; file: string },
  ): Promise<SealedSecrets> {
    const secrets = new SealedSecrets(pool, now, keysIn(options.secretKey ?? (await keyFrom(options.file))));
    for (const { id, sealed } of await listSealed(pool)) await secrets.#sealAnew(id, sealed);
    return secrets;
  }

  /** As `Secrets` promises; sealed by AES-256-GCM with a nonce of its own, and bound to its id. Throws what the store throws. */
  async keep(token: string): Promise<string> {
    const id = randomUUID();
    await addSealed(this.#pool, { id, sealed: this.#seal(id, token), now: this.#now() });
    return id;
  }

  /**
   * As `Secrets` promises; an instance that has the new key not yet first may have sealed it meanwhile, so it is sealed anew here too.
   * Throws ConnectorError: key-unreadable when the row is gone, lies in a vault, or has another key.
   */
  async read(keyId: string): Promise<string> {
    const secret = await findSecret(this.#pool, keyId);
    if (!secret) throw new ConnectorError('key-unreadable', { text: 'The stored key is gone.' });
    if (secret.kind === 'vault')
      throw new ConnectorError('key-unreadable', { text: `It is in ${secret.vault}, and KEY_VAULT_URL is not set.` });
    const token = this.unseal(keyId, secret.sealed);
    await this.#sealAnew(keyId, secret.sealed);
    return token;
  }

  /** The token in `sealed`, which was sealed for this id. Throws ConnectorError: key-unreadable for another id or key. */
  unseal(id: string, sealed: Buffer): string {
    const named = keyIdIn(sealed);
    const keys = this.#keys.filter((key) => named?.equals(key.id) ?? true);
    if (named && keys.length === 0) {
      const text = `The stored key was sealed with the secret key ${named.toString('hex')}, which is not among those that are set.`;
      throw new ConnectorError('key-unreadable', { text });
    }
    for (const { key } of keys) {
      const token = opened(key, id, named ? sealed.subarray(marked.length + idBytes) : sealed);
      if (token !== null) return token;
    }
    throw new ConnectorError('key-unreadable', { text: 'The stored key was sealed with another secret key.' });
  }

  #seal(id: string, token: string): Buffer {
    const [{ id: keyId, key }] = this.#keys;
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(id));
    return Buffer.concat([marked, keyId, nonce, cipher.update(token, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  }

  /** With the newest key, if another one of ours has sealed it; whatever can't be opened stays as it is. */
  async #sealAnew(id: string, sealed: Buffer): Promise<void> {
    if (keyIdIn(sealed)?.equals(this.#keys[0].id)) return;
    let token: string;
    try {
      token = this.unseal(id, sealed);
    } catch {
      // Whoever needs it is told.
      return;
    }
    await replaceSealed(this.#pool, id, { was: sealed, sealed: this.#seal(id, token) });
  }

  /** Nothing: the store is read each time. */
  doubt(): void {}

  /** Throws ConnectorError (key-unreadable): it is left from a time with a vault, which can't be reached from here. */
  async clear(name: string): Promise<void> {
    throw new ConnectorError('key-unreadable', { text: `${name} is in a vault, and KEY_VAULT_URL is not set.` });
  }
}

/** The id of the key with which it was sealed; null of before keys had ids. */
function keyIdIn(sealed: Buffer): Buffer | null {
  const isMarked = sealed.subarray(0, marked.length).equals(marked);
  return isMarked ? sealed.subarray(marked.length, marked.length + idBytes) : null;
}

/** What nonce, token and tag hold; null for another key or id, or bytes that are none of ours. */
function opened(key: Buffer, id: string, sealed: Buffer): string | null {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12)).setAAD(Buffer.from(id));
    decipher.setAuthTag(sealed.subarray(-16));
    return decipher.update(sealed.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    // The cipher says no more than that it is not so.
    return null;
  }
}

function keysIn(text: string): readonly [SecretKey, ...SecretKey[]] {
  const keys = text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((each) => Buffer.from(each, 'base64'));
  const [first, ...older] = keys.map((key) => ({
    id: createHash('sha256').update(key).digest().subarray(0, idBytes),
    key,
  }));
  if (!first || keys.some(({ length }) => length !== 32))
    throw new Error('Each secret key must be 32 bytes in base64: make one with openssl rand -base64 32.');
  return [first, ...older];
}

/** Whoever could change the file, or put another one in its place, could have tokens sealed with a key that they know. */
async function keyFrom(file: string): Promise<string> {
  // 'wx': of two simultaneous first starts one writes, and both read what it wrote.
  await writeFile(file, randomBytes(32).toString('base64'), { mode: 0o600, flag: 'wx' }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    },
  );
  const fault = ownershipFault(file) ?? ownershipFault(dirname(file));
  if (fault) throw new Error(`The secret key can't be trusted: ${fault}`);
  return readFile(file, 'utf8');
}
