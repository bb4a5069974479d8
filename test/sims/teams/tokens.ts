import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import type { Home } from './hosts.ts';

/** What is wrong on purpose with the token that a user's action carries. */
export type TokenForgery =
  | 'no token'
  | 'wrong key'
  | 'unknown key id'
  | 'wrong audience'
  | 'wrong issuer'
  | 'expired'
  | 'no end'
  | 'not yet valid'
  | 'issued in time to come'
  | 'other serviceUrl claim'
  | 'unsigned'
  | 'emulator';

// One for the process, because the SDK remembers the keys that it read at an address for a day.
const kid = randomUUID();
let pair: ReturnType<typeof newPair> | undefined;
const newPair = () => generateKeyPairSync('rsa', { modulusLength: 2048 });

/** Signs what the Bot Connector would sign, and publishes its keys below `keysUrl`. */
export class Tokens {
  readonly #appId: string;
  readonly #keysUrl: string;
  readonly #issuer: string;
  readonly #strict: boolean;
  readonly #now: () => number;

  /** `strict`: calls must bring a token of Entra for the Bot Connector, and not just any; `now`: by which tokens are dated. */
  constructor(
    appId: string,
    { keysUrl, issuer }: Pick<Home, 'keysUrl' | 'issuer'>,
    { strict, now }: { strict: boolean; now: () => number },
  ) {
    this.#appId = appId;
    this.#now = now;
    this.#keysUrl = keysUrl;
    this.#issuer = issuer;
    this.#strict = strict;
  }

  get openIdMetadataUrl(): string {
    return `${this.#keysUrl}/openidconfiguration`;
  }

  /** Whether a call with this `Authorization` header is let in. */
  takes(authorization: string | undefined): boolean {
    if (!authorization || !this.#strict) return authorization !== undefined;
    const [, body = ''] = authorization.replace(/^Bearer /, '').split('.');
    const { aud, appid } = JSON.parse(Buffer.from(body, 'base64url').toString() || '{}');
    return aud === this.#issuer && appid === this.#appId;
  }

  /** The documents that a bot reads to check a token, by path. */
  document(path: string): object | undefined {
    const { pathname } = new URL(this.#keysUrl);
    if (path === `${pathname}/openidconfiguration`) {
      const issuer = this.#issuer;
      return { issuer, jwks_uri: `${this.#keysUrl}/keys`, id_token_signing_alg_values_supported: ['RS256'] };
    }
    if (path !== `${pathname}/keys`) return undefined;
    pair ??= newPair();
    const key = pair.publicKey.export({ format: 'jwk' });
    return { keys: [{ ...key, kid, use: 'sig', endorsements: ['msteams'] }] };
  }

  /** The `Authorization` header for one delivery. */
  authorization(serviceUrl: string, forgery?: TokenForgery): string | undefined {
    if (forgery === 'no token') return undefined;
    const seconds = Math.floor(this.#now() / 1000);
    const header: Record<string, unknown> = { alg: 'RS256', typ: 'JWT', kid };
    const claims: Record<string, unknown> = {
      iss: this.#issuer,
      aud: this.#appId,
      nbf: seconds - 300,
      exp: seconds + 3600,
      serviceurl: serviceUrl,
    };
    pair ??= newPair();
    let key: KeyObject | undefined = pair.privateKey;
    const forge: Record<Exclude<TokenForgery, 'no token'>, () => void> = {
      'wrong key': () => {
        key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
      },
      'unknown key id': () => Object.assign(header, { kid: 'nobody' }),
      'wrong audience': () => Object.assign(claims, { aud: randomUUID() }),
      'wrong issuer': () => Object.assign(claims, { iss: 'https://login.example.com' }),
      expired: () => Object.assign(claims, { nbf: seconds - 7500, exp: seconds - 3900 }),
      'no end': () => delete claims.exp,
      'not yet valid': () => Object.assign(claims, { nbf: seconds + 900 }),
      'issued in time to come': () => Object.assign(claims, { iat: seconds + 900 }),
      'other serviceUrl claim': () => Object.assign(claims, { serviceurl: 'https://smba.trafficmanager.net/emea/' }),
      unsigned: () => {
        header.alg = 'none';
        key = undefined;
      },
      // The second kind that the SDK takes: whoever holds the app's secret can get one, and it binds no serviceUrl.
      emulator: () => {
        delete claims.serviceurl;
        const iss = 'https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/';
        Object.assign(claims, { iss, ver: '1.0', appid: this.#appId });
      },
    };
    if (forgery) forge[forgery]();
    return `Bearer ${token(header, claims, key)}`;
  }
}

function token(header: object, claims: object, key: KeyObject | undefined): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part(header)}.${part(claims)}`;
  const signature = key ? sign('sha256', Buffer.from(signed), key).toString('base64url') : '';
  return `${signed}.${signature}`;
}
