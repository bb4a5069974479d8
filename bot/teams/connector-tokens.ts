import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { createPipelineRequest } from '@azure/core-rest-pipeline';
import type { Activity } from 'botbuilder';
import { AuthenticationError } from 'botframework-connector';
import jsonwebtoken, { type JwtPayload, type VerifyOptions } from 'jsonwebtoken';
import type { TimeAndNetwork } from '../../ingestion/runtime/runtime.ts';

/** Who signs the tokens of a Bot Connector, and where its keys are named: its OpenID configuration. */
export type Signer = { issuer: string; configurationUrl: string };

type Network = Pick<TimeAndNetwork, 'http' | 'deadline' | 'now'>;

/** Clocks may differ by so much (https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication). */
const skewSeconds = 300;

/**
 * Checks what comes with an activity: a token of the cloud's Bot Connector for this bot and for the address to which answers go. The
 * SDK's own check would also take "emulator" tokens, which bind no address and which whoever holds the app's secret can obtain,
 * and tokens without an end; it waits for keys without an end, and writes what it refuses to standard error.
 */
export class ConnectorTokens {
  readonly #appId: string;
  /** Who signs them, and for whom the bot's own tokens are. */
  readonly issuer: string;
  readonly #now: () => number;
  readonly #keys: SigningKeys;

  constructor(appId: string, { issuer, configurationUrl }: Signer, network: Network) {
    this.#appId = appId;
    this.issuer = issuer;
    this.#now = network.now;
    this.#keys = new SigningKeys(configurationUrl, network);
  }

  /** The claims of the token. Throws AuthenticationError for one that is not right, and an Error while the keys can't be read. */
  async check(
    authorization: string,
    { channelId, serviceUrl }: Pick<Activity, 'channelId' | 'serviceUrl'>,
  ): Promise<JwtPayload> {
    const [, token = ''] = /^Bearer ([\w.-]+)$/.exec(authorization) ?? [];
    const keyId = keyIdIn(token);
    if (keyId === null) throw refused('no token');
    const key = await this.#keys.find(keyId);
    if (!key) throw refused('no key of that id');
    const claims = this.#verified(token, key);
    if (key.endorsements.length > 0 && !key.endorsements.includes(channelId)) throw refused('not endorsed for Teams');
    if (claims.serviceurl !== serviceUrl) throw refused('for another service URL');
    return claims;
  }

  #verified(token: string, { key }: SigningKey): JwtPayload {
    const seconds = Math.floor(this.#now() / 1000);
    const claims = signed(token, key, {
      algorithms: ['RS256'],
      issuer: this.issuer,
      audience: this.#appId,
      clockTolerance: skewSeconds,
      clockTimestamp: seconds,
    });
    if (claims.exp === undefined) throw refused('without an end');
    if (claims.iat !== undefined && !(claims.iat <= seconds + skewSeconds)) throw refused('issued in time to come');
    return claims;
  }
}

function signed(token: string, key: KeyObject, options: VerifyOptions): JwtPayload {
  try {
    return jsonwebtoken.verify(token, key, { ...options, complete: false }) as JwtPayload;
  } catch (error) {
    // Its words name what is expected, and nothing of the token.
    throw refused((error as Error).name === 'SyntaxError' ? 'no token' : (error as Error).message);
  }
}

function refused(why: string): AuthenticationError {
  return new AuthenticationError(why, 401);
}

/** Which key a token says that it is signed with; null for what is no token. */
function keyIdIn(token: string): string | null {
  try {
    const { kid } = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid?: unknown };
    return typeof kid === 'string' ? kid : null;
  } catch {
    // Whoever asks says so.
    return null;
  }
}

/** `endorsements`: the channels for which it signs; all of them where none is named. */
type SigningKey = { key: KeyObject; endorsements: string[] };

const freshMs = 24 * 3_600_000;
/** Whoever names keys that are not there makes us ask no more often than this. */
const againMs = 60_000;
const answerMs = 10_000;

/** The published keys: read a day apart, and when an unknown one is named; by one at a time, and at most once a minute. */
class SigningKeys {
  readonly #url: string;
  readonly #network: Network;
  #known = new Map<string, SigningKey>();
  #readAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | null = null;

  constructor(url: string, network: Network) {
    this.#url = url;
    this.#network = network;
  }

  /** The key of this id; null when there is none. Throws an Error while none has ever been read. */
  async find(id: string): Promise<SigningKey | null> {
    const now = this.#network.now();
    const isDue = now - this.#readAt >= freshMs || !this.#known.has(id);
    if (isDue && Math.abs(now - this.#triedAt) >= againMs) {
      this.#triedAt = now;
      this.#reading = this.#read().finally(() => {
        this.#reading = null;
      });
    }
    // Keys of before do as well as long as there are no others.
    await this.#reading?.catch((error) => {
      if (this.#known.size === 0) throw error;
    });
    if (this.#known.size === 0) throw new Error('the keys of the Bot Connector could not be read');
    return this.#known.get(id) ?? null;
  }

  async #read(): Promise<void> {
    const { jwks_uri: keysUrl } = await this.#get(this.#url);
    const isAddress = typeof keysUrl === 'string' && URL.canParse(keysUrl);
    if (!isAddress || new URL(keysUrl).protocol !== new URL(this.#url).protocol)
      throw new Error('the OpenID configuration of the Bot Connector names no keys');
    const { keys } = await this.#get(keysUrl);
    const known = (Array.isArray(keys) ? keys : []).flatMap(signingKey);
    if (known.length === 0) throw new Error('the Bot Connector publishes no keys');
    this.#known = new Map(known);
    this.#readAt = this.#network.now();
  }

  async #get(url: string): Promise<Record<string, unknown>> {
    const { http, deadline } = this.#network;
    const request = createPipelineRequest({ url, abortSignal: deadline(answerMs).signal });
    const { status, bodyAsText } = await http.sendRequest(request);
    if (status !== 200) throw new Error(`the keys of the Bot Connector could not be read (${status})`);
    return Object(JSON.parse(bodyAsText ?? ''));
  }
}

/** A published key by its id; nothing for one of a kind that signs no tokens. */
function signingKey(published: unknown): [string, SigningKey][] {
  const { kid, kty, endorsements } = Object(published) as Record<string, unknown>;
  if (typeof kid !== 'string' || kty !== 'RSA') return [];
  try {
    const key = createPublicKey({ key: published as JsonWebKey, format: 'jwk' });
    const names = Array.isArray(endorsements) ? endorsements.filter((name) => typeof name === 'string') : [];
    return [[kid, { key, endorsements: names }]];
  } catch {
    // A broken one is as good as none: the others count.
    return [];
  }
}
