import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { ConnectorError } from './errors.ts';
import type { Queryable } from './store/database.ts';

/** Seals Okta tokens with AES-256-GCM; the store holds the sealed bytes under a random id, everything else the id. */
export class Secrets {
  readonly #key: Buffer;

  private constructor(key: Buffer) {
    this.#key = key;
  }

  /** Takes the key from `secretKey` (32 bytes in base64), or from `file`, which the first start makes with mode 0600. */
  static async open(options: { secretKey: string | null; file: string }): Promise<Secrets> {
    const text = options.secretKey ?? (await keyFrom(options.file));
    const key = Buffer.from(text.trim(), 'base64');
    if (key.length !== 32)
      throw new Error('The secret key must be 32 bytes in base64: make one with openssl rand -base64 32.');
    return new Secrets(key);
  }

  /** The key in base64, for another thread of this process. */
  get key(): string {
    return this.#key.toString('base64');
  }

  /** Seals `token` and returns the id that stands for it. */
  async seal(db: Queryable, token: string, now: number): Promise<string> {
    const id = randomUUID();
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(id));
    const sealed = Buffer.concat([nonce, cipher.update(token, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    await db.query('insert into secrets (id, sealed, created_at) values ($1, $2, $3)', [id, sealed, new Date(now)]);
    return id;
  }

  /** The token behind `id`; throws `key-unreadable` when it is gone or was sealed with another key. */
  async unseal(db: Queryable, id: string): Promise<string> {
    const { rows } = await db.query<{ sealed: Buffer }>('select sealed from secrets where id = $1', [id]);
    const sealed = rows[0]?.sealed;
    if (!sealed) throw new ConnectorError('key-unreadable', { text: 'The stored key is gone.' });
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, sealed.subarray(0, 12)).setAAD(Buffer.from(id));
      decipher.setAuthTag(sealed.subarray(-16));
      return decipher.update(sealed.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8');
    } catch (cause) {
      throw new ConnectorError('key-unreadable', { text: 'The stored key was sealed with another secret key.' }, cause);
    }
  }

  async forget(db: Queryable, id: string): Promise<void> {
    await db.query('delete from secrets where id = $1', [id]);
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
