import { placeIn } from '../scale/org-log.ts';

/**
 * Totals of all orgs. `events` there were since each org's log began, and each copy of an earlier one is `repeated`; `explained` are those of the `repeated` for whose event
 * a request with a lost answer was stored as often; `strange` was sent, and no org ever had it.
 */
export type Counted = {
  events: number;
  visible: number;
  lost: number;
  repeated: number;
  explained: number;
  strange: number;
};

/** So far before the place where a log is first read events may come up. */
const slack = 100_000;
/** No org has so many. */
const mostOfAnOrg = 100_000_000;

/** How often each event stands in the workspace: two bytes an event. */
export class Ledger {
  readonly #orgs: OrgLedger[];
  #strange = 0;

  constructor(orgs: number) {
    this.#orgs = Array.from({ length: orgs }, () => new OrgLedger());
  }

  /** The org's log is read from this place on, if it never was before. */
  begin(org: number, place: number): void {
    this.#orgs[org]?.begin(place);
  }

  /** A request with these events for the org was stored; `doubt` notes that its answer was lost. */
  store(org: number, uuids: string[]): { doubt(): void } {
    const ledger = this.#orgs[org];
    const places = uuids.flatMap((uuid) => {
      const at = placeIn(uuid);
      if (at?.org === org && ledger?.knows(at.place)) return at.place;
      this.#strange++;
      return [];
    });
    for (const place of places) ledger?.add('copies', place);
    return {
      doubt() {
        for (const place of places) ledger?.add('doubts', place);
      },
    };
  }

  /** What there is when each org has had so many events. */
  count(placeOf: (org: number) => number): Counted {
    const sum: Counted = { events: 0, visible: 0, lost: 0, repeated: 0, explained: 0, strange: this.#strange };
    for (const [org, ledger] of this.#orgs.entries()) ledger.count(placeOf(org), sum);
    return sum;
  }
}

/** Copies and doubts of the events of one org, by their place. */
class OrgLedger {
  #from: number | null = null;
  #columns = { copies: new Uint8Array(2 * slack), doubts: new Uint8Array(2 * slack) };

  begin(place: number): void {
    this.#from ??= place;
  }

  knows(place: number): boolean {
    return this.#from !== null && place >= this.#from - slack && place < this.#from + mostOfAnOrg;
  }

  add(column: 'copies' | 'doubts', place: number): void {
    const row = this.#rowOf(place);
    const before = this.#columns[column];
    if (row >= before.length) {
      this.#columns[column] = new Uint8Array(Math.max(2 * before.length, row + 1));
      this.#columns[column].set(before);
    }
    const counts = this.#columns[column];
    counts[row] = Math.min(255, (counts[row] ?? 0) + 1);
  }

  /** Adds what there is of events before this place. */
  count(until: number, sum: Counted): void {
    if (this.#from === null) return;
    const { copies, doubts } = this.#columns;
    sum.events += until - this.#from;
    for (let row = 0; row < this.#rowOf(until); row++) {
      const before = row < this.#rowOf(this.#from);
      const more = (copies[row] ?? 0) - (before ? 0 : 1);
      if (more < 0) sum.lost++;
      else if (!before) sum.visible++;
      sum.repeated += Math.max(0, more);
      sum.explained += Math.max(0, Math.min(more, doubts[row] ?? 0));
    }
  }

  #rowOf(place: number): number {
    return place - (this.#from as number) + slack;
  }
}
