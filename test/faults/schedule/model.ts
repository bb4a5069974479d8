import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { isGzip } from '../../../ingestion/azure/logs-ingestion.ts';
import type { Checkpoint } from '../../../ingestion/connector/checkpoint.ts';
import { KeySet, type Keys, keyOf } from '../../../ingestion/sync/event-keys.ts';
import type { Call, RequestRecord } from '../../sims/azure/exchange.ts';
import { splitArray } from '../../sims/azure/split.ts';
import type { EventLog } from '../../sims/okta/log.ts';
import { uuidOf } from './written.ts';

type Upload = { poll: number; record: RequestRecord; events: string[]; allowed: boolean };

/**
 * What must be true of a delivery, whatever happened: each event of the log that the checkpoint has passed is in the
 * workspace or put aside, byte for byte, and there is one copy of it more than once only for each request whose answer
 * was lost, or had not come into the store when the poll was cut. Events are told apart by their bytes alone.
 */
export class Model {
  readonly #log: EventLog;
  readonly #uploads: Upload[] = [];
  /** Events of such requests, by how many they are. */
  readonly #doubts = new Map<string, number>();
  readonly #seen = new Map<string, { uuid: string | null; text: string }>();
  #rowsChecked = 0;
  possiblyDuplicated = 0;
  repeated = 0;

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** Notes an upload as it arrives at Azure; what became of it is read off its record. */
  note({ body, headers, record }: Call): void {
    const whole = unpacked(body);
    const events = splitArray(whole).map(({ start, end }) => this.#keyOf(whole.subarray(start, end)));
    this.#uploads.push({ poll: Number(headers['x-poll']), record, events, allowed: false });
  }

  /** How many uploads a poll has made. */
  uploadsOf(poll: number): number {
    return this.#uploads.filter((upload) => upload.poll === poll).length;
  }

  /**
   * A poll has ended without a word; `left` and the keys that the store has are what the next one goes on from. Its uploads
   * from number `until` on should not have been begun, and are not forgiven.
   */
  cutOff(poll: number, left: Checkpoint, delivered: Keys[], until: number): void {
    const passed = new Set<string>();
    for (let row = 0; row < this.#rowOf(left); row++) passed.add(this.#keyOf(this.#log.bytesAt(row)));
    const noted = new KeySet(0);
    for (const keys of delivered) for (let row = 0; row < keys.length / 4; row++) noted.add(keys, row);
    for (const upload of this.#uploads.filter((one) => one.poll === poll).slice(0, until)) {
      if (!upload.record.stored || upload.record.status !== 204 || upload.allowed) continue;
      const unknown = upload.events.filter((key) => !passed.has(key) && !this.#isNoted(key, noted));
      if (unknown.length > 0) this.#doubt(upload, unknown);
    }
  }

  /** What is wrong now; null when nothing is. `to` is the checkpoint, or the end of the log. */
  judge(to: Checkpoint | 'end', aside: Buffer[]): string | null {
    for (const upload of this.#uploads) {
      if (upload.record.stored && upload.record.status === undefined && !upload.allowed)
        this.#doubt(upload, upload.events);
    }
    const copies = this.#copies();
    const kept = new Set(aside.map((bytes) => this.#keyOf(bytes)));
    const rows = to === 'end' ? this.#log.length : this.#rowOf(to);
    for (let row = this.#rowsChecked; row < rows; row++) {
      const key = this.#keyOf(this.#log.bytesAt(row));
      if (!copies.has(key) && !kept.has(key)) return `event ${row} of the log is lost: ${this.#seen.get(key)?.text}`;
    }
    this.#rowsChecked = Math.max(this.#rowsChecked, rows);
    const served = new Set(Array.from({ length: this.#log.length }, (_, row) => this.#keyOf(this.#log.bytesAt(row))));
    for (const key of copies.keys())
      if (!served.has(key)) return `Okta has no such event: ${this.#seen.get(key)?.text}`;
    this.repeated = 0;
    for (const [key, count] of copies) {
      // Without a uuid nobody can tell that it is the same event again.
      if (this.#seen.get(key)?.uuid === null) continue;
      this.repeated += count - 1;
      const most = 1 + (this.#doubts.get(key) ?? 0);
      if (count > most) return `an event is there ${count} times, ${most} at most: ${this.#seen.get(key)?.text}`;
    }
    return null;
  }

  /** How many different events are there, and how many rows Azure has said to have taken. */
  get taken(): { events: number; acknowledged: number } {
    const acknowledged = this.#uploads
      .filter(({ record }) => record.stored && record.status === 204)
      .reduce((sum, { events }) => sum + events.length, 0);
    return { events: this.#copies().size, acknowledged };
  }

  #copies(): Map<string, number> {
    const copies = new Map<string, number>();
    for (const { record, events } of this.#uploads) {
      if (record.stored) for (const key of events) copies.set(key, (copies.get(key) ?? 0) + 1);
    }
    return copies;
  }

  #doubt(upload: Upload, events: string[]): void {
    upload.allowed = true;
    this.possiblyDuplicated += events.length;
    for (const key of events) this.#doubts.set(key, (this.#doubts.get(key) ?? 0) + 1);
  }

  #rowOf({ nextUrl }: Checkpoint): number {
    const after = nextUrl && new URL(nextUrl).searchParams.get('after');
    return after ? (this.#log.rowAt(after) ?? 0) : 0;
  }

  #keyOf(bytes: Buffer): string {
    const key = createHash('sha1').update(bytes).digest('base64');
    if (!this.#seen.has(key)) {
      this.#seen.set(key, { uuid: uuidOf(bytes), text: bytes.toString('utf8', 0, 120) });
    }
    return key;
  }

  #isNoted(key: string, noted: KeySet): boolean {
    const uuid = this.#seen.get(key)?.uuid;
    return !!uuid && noted.has(keyOf(uuid), 0);
  }
}

/** The body of an upload, which may be compressed. */
export function unpacked(body: Buffer): Buffer {
  return isGzip(body) ? gunzipSync(body) : body;
}
