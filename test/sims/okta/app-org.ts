import { after, before, beforeEach } from 'node:test';
import { Okta } from '../okta.ts';
import { ask, assertion, host, type Key, type Odd, type Reply, tokenRequest } from './app-client.ts';
import type { AppOptions } from './apps.ts';
import type { OktaOrg } from './org.ts';

/** When each test begins, in ms since the epoch. */
export const START = Date.parse('2026-05-01T08:00:00Z');

/** What a request for a token differs by from a good one. */
export type Asked = {
  form?: Record<string, string | undefined>;
  headers?: Record<string, string>;
  key?: Key;
  odd?: Odd;
};

/** An org with one service app, anew for each test of a file, and its clock. */
export class AppOrg {
  /** Ms since the epoch; a test moves it. */
  clock = START;
  okta!: Okta;
  org!: OktaOrg;
  /** The app's client id. */
  app = '';
  readonly #key: Key;

  private constructor(key: Key) {
    this.#key = key;
  }

  /** For all tests of the file in which it is called; the app has this key. */
  static forEachTest(key: Key, options: Omit<AppOptions, 'jwk'> = {}): AppOrg {
    const here = new AppOrg(key);
    before(async () => {
      here.okta = await Okta.open({ now: () => here.clock });
    });
    after(() => here.okta.close());
    beforeEach(() => {
      here.clock = START;
      here.org = here.okta.addOrg(host);
      here.app = here.org.addApp({ jwk: key.jwk, ...options });
    });
    return here;
  }

  /** Asks for a token, as a good client unless said otherwise. */
  askToken({ form = {}, headers = {}, key = this.#key, odd = {} }: Asked = {}): Promise<Reply> {
    const client_assertion = assertion(this.app, key, { now: this.clock, odd });
    return ask(this.okta, tokenRequest({ client_assertion, ...form }, headers));
  }
}
