import type { Call } from './exchange.ts';

/** The service a request was sent to. */
export type Place = 'ingestion' | 'arm' | 'query' | 'identity' | 'entra' | 'vault';

/**
 * What goes wrong. `reset` cuts the connection before anything happened, `lost-answer` after the request had its full effect,
 * `hang` never answers, a status is answered instead of the service's own answer, `delayMs` (by the
 * simulator's clock) only slows it down, and `drip` answers a byte at a time without an end, by our own clock.
 */
export type Effect =
  | 'reset'
  | 'lost-answer'
  | 'hang'
  | 'drip'
  | { status: number; headers?: Record<string, string>; body?: unknown }
  | { delayMs: number };

/** One thing that goes wrong at one place, for the requests that `when` picks, `times` times (for ever if absent). */
export type Fault = { where: Place; when?: (call: Call) => boolean; times?: number; do: Effect };

/** The faults in force; for each request the oldest one that fits is used. */
export class Faults {
  #active: { fault: Fault; left: number }[] = [];
  #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Puts a fault in force and returns the function that ends it. */
  add(fault: Fault): () => void {
    const entry = { fault, left: fault.times ?? Number.POSITIVE_INFINITY };
    this.#active.push(entry);
    this.#changed();
    return () => this.#end(entry);
  }

  /** Ends every fault, or those of one place. */
  clear(where?: Place): void {
    this.#active = this.#active.filter(({ fault }) => where !== undefined && fault.where !== where);
    this.#changed();
  }

  get active(): readonly Fault[] {
    return this.#active.map(({ fault }) => fault);
  }

  /** The effect for this request, counted as used. */
  take(where: Place, call: Call): Effect | undefined {
    const entry = this.#active.find(({ fault }) => fault.where === where && (fault.when?.(call) ?? true));
    if (!entry) return undefined;
    entry.left -= 1;
    if (entry.left <= 0) this.#end(entry);
    return entry.fault.do;
  }

  #end(entry: { fault: Fault; left: number }): void {
    this.#active = this.#active.filter((other) => other !== entry);
    this.#changed();
  }
}
