import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Vault } from '../azure/key-vault.ts';
import { ConnectorError } from '../errors.ts';
import { factsOf, type Reason } from '../reasons.ts';
import type { Cache } from '../runtime/cache.ts';
import type { SealedSecrets } from './sealed.ts';
import {
  type About,
  announceVersion,
  dropForgotten,
  dropSecret,
  findSecret,
  forget,
  listKnownVersions,
  noteVersion,
  type Secrets,
} from './secrets.ts';

/** For this long a token is used without asking the vault again, which each poll would do otherwise. */
const freshMs = 5 * 60_000;
/** And for this long while the vault does not answer, so that its outage does not become ours. */
export const heldMs = 30 * 60_000;
/** After a failed attempt to ask again, a known token is used for this long before the next. */
const againMs = 60_000;
/** A call without an answer may still reach the vault within this time. */
const lateMs = 120_000;

/** A token, and when the vault is asked for it again (ms since the epoch). */
export type HeldToken = { token: string; askAt: number };

/**
 * Okta tokens in an Azure Key Vault: a secret for each connector, a version of it for each token. What is to be in the vault
 * stands in the store first, so that nothing is left there that nobody knows of. Tokens that were sealed before there was a
 * vault are still read, and go when they are replaced.
 */
export class VaultSecrets implements Secrets {
  readonly #pool: pg.Pool;
  readonly #vault: Vault;
  readonly #sealed: SealedSecrets | null;
  readonly #now: () => number;
  readonly #held: Cache<HeldToken>;
  readonly #flying = new Map<string, Promise<string>>();

  constructor(given: {
    pool: pg.Pool;
    vault: Vault;
    sealed: SealedSecrets | null;
    held: Cache<HeldToken>;
    now: () => number;
  }) {
    this.#pool = given.pool;
    this.#vault = given.vault;
    this.#sealed = given.sealed;
    this.#held = given.held;
    this.#now = given.now;
  }

  /**
   * As `Secrets` promises: a new version of the secret of the token that is replaced, else a new secret, and a new one too where
   * somebody has deleted that secret, whose name is taken until it is purged (409,
   * learn.microsoft.com/azure/key-vault/general/soft-delete-overview). Throws ConnectorError, as the vault's client does.
   */
  async keep(token: string, about: About): Promise<string> {
    const { domain, replaces, withinMs = 10_000 } = about;
    const before = replaces ? await findSecret(this.#pool, replaces) : null;
    const id = randomUUID();
    const again = before?.kind === 'vault' && before.vault === this.#vault.host;
    const name = again ? before.name : `okta-${id}`;
    await announceVersion(this.#pool, { id, vault: this.#vault.host, name, now: this.#now() });
    let version: string;
    try {
      version = await this.#vault.set(name, token, { domain, withinMs });
    } catch (error) {
      await this.#notKept(id, error);
      // Somebody deleted the secret: its name is taken until it is purged.
      const taken = again && error instanceof ConnectorError && error.evidence.status === 409;
      if (taken) return this.keep(token, { ...about, replaces: null });
      throw error;
    }
    await noteVersion(this.#pool, id, version);
    this.#hold(id, token);
    return id;
  }

  /** What the vault has refused is not there; where its answer is missing it may be, and goes once the vault answers. */
  async #notKept(id: string, error: unknown): Promise<void> {
    const { reason, evidence } = error instanceof ConnectorError ? error : { reason: null, evidence: { status: 0 } };
    const refused = reason !== null && (reason !== 'vault-unreachable' || evidence.status === 503);
    if (refused) await dropSecret(this.#pool, id);
    else await forget(this.#pool, [id], { now: this.#now(), dueAt: this.#now() + lateMs });
  }

  /**
   * As `Secrets` promises, from memory for five minutes, and for thirty while the vault does not answer; those who ask at once
   * share one call. Throws ConnectorError: key-unreadable, or as the vault's client does.
   */
  read(keyId: string, withinMs?: number): Promise<string> {
    const held = this.#held.get(keyId);
    if (held && this.#now() < held.askAt) return Promise.resolve(held.token);
    const flying = this.#flying.get(keyId);
    if (flying) return flying;
    const flight = this.#ask(keyId, withinMs).finally(() => this.#flying.delete(keyId));
    this.#flying.set(keyId, flight);
    return flight;
  }

  async #ask(keyId: string, withinMs?: number): Promise<string> {
    try {
      const token = await this.#fetch(keyId, withinMs);
      this.#hold(keyId, token);
      return token;
    } catch (error) {
      const held = this.#held.get(keyId);
      const bearable = error instanceof ConnectorError && passesOnceWorked(error.reason);
      if (held && bearable) {
        held.askAt = this.#now() + againMs;
        return held.token;
      }
      this.#held.delete(keyId);
      throw error;
    }
  }

  async #fetch(keyId: string, withinMs?: number): Promise<string> {
    const secret = await findSecret(this.#pool, keyId);
    if (secret?.kind === 'sealed') {
      if (this.#sealed) return this.#sealed.unseal(keyId, secret.sealed);
      throw new ConnectorError('key-unreadable', {
        text: 'It was sealed before KEY_VAULT_URL was set, and SECRET_KEY is missing.',
      });
    }
    if (!secret?.version) throw new ConnectorError('key-unreadable', { text: 'The stored key is gone.' });
    if (secret.vault !== this.#vault.host) {
      const text = `It is in ${secret.vault}, and KEY_VAULT_URL leads to ${this.#vault.host}.`;
      throw new ConnectorError('key-unreadable', { text });
    }
    return this.#vault.get(secret.name, secret.version, withinMs);
  }

  #hold(keyId: string, token: string): void {
    this.#held.set(keyId, { token, askAt: this.#now() + freshMs });
  }

  /** As `Secrets` promises: the vault is asked at the next `read`. */
  doubt(keyId: string): void {
    this.#held.delete(keyId);
  }

  /**
   * Disables the versions that nobody needs; without any that somebody needs, deletes the secret. The vault is read before the
   * store: a version that is made meanwhile has its row by then. Throws ConnectorError: key-unreadable when it is another vault's,
   * vault-refused while a version is being made, or as the vault's client does.
   */
  async clear(name: string): Promise<void> {
    const made = await this.#vault.versions(name);
    const known = await listKnownVersions(this.#pool, name, this.#now());
    const elsewhere = known.find(({ vault }) => vault !== this.#vault.host);
    if (elsewhere)
      throw new ConnectorError('key-unreadable', { text: `It is in ${elsewhere.vault}, which is not KEY_VAULT_URL.` });
    const needed = known.filter(({ forgotten }) => !forgotten).map(({ version }) => version);
    // One is being made at this moment.
    if (needed.includes(null)) throw new ConnectorError('vault-refused', { text: 'A version of it is being made.' });
    if (needed.length === 0) await this.#vault.remove(name);
    else
      for (const { version, enabled } of made)
        if (enabled && !needed.includes(version)) await this.#vault.disable(name, version);
    await dropForgotten(this.#pool, name, this.#now());
  }
}

/** Whether a vault that has answered before will soon again; everything else is its last word. */
function passesOnceWorked(reason: Reason): boolean {
  return factsOf(factsOf(reason).onceWorked ?? reason).passes;
}
