import { eventBytes } from '../sims/events.ts';
import type { OktaOrg } from '../sims/okta/org.ts';
import { Random } from '../sims/okta/random.ts';

/** Of so many events one comes late, and one comes again. */
const eventsPerOddity = 2_000;
/** Events come again within so many, which is less than the product's own memory. */
const longestWayAgain = 150_000;
const minute = 60_000;

/** How many late events `disturb` adds to a log that is to hold `events` in all. */
export const lateOf = (events: number): number => Math.ceil(events / eventsPerOddity);

/** Adds events to a log that nobody has read: some that happened long before Okta stored them, and some that are there already. */
export function disturb({ log }: OktaOrg, { seed, events }: { seed: number; events: number }): void {
  const random = new Random(seed, 2);
  for (let index = 0; index < lateOf(events); index++) {
    const persistedAt = timeOf(log, random.below(log.length));
    const publishedAt = persistedAt - (6 + random.below(180)) * minute;
    const bytes = eventBytes({ seed: seed + 2, index, publishedAt, bytes: 2750 });
    const { uuid } = JSON.parse(bytes.toString()) as { uuid: string };
    log.publish({ uuid, bytes, persistedAt, publishedAt });
  }
  for (let index = 0; index < lateOf(events); index++) {
    const row = random.below(log.length);
    // Mostly near: on the same page or the next.
    const way = Math.floor(Math.exp(random.next() * Math.log(longestWayAgain)));
    const persistedAt = timeOf(log, Math.min(row + way, log.length - 1));
    log.publish({ uuid: log.uuidAt(row), bytes: log.bytesAt(row), persistedAt, publishedAt: persistedAt });
  }
}

/** When the row was persisted: the cursor behind it says so. */
function timeOf(log: OktaOrg['log'], row: number): number {
  return Number(log.cursorAt(row + 1).split('_')[0]);
}
