import type { Row } from '../kql/schema.ts';

/** How often an event is stored, the earliest time a copy can be seen, and its bytes as received if they are kept. */
export type LedgerEntry = { copies: number; receivedAt: number; visibleAt: number; bytes: Buffer[] };

/** One event to store: its row (none when only the ledger is kept), its Okta uuid, and its bytes if they are to be kept. */
export type Arrival = { row: Row | undefined; uuid: string | undefined; bytes: Buffer | undefined };

/** When arrivals become visible: `visibilityMs` after receipt, and `firstDataMs` after the first data of the table. */
export type Latency = { visibilityMs: number; firstDataMs: number };

const never = Number.POSITIVE_INFINITY;

type Times = { receivedAt: number; visibleAt: number };
type StoredRow = { row: Row; visibleAt: number; entry: LedgerEntry | undefined };

/** The rows of one table and the ledger of the events they came from. */
export class TableStore {
  readonly ledger = new Map<string, LedgerEntry>();
  /** Elements that were stored without a `uuid` to count them by, and their bytes if they are kept. */
  withoutUuid = 0;
  readonly strays: Buffer[] = [];
  /** Values that were cut at 64 KB. */
  truncatedFields = 0;
  #rows: StoredRow[] = [];
  #firstDataAt: number | undefined;
  #hideArrivals = false;

  /** Stores what arrived in one request. */
  add(arrivals: readonly Arrival[], now: number, { visibilityMs, firstDataMs }: Latency): void {
    this.#firstDataAt ??= arrivals.length > 0 ? now : undefined;
    const stored = Math.max(now + visibilityMs, (this.#firstDataAt ?? now) + firstDataMs);
    const visibleAt = this.#hideArrivals ? never : stored;
    for (const { row, uuid, bytes } of arrivals) {
      const entry = this.#count(uuid, bytes, { receivedAt: now, visibleAt });
      if (!row) continue;
      row.$ingestionTime = stored;
      this.#rows.push({ row, visibleAt, entry });
    }
  }

  /** The rows a query sees. */
  visible(now: number): Row[] {
    return this.#rows.filter((each) => each.visibleAt <= now).map((each) => each.row);
  }

  /** All rows, seen or not. */
  get rows(): readonly Row[] {
    return this.#rows.map((each) => each.row);
  }

  /** Events with at least one copy, copies beyond the first, and events that can be seen. */
  totals(now: number): { distinct: number; repeated: number; visible: number } {
    let repeated = 0;
    let visible = 0;
    for (const entry of this.ledger.values()) {
      repeated += entry.copies - 1;
      if (entry.visibleAt <= now) visible += 1;
    }
    return { distinct: this.ledger.size, repeated, visible };
  }

  /** Loses rows as if they had never been stored; returns how many. */
  drop(which: (row: Row) => boolean = () => true): number {
    const dropped = new Set(this.#rows.filter((each) => which(each.row)));
    this.#rows = this.#rows.filter((each) => !dropped.has(each));
    for (const { entry } of dropped) if (entry) entry.visibleAt = never;
    return dropped.size;
  }

  /** Forgets all that was ever stored. */
  clear(): void {
    this.#rows = [];
    this.ledger.clear();
    this.strays.length = 0;
  }

  /** Makes stored rows, and those still to come, invisible; they stay in the ledger. */
  hide(): void {
    this.#hideArrivals = true;
    for (const each of [...this.#rows, ...this.ledger.values()]) each.visibleAt = never;
  }

  /** Ends `hide` and every wait: all rows are visible from `now` on. */
  reveal(now: number): void {
    this.#hideArrivals = false;
    for (const each of [...this.#rows, ...this.ledger.values()]) each.visibleAt = Math.min(each.visibleAt, now);
  }

  #count(uuid: string | undefined, bytes: Buffer | undefined, times: Times): LedgerEntry | undefined {
    if (uuid === undefined) {
      this.withoutUuid += 1;
      if (bytes) this.strays.push(bytes);
      return undefined;
    }
    let entry = this.ledger.get(uuid);
    if (!entry) {
      entry = { copies: 0, ...times, bytes: [] };
      this.ledger.set(uuid, entry);
    }
    entry.copies += 1;
    entry.visibleAt = Math.min(entry.visibleAt, times.visibleAt);
    if (bytes) entry.bytes.push(bytes);
    return entry;
  }
}
