import type pg from 'pg';
import { raced, realDeadline } from '../runtime/deadline.ts';
import type { Access } from './access.ts';
import { isStoreAway, openPool } from './database.ts';

/** Why nothing can be written just now, in a word, and what the store said. */
export type Unwritable = { why: 'read-only' | 'full' | 'locked' | 'silent' | 'away' | 'refused'; fault: unknown };

const withinMs = 2_000;

// The locks are those that any write takes on the tables of all work. A truncated table gets a new file, for which a full disk
// has no room; a row that is changed in place would still find some. All is one message, and so one transaction: whoever is
// stopped in the middle keeps nobody else waiting.
const write = `
  set local lock_timeout = '1500ms';
  lock table connectors, checkpoints, outbox in row exclusive mode;
  truncate probes;
  insert into probes values (now());`;

/** Learns by writing whether the store takes what is written, on a connection of its own. */
export class WriteProbe {
  readonly #pool: pg.Pool;
  #underWay: Promise<Unwritable | null> | null = null;

  /** Opens no connection yet. */
  constructor(access: Access) {
    this.#pool = openPool(access, 1);
  }

  /** An answer within two seconds: null when it takes it. Whoever asks while a write is under way gets its outcome. Never rejects. */
  ask(): Promise<Unwritable | null> {
    this.#underWay ??= this.#write().finally(() => {
      this.#underWay = null;
    });
    return raced(this.#underWay, realDeadline(withinMs), () => new Error('No answer in time.')).catch((fault) => ({
      why: 'silent',
      fault,
    }));
  }

  /** Ends the connection; one that is waited for is given up. */
  async close(): Promise<void> {
    const waiting = this.#underWay !== null;
    const ended = this.#pool.end();
    if (!waiting) await ended;
  }

  #write(): Promise<Unwritable | null> {
    return this.#pool.query(write).then(() => null, unwritable);
  }
}

/** By the codes of postgresql.org/docs/current/errcodes-appendix.html. */
const words = new Map<unknown, Unwritable['why']>([
  ['25006', 'read-only'],
  ['53100', 'full'],
  ['55P03', 'locked'],
]);

function unwritable(fault: Error & { code?: string }): Unwritable {
  return { why: words.get(fault.code) ?? (isStoreAway(fault) ? 'away' : 'refused'), fault };
}
