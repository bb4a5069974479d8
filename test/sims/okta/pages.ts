import { gzipSync } from 'node:zlib';
import { eventUuid } from '../events.ts';
import type { Answer } from './answer.ts';
import type { Fault } from './faults.ts';
import type { Links } from './links.ts';
import type { Call, OktaOrg } from './org.ts';
import type { Query } from './query.ts';

const RETENTION_MS = 90 * 86_400_000;

/** One page as it leaves, and how many events were handed out whole with it. */
export type Served = { answer: Answer; events: number };

/** `at` is the cursor of the page's own place, known in polling only. */
type Page = { rows: number[]; next: string | undefined; at?: string };

/** Makes the pages of one org's log, by the switches of the org, and counts in it what was handed out. */
export class Pages {
  readonly #org: OktaOrg;
  #offsets = new Map<string, number>();

  constructor(org: OktaOrg) {
    this.#org = org;
  }

  /** Whether the cursor of a query is good, where it has one. */
  takesCursor(target: string, query: Query, now: number): boolean {
    if (query.after === undefined) return true;
    const formed = query.polling ? this.#org.log.rowAt(query.after) !== undefined : this.#offsets.has(query.after);
    return formed && this.#org.links.accepts(target, now);
  }

  /** The page of a query that is in order, spoilt by the fault where it is one of pages or bodies. */
  page(call: Call, query: Query, { now, fault }: { now: number; fault: Fault | undefined }): Served {
    const page = query.polling ? this.#polled(call, query, now) : this.#bounded(call, query, now);
    return this.#written(this.#spoilt(page, call, { now, fault }), call, fault);
  }

  #polled(call: Call, query: Query, now: number): Page {
    const readTo = now - this.#org.readLagMs;
    const readable = this.#org.log.readableUntil(readTo);
    const asked =
      query.after === undefined ? this.#org.log.firstFrom(query.since) : (this.#org.log.rowAt(query.after) as number);
    const from = Math.max(asked, this.#org.log.firstFrom(now - RETENTION_MS));
    const to = Math.max(from, Math.min(readable, from + query.limit));
    const rows = Array.from({ length: to - from }, (_, offset) => from + offset);
    const at = this.#org.log.cursorAt(Math.min(from, this.#org.log.length));
    if (rows.length > 0) return { rows, at, next: this.#org.links.next(call.target, this.#org.log.cursorAt(to), now) };
    // A cursor beyond what is readable must not be moved back.
    const idles = this.#org.idleNext === 'same' || query.limit === 0 || from > readable;
    return {
      rows,
      at,
      next: idles ? call.target : this.#org.links.next(call.target, this.#org.log.cursorOf(readTo), now),
    };
  }

  #bounded(call: Call, query: Query, now: number): Page {
    const readable = this.#org.log.readableUntil(now - this.#org.readLagMs);
    const since = Math.max(query.since, now - RETENTION_MS);
    const all = this.#org.log.publishedBetween(since, query.until, readable);
    if (query.descending) all.reverse();
    const from = query.after === undefined ? 0 : (this.#offsets.get(query.after) as number);
    const to = from + query.limit;
    if (to >= all.length || query.limit === 0) return { rows: all.slice(from, to), next: undefined };
    const after = eventUuid(0, to);
    this.#offsets.set(after, to);
    return { rows: all.slice(from, to), next: this.#org.links.next(call.target, after, now) };
  }

  #spoilt(page: Page, call: Call, { now, fault }: { now: number; fault: Fault | undefined }): Page {
    switch (fault?.kind) {
      case 'emptyPage':
        return { rows: [], next: emptyPageLink(fault.next, page, { call, links: this.#org.links, now }) };
      case 'shortPage': {
        const rows = page.rows.slice(0, fault.events);
        const last = rows.at(-1);
        return last === undefined
          ? page
          : { rows, next: this.#org.links.next(call.target, this.#org.log.cursorAt(last + 1), now) };
      }
      default:
        return page;
    }
  }

  #written(page: Page, call: Call, fault: Fault | undefined): Served {
    const self = `https://${this.#org.host}${call.target}`;
    const next = page.next && `https://${this.#org.host}${page.next}`;
    const links = this.#org.links.headers(self, next !== undefined && fault?.kind === 'next' ? fault.to(next) : next);
    const headers: Answer['headers'] = { 'Content-Type': 'application/json', ...links };
    const whole = !fault || ['slow', 'next', 'shortPage', 'emptyPage'].includes(fault.kind);
    if (whole) this.#count(page.rows);
    let body = fault?.kind === 'body' ? Buffer.from(fault.body) : this.#body(page.rows);
    if ((this.#org.gzip && call.acceptsGzip) || fault?.kind === 'brokenGzip') {
      headers['Content-Encoding'] = 'gzip';
      body = gzipSync(body, { level: 1 });
      if (fault?.kind === 'brokenGzip') body = body.fill(0xff, Math.floor(body.length / 2));
    }
    return { answer: { status: 200, headers, body }, events: whole ? page.rows.length : 0 };
  }

  #count(rows: number[]): void {
    for (const row of rows) this.#org.log.countServed(row);
    this.#org.served += rows.length;
    this.#org.pages += 1;
  }

  #body(rows: number[]): Buffer {
    const [open, comma, close] = (this.#org.spaced ? ['[\n  ', ' ,\r\n\t', '\n]\n'] : ['[', ',', ']']).map((text) =>
      Buffer.from(text),
    );
    const pieces: Buffer[] = [open as Buffer];
    for (const row of rows) {
      if (pieces.length > 1) pieces.push(comma as Buffer);
      pieces.push(this.#org.log.bytesAt(row));
    }
    pieces.push(close as Buffer);
    return Buffer.concat(pieces);
  }
}

function emptyPageLink(
  kind: 'same' | 'missing' | 'new',
  page: Page,
  { call, links, now }: { call: Call; links: Links; now: number },
) {
  if (kind === 'missing') return undefined;
  if (kind === 'same' || page.at === undefined) return call.target;
  // The same place under another name, as nothing may be skipped: one more leading zero each time.
  const place = /[?&]after=([^&]*)/.exec(call.target)?.[1] ?? page.at;
  return links.next(call.target, place.replace('_', '_0'), now);
}
