import { eventBytes, eventUuid } from '../events.ts';

const DELAYS = { least: 250, spread: 1050 };
const MOST_AT_ONCE = 5_000_000;

/** Where the body of an event comes from: given bytes, or made again from its index whenever it is asked for. */
type Source = { uuid: (index: number) => string; bytes: (index: number, publishedAt: number) => Buffer };

type Feed = { source: number; startedAt: number; perMinute: number; made: number; seed: number };

/** One row of the log's ledger: an event and how often it was handed out. */
export type Served = { uuid: string; times: number };

/**
 * The events of one org in the order in which they were persisted. Rows are numbers in typed arrays; generated bodies
 * are made when they are served, so that a million events cost some 30 MB. A row's number changes when an event
 * that is persisted earlier is published later; cursors hold times instead.
 */
export class EventLog {
  length = 0;
  #persistedAt = new Float64Array(1024);
  #publishedAt = new Float64Array(1024);
  #index = new Uint32Array(1024);
  #source = new Uint8Array(1024);
  #served = new Uint16Array(1024);
  #given: { uuid: string; bytes: Buffer }[] = [];
  #sources: Source[] = [
    {
      uuid: (index) => (this.#given[index] as { uuid: string }).uuid,
      bytes: (index) => (this.#given[index] as { bytes: Buffer }).bytes,
    },
  ];
  #feed: Feed | undefined;
  #feeds = 0;
  #seenUntil = Number.NEGATIVE_INFINITY;

  /** Adds an event as it is, to become readable at its persistence time, which may lie ahead but not behind a reader. */
  publish(event: { uuid: string; bytes: Buffer; persistedAt: number; publishedAt: number }): void {
    if (event.persistedAt < this.#seenUntil) throw new Error('An event cannot be persisted before one already read');
    this.#given.push({ uuid: event.uuid, bytes: event.bytes });
    this.#insert(0, this.#given.length - 1, event.persistedAt, event.publishedAt);
  }

  /** Forgets the events that were given as they are; none of them can be read any more. */
  forget(): void {
    this.#given = [];
  }

  /** Adds a span of events that ends at the given time; their bodies are copies of a few, with their own uuid and time. */
  preload(
    count: number,
    { bytes, spanMs, endsAt, seed }: { bytes: number; spanMs: number; endsAt: number; seed: number },
  ) {
    const source = this.#sources.push(templates(seed, bytes)) - 1;
    for (let index = 0; index < count; index++) {
      const persistedAt = Math.floor(endsAt - spanMs + ((index + 1) * spanMs) / count);
      this.#insert(source, index, persistedAt, persistedAt - delay(seed, index));
    }
  }

  /** Sets the rate at which events come from now on; 0 stops them. */
  generate(perMinute: number, now: number, seed?: number): void {
    this.settle(now);
    const chosen = seed ?? 1000 + this.#feeds++;
    const source = { uuid: (index: number) => eventUuid(chosen, index), bytes: fresh(chosen) };
    this.#feed =
      perMinute > 0
        ? { source: this.#sources.push(source) - 1, startedAt: now, perMinute, made: 0, seed: chosen }
        : undefined;
  }

  /** Brings in what the generator owes up to now. */
  settle(now: number): void {
    const feed = this.#feed;
    if (!feed) return;
    const due = Math.floor(((now - feed.startedAt) * feed.perMinute) / 60_000);
    if (due - feed.made > MOST_AT_ONCE) throw new Error('The clock jumped too far for this event rate');
    for (; feed.made < due; feed.made++) {
      const persistedAt = Math.floor(feed.startedAt + ((feed.made + 1) * 60_000) / feed.perMinute);
      const publishedAt = persistedAt - delay(feed.seed, feed.made);
      this.#insert(feed.source, feed.made, persistedAt, publishedAt);
    }
  }

  /** How many rows a reader may see whose view ends at this time. */
  readableUntil(time: number): number {
    this.#seenUntil = Math.max(this.#seenUntil, time);
    return this.#firstAfter(time);
  }

  /** The first row persisted at or after this time. */
  firstFrom(time: number): number {
    return this.#firstAfter(Math.ceil(time) - 1);
  }

  /** The place before a row as `<persistence ms>_<rows of that ms before it>`; a place before all rows has a time only. */
  cursorAt(row: number): string {
    const time = row === 0 ? 0 : (this.#persistedAt[row - 1] as number);
    return `${String(time).padStart(13, '0')}_${row - this.firstFrom(time)}`;
  }

  /** The place after everything persisted up to this time. */
  cursorOf(time: number): string {
    return `${Math.floor(time)}_${this.#firstAfter(time) - this.firstFrom(Math.floor(time))}`;
  }

  /** The row at which a cursor stands, undefined when it has not the form of one. */
  rowAt(cursor: string): number | undefined {
    const parts = /^(\d{13})_(\d+)$/.exec(cursor);
    return parts ? this.firstFrom(Number(parts[1])) + Number(parts[2]) : undefined;
  }

  /** The rows published in [since, until), in the order of publication. */
  publishedBetween(since: number, until: number, readable: number): number[] {
    const rows: number[] = [];
    for (let row = 0; row < readable; row++) {
      const at = this.#publishedAt[row] as number;
      if (at >= since && at < until) rows.push(row);
    }
    return rows.sort((a, b) => (this.#publishedAt[a] as number) - (this.#publishedAt[b] as number));
  }

  /** The event's bytes, as they were given. */
  bytesAt(row: number): Buffer {
    return this.#sourceAt(row).bytes(this.#index[row] as number, this.#publishedAt[row] as number);
  }

  /** The event's uuid, empty when it has none. */
  uuidAt(row: number): string {
    return this.#sourceAt(row).uuid(this.#index[row] as number);
  }

  /** Notes that a row was handed out. */
  countServed(row: number): void {
    this.#served[row] = (this.#served[row] as number) + 1;
  }

  /** Every event of the log with the number of times it was handed out. */
  *ledger(): IterableIterator<Served> {
    for (let row = 0; row < this.length; row++) yield { uuid: this.uuidAt(row), times: this.#served[row] as number };
  }

  #sourceAt(row: number): Source {
    return this.#sources[this.#source[row] as number] as Source;
  }

  #firstAfter(time: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#persistedAt[middle] as number) <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insert(source: number, index: number, persistedAt: number, publishedAt: number): void {
    if (this.length === this.#source.length) this.#grow();
    const last = this.length === 0 ? persistedAt : (this.#persistedAt[this.length - 1] as number);
    const row = persistedAt >= last ? this.length : this.#firstAfter(persistedAt);
    for (const column of [this.#persistedAt, this.#publishedAt, this.#index, this.#source, this.#served]) {
      if (row < this.length) column.copyWithin(row + 1, row, this.length);
    }
    this.#persistedAt[row] = persistedAt;
    this.#publishedAt[row] = publishedAt;
    this.#index[row] = index;
    this.#source[row] = source;
    this.#served[row] = 0;
    this.length++;
  }

  #grow(): void {
    const size = this.#source.length * 2;
    this.#persistedAt = copied(new Float64Array(size), this.#persistedAt);
    this.#publishedAt = copied(new Float64Array(size), this.#publishedAt);
    this.#index = copied(new Uint32Array(size), this.#index);
    this.#source = copied(new Uint8Array(size), this.#source);
    this.#served = copied(new Uint16Array(size), this.#served);
  }
}

function copied<T extends Float64Array | Uint32Array | Uint16Array | Uint8Array>(larger: T, from: T): T {
  larger.set(from);
  return larger;
}

/** Okta persists an event about a second after it was published: 0.25 to 1.3 s in a published capture. */
function delay(seed: number, index: number): number {
  return DELAYS.least + ((Math.imul(index ^ seed, 0x9e3779b1) >>> 8) % DELAYS.spread);
}

function fresh(seed: number): Source['bytes'] {
  return (index, publishedAt) => eventBytes({ seed, index, publishedAt });
}

/** A source that copies one of 256 ready events and writes uuid and time into the copy: about a microsecond each. */
function templates(seed: number, bytes: number): Source {
  const ready = Array.from({ length: 256 }, (_, index) => {
    const body = eventBytes({ seed: seed + 1, index, publishedAt: 0, bytes });
    return {
      body,
      uuidAt: body.lastIndexOf(eventUuid(seed + 1, index)),
      publishedAt: body.lastIndexOf(new Date(0).toISOString()),
    };
  });
  return {
    uuid: (index) => eventUuid(seed, index),
    bytes: (index, publishedAt) => {
      const template = ready[index & 255] as (typeof ready)[number];
      const body = Buffer.allocUnsafe(template.body.length);
      body.set(template.body);
      body.write(eventUuid(seed, index), template.uuidAt, 'latin1');
      body.write(new Date(publishedAt).toISOString(), template.publishedAt, 'latin1');
      return body;
    },
  };
}
