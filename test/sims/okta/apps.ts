import { randomInt } from 'node:crypto';
import { AccessTokens } from './access-tokens.ts';
import { Proofs } from './dpop.ts';
import { type PublicKey, readPublicKey } from './jwk.ts';
import { Once } from './once.ts';

const mostKeys = 50;
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** What a new app is made with: a public JWK as object or text, whether it must prove possession, scopes, an admin role. */
export type AppOptions = { jwk?: unknown; dpop?: boolean; scopes?: string[]; role?: boolean };

/** One service app; every key has a `kid`, its thumbprint where none was given. */
export type App = {
  readonly clientId: string;
  keys: (PublicKey & { kid: string })[];
  scopes: Set<string>;
  role: boolean;
  dpop: boolean;
  active: boolean;
  /** Token requests of the app that were answered with a token, and all others. */
  granted: number;
  refused: number;
};

/** What may be shown of an app. */
export type AppView = Omit<App, 'keys' | 'scopes'> & { kids: string[]; scopes: string[] };

/** The OAuth 2.0 service apps of one org, changed as an admin changes them: what they do holds from the next call on. */
export class Apps {
  /** What apps were given, and what came from them and may not come again. */
  readonly tokens = new AccessTokens();
  readonly proofs = new Proofs();
  readonly assertions = new Once();
  #apps = new Map<string, App>();

  /** Registers an app and returns its client id; throws what `addKey` throws. */
  add({ jwk, dpop = false, scopes = ['okta.logs.read'], role = true }: AppOptions = {}): string {
    const clientId = `0oa${Array.from({ length: 17 }, () => letters[randomInt(letters.length)]).join('')}`;
    const counts = { granted: 0, refused: 0 };
    const app: App = { clientId, keys: [], scopes: new Set(scopes), role, dpop, active: true, ...counts };
    if (jwk !== undefined) app.keys.push(keyBeside(app.keys, jwk));
    this.#apps.set(clientId, app);
    return clientId;
  }

  /** Adds a public key to the app's; throws an Error with a sentence for whoever pasted it. */
  addKey(clientId: string, jwk: unknown): void {
    const { keys } = this.#app(clientId);
    keys.push(keyBeside(keys, jwk));
  }

  /** Assertions signed with this key are refused from now on; tokens given before stay good. */
  removeKey(clientId: string, kid: string): void {
    const app = this.#app(clientId);
    if (!app.keys.some((key) => key.kid === kid)) throw new Error('The app has no such key.');
    app.keys = app.keys.filter((key) => key.kid !== kid);
  }

  /** The app may ask for this scope. */
  grant(clientId: string, scope: string): void {
    this.#app(clientId).scopes.add(scope);
  }

  /** The app gets no more tokens with this scope; those given before keep it until they expire. */
  ungrant(clientId: string, scope: string): void {
    this.#app(clientId).scopes.delete(scope);
  }

  /** Gives the app an admin role that may read the System Log. */
  assignRole(clientId: string): void {
    this.#app(clientId).role = true;
  }

  /** Takes the role away, from tokens given before too. */
  removeRole(clientId: string): void {
    this.#app(clientId).role = false;
  }

  /** The app gets no more tokens, and those given before are dead for good. */
  deactivate(clientId: string): void {
    this.#app(clientId).active = false;
    this.tokens.revoke(clientId);
  }

  /** The app gets tokens again. */
  activate(clientId: string): void {
    this.#app(clientId).active = true;
  }

  /** Whether the app's requests for tokens must carry a DPoP proof; tokens given before stay as they are. */
  requireDpop(clientId: string, yes: boolean): void {
    this.#app(clientId).dpop = yes;
  }

  /** The tokens given so far are refused; the app may ask for others. */
  revokeTokens(clientId: string): void {
    this.#app(clientId);
    this.tokens.revoke(clientId);
  }

  /** All apps, the oldest first, without their keys. */
  list(): AppView[] {
    return [...this.#apps.values()].map(({ keys, scopes, ...app }) => ({
      ...app,
      kids: keys.map(({ kid }) => kid),
      scopes: [...scopes],
    }));
  }

  /** How many token requests of the app were answered with a token, and how many were not. */
  counts(clientId: string): { granted: number; refused: number } {
    const { granted, refused } = this.#app(clientId);
    return { granted, refused };
  }

  /** The app of this client id. */
  find(clientId: string): App | undefined {
    return this.#apps.get(clientId);
  }

  #app(clientId: string): App {
    const app = this.#apps.get(clientId);
    if (!app) throw new Error('No such app in this org');
    return app;
  }
}

function keyBeside(keys: App['keys'], jwk: unknown): App['keys'][number] {
  const key = readPublicKey(jwk);
  const kid = key.kid ?? key.thumbprint;
  if (key.kid === undefined && keys.length > 0) throw new Error('Beside another key, a key needs an id (“kid”).');
  if (keys.some((other) => other.kid === kid)) throw new Error('The app has a key with this id (“kid”) already.');
  if (keys.length >= mostKeys) throw new Error(`An app has at most ${mostKeys} keys.`);
  return { ...key, kid };
}
