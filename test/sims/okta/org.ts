import { randomBytes } from 'node:crypto';
import { eventUuid, oktaEvent } from '../events.ts';
import { appToken, checkAccess } from './access.ts';
import { type Answer, refusal } from './answer.ts';
import { type AppOptions, Apps } from './apps.ts';
import { type Fault, Faults, standIn } from './faults.ts';
import { Links } from './links.ts';
import { EventLog } from './log.ts';
import { Pages } from './pages.ts';
import { outOfPlace, type Place, readTarget } from './place.ts';
import { invalid, type LargeLimit, readQuery } from './query.ts';
import { Rate } from './rate.ts';
import { rateLimitEvent } from './rate-events.ts';
import { claimedClient, TokenEndpoint } from './token-endpoint.ts';
import { Tokens } from './tokens.ts';

const MADE_SEED = 99;

/**
 * One request as the org sees it; `target` is path and query exactly as they were sent, `dpop` the DPoP header, and the body
 * is that of a POST.
 */
export type Call = {
  method: string;
  target: string;
  authorization: string | undefined;
  acceptsGzip: boolean;
  dpop?: string | undefined;
  contentType?: string | undefined;
  body?: string;
};

/** What the org does with a call: the answer, what spoils it on the way, and how many events were handed out. */
export type Outcome = { answer: Answer; fault: Fault | undefined; events: number };

/** A call with what was found out about it: who makes it, at which place, when, and which fault it meets. */
type Met = { call: Call; search: URLSearchParams; place: Place; caller: string; now: number; fault: Fault | undefined };

/** One Okta org: its log, tokens, apps, budgets, links and faults, each of which a test may set while it runs. */
export class OktaOrg {
  readonly host: string;
  readonly log = new EventLog();
  readonly tokens = new Tokens();
  readonly apps = new Apps();
  readonly rate: Rate;
  /** The budget of the token endpoint; how large Okta's is was last documented in 2025. */
  readonly tokenRate = new Rate(300);
  readonly links = new Links();
  readonly faults = new Faults();
  /** What an idle page links to: the URL that was asked for, or a cursor that moves with the time. */
  idleNext: 'same' | 'moves' = 'same';
  /** How long a persisted event stays unreadable. */
  readLagMs = 0;
  largeLimit: LargeLimit = 'refuse';
  /** How far the org's clock is ahead, as its Date header shows it and by which apps' assertions and proofs are judged. */
  dateSkewMs = 0;
  gzip = false;
  /** Whitespace between the elements of a page. */
  spaced = false;
  /** Rate warnings and violations become events of the log themselves. */
  rateEvents = false;
  /** Events handed out in whole pages, repeats included, and the pages that held them. */
  served = 0;
  pages = 0;
  inFlight = 0;
  #now: () => number;
  #calls = { logs: 0, token: 0 };
  #made = 0;
  #pages = new Pages(this);
  #tokenEndpoint: TokenEndpoint;

  constructor(host: string, now: () => number, limitPerMinute: number) {
    this.host = host;
    this.#now = now;
    this.rate = new Rate(limitPerMinute);
    this.#tokenEndpoint = new TokenEndpoint(host, this.apps);
  }

  /** A new API token; `none` belongs to somebody who may not read the log. */
  addToken({ permission = 'ok' }: { permission?: 'ok' | 'none' } = {}): string {
    return this.tokens.add(permission, this.#now());
  }

  /** A new OAuth 2.0 service app, as its client id; throws an Error with a sentence when its key is none. */
  addApp(options: AppOptions = {}): string {
    return this.apps.add(options);
  }

  /** The token is refused from now on. */
  revoke(token: string): void {
    this.tokens.change(token, { revoked: true });
  }

  /** The token's owner is deactivated, and the token with them. */
  deactivateOwner(token: string): void {
    this.tokens.change(token, { ownerActive: false });
  }

  /** The token's owner loses the right to read the log. */
  takePermission(token: string): void {
    this.tokens.change(token, { permission: 'none' });
  }

  /** The token works again, whatever was done to it. */
  restore(token: string): void {
    this.tokens.change(token, { revoked: false, ownerActive: true, permission: 'ok', usedAt: this.#now() });
  }

  /**
   * Writes an event to the log. Bytes are served exactly as given. `persistAt` may lie ahead; `published` is written
   * into an object, and for bytes is only the time by which a bounded query finds them.
   */
  publish(event: Buffer | Record<string, unknown>, options: { persistAt?: number; published?: number } = {}): void {
    const persistedAt = options.persistAt ?? this.#now();
    this.log.settle(this.#now());
    const { published } = options;
    const written = Buffer.isBuffer(event) || published === undefined ? event : { ...event, published: iso(published) };
    const bytes = Buffer.isBuffer(written) ? written : Buffer.from(JSON.stringify(written));
    const read = (JSON.parse(bytes.toString()) ?? {}) as { uuid?: unknown; published?: unknown };
    const said = published ?? Date.parse(String(read.published));
    const publishedAt = Number.isNaN(said) ? persistedAt : said;
    this.log.publish({ uuid: typeof read.uuid === 'string' ? read.uuid : '', bytes, persistedAt, publishedAt });
  }

  /** Publishes made-up events, now; returns their uuids. */
  publishMade(count = 1): string[] {
    return Array.from({ length: count }, () => {
      const index = this.#made++;
      this.publish(oktaEvent({ seed: MADE_SEED, index, publishedAt: this.#now() - 860 }));
      return eventUuid(MADE_SEED, index);
    });
  }

  /** Made-up events come at this rate from now on, by the simulator's clock. */
  generate({ perMinute, seed }: { perMinute: number; seed?: number }): void {
    this.log.generate(perMinute, this.#now(), seed);
  }

  /** No more made-up events. */
  stopEvents(): void {
    this.log.generate(0, this.#now());
  }

  /** Fills the log up to now with made-up events, spread evenly over a time; 1,000,000 take under a second. */
  preload(count: number, { bytes = 2750, spanMs = 3_600_000, seed = 1 } = {}): void {
    this.log.preload(count, { bytes, spanMs, endsAt: this.#now(), seed });
  }

  /** How often the event was handed out. */
  timesServed(uuid: string): number {
    let times = 0;
    for (const row of this.log.ledger()) if (row.uuid === uuid) times += row.times;
    return times;
  }

  /** Answers one call, by the simulator's clock. */
  respond(call: Call): Outcome {
    const now = this.#now();
    this.log.settle(now);
    const { place, search } = readTarget(call.target);
    const caller = this.#caller(call, place);
    const after = search.get('after') ?? undefined;
    const occasion = { number: ++this.#calls[place], target: call.target, after, token: caller, at: now };
    const fault = this.faults.meet(place, occasion);
    const met = { call, search, place, caller, now, fault };
    const served = place === 'token' ? { answer: this.#tokenAnswer(met), events: 0 } : this.#logs(met);
    const common = {
      Date: new Date(this.#appTime(now)).toUTCString(),
      'X-Okta-Request-Id': randomBytes(16).toString('hex'),
      ...this.#rateOf(place).headers(caller, now),
    };
    return { ...served, fault, answer: { ...served.answer, headers: { ...common, ...served.answer.headers } } };
  }

  /** Whose budget a call is on: an API token, or the client id of an app, whichever access token it has. */
  #caller(call: Call, place: Place): string {
    if (place === 'token') return claimedClient(call);
    const text = appToken(call.authorization)?.text;
    if (text !== undefined) return this.apps.tokens.find(text)?.clientId ?? '';
    return call.authorization?.replace(/^SSWS /, '') ?? '';
  }

  #appTime(now: number): number {
    return now + this.dateSkewMs;
  }

  #rateOf(place: Place): Rate {
    return place === 'token' ? this.tokenRate : this.rate;
  }

  #tokenAnswer(met: Met): Answer {
    const { call, now, fault } = met;
    const instead = (fault && standIn(fault)) ?? this.#tooMany(met);
    if (instead) return instead;
    const answer = this.#tokenEndpoint.answer(call, this.#appTime(now));
    return fault?.kind === 'body' && answer.status === 200 ? { ...answer, body: Buffer.from(fault.body) } : answer;
  }

  #logs(met: Met): Omit<Outcome, 'fault'> {
    const { call, search, now, fault } = met;
    const instead = outOfPlace(call) ?? (fault && standIn(fault));
    if (instead) return { answer: instead, events: 0 };
    const allowed = this.#allowed(call, now);
    const refused = 'answer' in allowed ? allowed.answer : this.#tooMany(met);
    if (refused) return { answer: refused, events: 0 };
    const query = readQuery(search, now, this.largeLimit);
    if ('status' in query) return { answer: query, events: 0 };
    if (!this.#pages.takesCursor(call.target, query, now)) {
      return { answer: invalid('after', 'The cursor is not valid or has expired'), events: 0 };
    }
    return this.#pages.page(call, query, { now, fault });
  }

  #allowed(call: Call, now: number): { token: string } | { answer: Answer } {
    if (!appToken(call.authorization)) return this.tokens.check(call.authorization, now);
    return checkAccess(call, this.apps, { host: this.host, scope: 'okta.logs.read', now: this.#appTime(now) });
  }

  #tooMany({ place, caller, now, fault }: Met): Answer | undefined {
    const rate = this.#rateOf(place);
    const asked = fault?.kind === 'tooMany' ? fault : undefined;
    const crowded = this.inFlight > this.rate.concurrencyLimit ? 'concurrency' : undefined;
    const spent = asked || crowded || rate.take(caller, now) ? undefined : 'budget';
    const form = asked?.form ?? crowded ?? spent;
    if (this.rateEvents && place === 'logs') this.#logRate(form, now);
    if (!form) return undefined;
    const answer = refusal(429, 'E0000047', 'API call exceeded rate limit due to too many requests.');
    Object.assign(answer.headers, rate.headers(caller, now, form));
    if (asked?.retryAfter !== undefined) answer.headers['Retry-After'] = asked.retryAfter;
    return answer;
  }

  #logRate(refused: 'budget' | 'concurrency' | undefined, now: number): void {
    const kind = this.rate.alarm(now, refused !== undefined);
    if (kind) this.publish(rateLimitEvent(kind, this.rate.limitPerMinute, now), { persistAt: now + 860 });
  }
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
