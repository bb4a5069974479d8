import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { eventUuid, oktaEvent } from '../events.ts';
import { type Answer, refusal } from './answer.ts';
import { type Fault, Faults, standIn } from './faults.ts';
import { Links } from './links.ts';
import { EventLog } from './log.ts';
import { invalid, type LargeLimit, type Query, readQuery } from './query.ts';
import { Rate } from './rate.ts';
import { rateLimitEvent } from './rate-events.ts';
import { Tokens } from './tokens.ts';

const RETENTION_MS = 90 * 86_400_000;
const MADE_SEED = 99;

/** One request as the org sees it; `target` is path and query exactly as they were sent. */
export type Call = { method: string; target: string; authorization: string | undefined; acceptsGzip: boolean };

/** What the org does with a call: the answer, what spoils it on the way, and how many events were handed out. */
export type Outcome = { answer: Answer; fault: Fault | undefined; events: number };

/** `at` is the cursor of the page's own place, known in polling only. */
type Page = { rows: number[]; next: string | undefined; at?: string };

/** One Okta org: its log, tokens, budget, links and faults, each of which a test may set while it runs. */
export class OktaOrg {
  readonly host: string;
  readonly log = new EventLog();
  readonly tokens = new Tokens();
  readonly rate: Rate;
  readonly links = new Links();
  readonly faults = new Faults();
  /** What an idle page links to: the URL that was asked for, or a cursor that moves with the time. */
  idleNext: 'same' | 'moves' = 'same';
  /** How long a persisted event stays unreadable. */
  readLagMs = 0;
  largeLimit: LargeLimit = 'refuse';
  /** How far the org's clock, as its Date header shows it, is ahead. */
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
  #calls = 0;
  #made = 0;
  #offsets = new Map<string, number>();

  constructor(host: string, now: () => number, limitPerMinute: number) {
    this.host = host;
    this.#now = now;
    this.rate = new Rate(limitPerMinute);
  }

  /** A new API token; `none` belongs to somebody who may not read the log. */
  addToken({ permission = 'ok' }: { permission?: 'ok' | 'none' } = {}): string {
    return this.tokens.add(permission, this.#now());
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
    const search = new URLSearchParams(call.target.split('?')[1] ?? '');
    const token = call.authorization?.replace(/^SSWS /, '') ?? '';
    const after = search.get('after') ?? undefined;
    const fault = this.faults.meet({ number: ++this.#calls, target: call.target, after, token, at: now });
    const outcome = this.#outcome(call, search, now, fault);
    const common = {
      Date: new Date(now + this.dateSkewMs).toUTCString(),
      'X-Okta-Request-Id': randomBytes(16).toString('hex'),
      ...this.rate.headers(token, now),
    };
    return { ...outcome, fault, answer: { ...outcome.answer, headers: { ...common, ...outcome.answer.headers } } };
  }

  #outcome(call: Call, search: URLSearchParams, now: number, fault: Fault | undefined): Omit<Outcome, 'fault'> {
    const wrongPlace = forThreads(call);
    const instead = wrongPlace ?? (fault && standIn(fault));
    if (instead) return { answer: instead, events: 0 };
    const caller = this.tokens.check(call.authorization, now);
    if ('answer' in caller) return { answer: caller.answer, events: 0 };
    const tooMany = this.#tooMany(caller.token, now, fault);
    if (tooMany) return { answer: tooMany, events: 0 };
    const query = readQuery(search, now, this.largeLimit);
    if ('status' in query) return { answer: query, events: 0 };
    if (query.after !== undefined && !this.#takesCursor(call.target, query, now)) {
      return { answer: invalid('after', 'The cursor is not valid or has expired'), events: 0 };
    }
    const page = this.#spoilt(
      query.polling ? this.#polled(call, query, now) : this.#bounded(call, query, now),
      call,
      now,
      fault,
    );
    return this.#written(page, call, fault);
  }

  #tooMany(token: string, now: number, fault: Fault | undefined): Answer | undefined {
    const asked = fault?.kind === 'tooMany' ? fault : undefined;
    const crowded = this.inFlight > this.rate.concurrencyLimit ? 'concurrency' : undefined;
    const spent = asked || crowded || this.rate.take(token, now) ? undefined : 'budget';
    const form = asked?.form ?? crowded ?? spent;
    if (this.rateEvents) this.#logRate(form, now);
    if (!form) return undefined;
    const answer = refusal(429, 'E0000047', 'API call exceeded rate limit due to too many requests.');
    Object.assign(answer.headers, this.rate.headers(token, now, form));
    if (asked?.retryAfter !== undefined) answer.headers['Retry-After'] = asked.retryAfter;
    return answer;
  }

  #logRate(refused: 'budget' | 'concurrency' | undefined, now: number): void {
    const kind = this.rate.alarm(now, refused !== undefined);
    if (kind) this.publish(rateLimitEvent(kind, this.rate.limitPerMinute, now), { persistAt: now + 860 });
  }

  #takesCursor(target: string, query: Query, now: number): boolean {
    const after = query.after as string;
    const formed = query.polling ? this.log.rowAt(after) !== undefined : this.#offsets.has(after);
    return formed && this.links.accepts(target, now);
  }

  #polled(call: Call, query: Query, now: number): Page {
    const readTo = now - this.readLagMs;
    const readable = this.log.readableUntil(readTo);
    const asked = query.after === undefined ? this.log.firstFrom(query.since) : (this.log.rowAt(query.after) as number);
    const from = Math.max(asked, this.log.firstFrom(now - RETENTION_MS));
    const to = Math.max(from, Math.min(readable, from + query.limit));
    const rows = Array.from({ length: to - from }, (_, offset) => from + offset);
    const at = this.log.cursorAt(Math.min(from, this.log.length));
    if (rows.length > 0) return { rows, at, next: this.links.next(call.target, this.log.cursorAt(to), now) };
    // A cursor beyond what is readable must not be moved back.
    const idles = this.idleNext === 'same' || query.limit === 0 || from > readable;
    return { rows, at, next: idles ? call.target : this.links.next(call.target, this.log.cursorOf(readTo), now) };
  }

  #bounded(call: Call, query: Query, now: number): Page {
    const readable = this.log.readableUntil(now - this.readLagMs);
    const since = Math.max(query.since, now - RETENTION_MS);
    const all = this.log.publishedBetween(since, query.until, readable);
    if (query.descending) all.reverse();
    const from = query.after === undefined ? 0 : (this.#offsets.get(query.after) as number);
    const to = from + query.limit;
    if (to >= all.length || query.limit === 0) return { rows: all.slice(from, to), next: undefined };
    const after = eventUuid(0, to);
    this.#offsets.set(after, to);
    return { rows: all.slice(from, to), next: this.links.next(call.target, after, now) };
  }

  #spoilt(page: Page, call: Call, now: number, fault: Fault | undefined): Page {
    switch (fault?.kind) {
      case 'emptyPage':
        return { rows: [], next: emptyPageLink(fault.next, page, call, this.links, now) };
      case 'shortPage': {
        const rows = page.rows.slice(0, fault.events);
        const last = rows.at(-1);
        return last === undefined
          ? page
          : { rows, next: this.links.next(call.target, this.log.cursorAt(last + 1), now) };
      }
      default:
        return page;
    }
  }

  #written(page: Page, call: Call, fault: Fault | undefined): Omit<Outcome, 'fault'> {
    const self = `https://${this.host}${call.target}`;
    const next = page.next && `https://${this.host}${page.next}`;
    const links = this.links.headers(self, next !== undefined && fault?.kind === 'next' ? fault.to(next) : next);
    const headers: Answer['headers'] = { 'Content-Type': 'application/json', ...links };
    const whole = !fault || ['slow', 'next', 'shortPage', 'emptyPage'].includes(fault.kind);
    if (whole) this.#count(page.rows);
    let body = fault?.kind === 'body' ? Buffer.from(fault.body) : this.#body(page.rows);
    if ((this.gzip && call.acceptsGzip) || fault?.kind === 'brokenGzip') {
      headers['Content-Encoding'] = 'gzip';
      body = gzipSync(body, { level: 1 });
      if (fault?.kind === 'brokenGzip') body = body.fill(0xff, Math.floor(body.length / 2));
    }
    return { answer: { status: 200, headers, body }, events: whole ? page.rows.length : 0 };
  }

  #count(rows: number[]): void {
    for (const row of rows) this.log.countServed(row);
    this.served += rows.length;
    this.pages += 1;
  }

  #body(rows: number[]): Buffer {
    const [open, comma, close] = (this.spaced ? ['[\n  ', ' ,\r\n\t', '\n]\n'] : ['[', ',', ']']).map((text) =>
      Buffer.from(text),
    );
    const pieces: Buffer[] = [open as Buffer];
    for (const row of rows) {
      if (pieces.length > 1) pieces.push(comma as Buffer);
      pieces.push(this.log.bytesAt(row));
    }
    pieces.push(close as Buffer);
    return Buffer.concat(pieces);
  }
}

function forThreads({ method, target }: Call): Answer | undefined {
  const [path = ''] = target.split('?');
  if (path === '/api/v1/logs') {
    if (method === 'GET') return undefined;
    return refusal(405, 'E0000022', 'The endpoint does not support the provided HTTP method');
  }
  if (!path.startsWith('/api/v1/')) return refusal(404, 'E0000008', 'The requested path was not found');
  return refusal(404, 'E0000007', `Not found: Resource not found: ${path.slice('/api/v1/'.length)}`);
}

function emptyPageLink(kind: 'same' | 'missing' | 'new', page: Page, call: Call, links: Links, now: number) {
  if (kind === 'missing') return undefined;
  if (kind === 'same' || page.at === undefined) return call.target;
  // The same place under another name, as nothing may be skipped: one more leading zero each time.
  const place = /[?&]after=([^&]*)/.exec(call.target)?.[1] ?? page.at;
  return links.next(call.target, place.replace('_', '_0'), now);
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
