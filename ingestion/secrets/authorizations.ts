import type { Settings } from '../connector/connector.ts';
import { ConnectorError } from '../errors.ts';
import { type AccessToken, type Proving, requestAccessToken } from '../okta/access-token.ts';
import type { Authorization } from '../okta/authorization.ts';
import { readKey } from '../okta/key-pair.ts';
import { factsOf } from '../reasons.ts';
import { retrying, retryPolicies } from '../retry.ts';
import { type Cache, openCache } from '../runtime/cache.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Secrets } from './secrets.ts';

/** Whose calls are to be allowed: an org, and the credential that is kept for it; without `clientId` an API token. */
export type Caller = { domain: string } & Pick<Settings, 'keyId' | 'clientId'>;

/** As many as an instance may have connectors. */
const mostHeld = 10_000;
/** An access token is renewed so long before its end … */
const renewedMs = 10 * 60_000;
/** … and where that fails, again after so long; the old one serves as long as it is good. */
const againMs = 60_000;
/** One that is so near to its end is not begun with. */
const leastMs = 90_000;
const callMs = 10_000;

type Network = Pick<Runtime, 'http' | 'now' | 'deadline' | 'sleep' | 'metrics'>;

/** An access token in hand; times in ms since the epoch. `proving` outlives it. */
type Held = { authorization: Authorization; gotAt: number; renewAt: number; endsAt: number; proving: Proving | null };

/**
 * By what calls to Okta are allowed: API tokens as they are kept, and access tokens, which each instance has for its service apps
 * and holds in memory alone. The private key of an app is read for the moment in which it signs.
 */
export class Authorizations {
  readonly #runtime: Network;
  readonly #secrets: Secrets;
  readonly #closing: AbortSignal;
  readonly #held: Cache<Held>;
  /** Whom Okta has asked to wait, until when, and its words. */
  readonly #waits: Cache<{ until: number; error: ConnectorError }>;
  readonly #flying = new Map<string, Promise<Held>>();

  /** `closing` ends what is under way. */
  constructor(runtime: Network, { secrets, closing }: { secrets: Secrets; closing: AbortSignal }) {
    this.#runtime = runtime;
    this.#secrets = secrets;
    this.#closing = closing;
    this.#held = openCache(runtime, { most: mostHeld });
    this.#waits = openCache(runtime, { most: mostHeld });
  }

  /**
   * By what this caller's calls are allowed now. Those who ask at once share one call to Okta. Throws ConnectorError: what keeps the
   * credential from being read, or what Okta's token endpoint answers.
   */
  async get(caller: Caller): Promise<Authorization> {
    const { keyId, clientId } = caller;
    if (!clientId) return { scheme: 'SSWS', token: await this.#secrets.read(keyId) };
    const name = nameOf(caller);
    const held = this.#held.get(name);
    const now = this.#runtime.now();
    if (held && now < held.renewAt) return held.authorization;
    const wait = this.#waits.get(name);
    try {
      if (wait && now < wait.until) throw wait.error;
      return (await this.#joined(name, () => this.#ask(caller, held?.proving ?? null))).authorization;
    } catch (error) {
      if (!(error instanceof ConnectorError) || !held || now > held.endsAt - leastMs) throw error;
      this.#held.set(name, { ...held, renewAt: now + againMs });
      return held.authorization;
    }
  }

  /**
   * Okta refuses what a caller has come with, which `get` gave at `since` or later: it is not used again without a new look. True
   * where that was an access token in hand from before `since`, so that another one may be taken.
   */
  refused(caller: Caller, since: number): boolean {
    this.#secrets.doubt(caller.keyId);
    const name = nameOf(caller);
    const held = this.#held.get(name);
    if (!held) return false;
    this.#held.set(name, { ...held, renewAt: 0, endsAt: 0 });
    return held.gotAt < since;
  }

  /** What is under way already, or `work`. */
  #joined(name: string, work: () => Promise<Held>): Promise<Held> {
    const flying = this.#flying.get(name) ?? work().finally(() => this.#flying.delete(name));
    this.#flying.set(name, flying);
    return flying;
  }

  async #ask(caller: Caller, proving: Proving | null): Promise<Held> {
    const { domain, keyId, clientId } = caller;
    const key = readKey(await this.#secrets.read(keyId));
    if (!key) throw new ConnectorError('key-unreadable', { text: 'What is stored is not the key of a service app.' });
    const ask = { domain, clientId: clientId ?? '', key, proving, timeoutMs: callMs, signal: this.#closing };
    const waiting = { ...this.#runtime, signal: this.#closing };
    try {
      const got = await retrying(retryPolicies.oktaToken, waiting, {
        work: () => requestAccessToken(this.#runtime, ask),
        again: (fault) => (fault instanceof ConnectorError && factsOf(fault.reason).passes ? {} : null),
      });
      return this.#hold(caller, got);
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      // The vault may have another key by now.
      if (error.reason === 'app-refused') this.#secrets.doubt(keyId);
      const { retryAfterMs } = error.evidence;
      if (retryAfterMs) this.#waits.set(nameOf(caller), { until: this.#runtime.now() + retryAfterMs, error });
      throw error;
    }
  }

  #hold(caller: Caller, { authorization, lifeMs, proving }: AccessToken): Held {
    const gotAt = this.#runtime.now();
    const endsAt = gotAt + lifeMs;
    const held = { authorization, gotAt, renewAt: Math.max(endsAt - renewedMs, gotAt + lifeMs / 2), endsAt, proving };
    this.#held.set(nameOf(caller), held);
    return held;
  }
}

/** What belongs to another org, app or key is another one. */
function nameOf({ domain, keyId, clientId }: Caller): string {
  return [domain, clientId ?? '', keyId].join(' ');
}
