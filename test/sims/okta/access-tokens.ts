import { randomBytes } from 'node:crypto';

/** How long an access token lives; Okta does not let it be changed for its own API. */
export const accessTokenLifeMs = 3_600_000;

const rememberedMs = 24 * accessTokenLifeMs;

/** What an access token is good for; with a thumbprint it is bound to that key. */
export type AccessToken = { clientId: string; scopes: string[]; thumbprint: string | undefined; expiresAt: number };

/** The access tokens that the apps of one org were given. */
export class AccessTokens {
  #tokens = new Map<string, AccessToken>();

  /** Gives out a token. It looks like a JWT, but what stands in it cannot be read: Okta's own tokens are opaque. */
  give(token: Omit<AccessToken, 'expiresAt'>, now: number): string {
    for (const [text, { expiresAt }] of this.#tokens) if (expiresAt < now - rememberedMs) this.#tokens.delete(text);
    const header = Buffer.from(JSON.stringify({ kid: randomBytes(32).toString('base64url'), alg: 'RS256' }));
    const text = [header, randomBytes(180), randomBytes(256)].map((part) => part.toString('base64url')).join('.');
    this.#tokens.set(text, { ...token, expiresAt: now + accessTokenLifeMs });
    return text;
  }

  /** The token of this text, expired or not; none when it was revoked or never given. */
  find(text: string): AccessToken | undefined {
    return this.#tokens.get(text);
  }

  /** Refuses from now on every token that the app was given so far. */
  revoke(clientId: string): void {
    for (const [text, token] of this.#tokens) if (token.clientId === clientId) this.#tokens.delete(text);
  }
}
