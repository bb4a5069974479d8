/** A time of day at a place: "08:00" on the clocks of an IANA zone such as "Europe/Berlin". */
export type LocalTime = { time: string; zone: string };

/** The time zone by the name that a client sent, if it is one; else UTC. */
export function zoneFrom(name: unknown): string {
  if (typeof name !== 'string') return 'UTC';
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    // A name that Intl does not know is as good as none.
    return 'UTC';
  }
}

/** "8:00", "08.00", "8 am", "0800" or "8" as "08:00"; null for what is no time of day. */
export function timeFrom(text: string): string | null {
  const found = /^(\d{1,2})(?:[:.h]?(\d{2}))?\s*(?:([ap])\.?m\.?)?$/i.exec(text.trim());
  if (!found) return null;
  const [, hours = '', minutes = '00', half] = found;
  const twelve = half ? (Number(hours) % 12) + (half.toLowerCase() === 'p' ? 12 : 0) : Number(hours);
  if (twelve > 23 || Number(minutes) > 59 || (half && (Number(hours) < 1 || Number(hours) > 12))) return null;
  return `${String(twelve).padStart(2, '0')}:${minutes}`;
}

const dayMs = 86_400_000;

/**
 * The first moment after `after` (ms since the epoch) at which the clocks of the zone show this time. A time that the change
 * to summer time leaves out comes as much later; one that comes twice in autumn counts once, the first time.
 */
export function nextAt({ time, zone }: LocalTime, after: number): number {
  const wall = wallClock(zone, after);
  const midnight = wall - (wall % dayMs);
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  const sinceMidnight = (hours * 60 + minutes) * 60_000;
  for (let day = midnight - dayMs; ; day += dayMs) {
    const at = momentOf(zone, day + sinceMidnight);
    if (at > after) return at;
  }
}

/** When the quiet hours from one time of day to another end, if `now` lies in them; else null. Both times are of one zone. */
export function quietUntil({ from, to, zone }: { from: string; to: string; zone: string }, now: number): number | null {
  const end = nextAt({ time: to, zone }, now);
  return end <= nextAt({ time: from, zone }, now) ? end : null;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** What the clocks of the zone show at `at`, as the milliseconds at which those of UTC show the same. */
function wallClock(zone: string, at: number): number {
  const format = formats.get(zone) ?? new Intl.DateTimeFormat('en', { ...numbers, timeZone: zone });
  formats.set(zone, format);
  const part = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const [year = 0, month = 1, day, hour, minute, second] = order.map((type) => part.get(type));
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

const order = ['year', 'month', 'day', 'hour', 'minute', 'second'] as const;
const numbers: Intl.DateTimeFormatOptions = {
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
  hourCycle: 'h23',
};

/** The first moment at which the clocks of the zone show `wall`; in a gap, as long after it as `wall` lies in it. */
function momentOf(zone: string, wall: number): number {
  const offsets = [wall - dayMs, wall + dayMs].map((near) => wallClock(zone, near) - near);
  const fitting = offsets.map((offset) => wall - offset).filter((at) => wallClock(zone, at) === wall);
  return fitting.length > 0 ? Math.min(...fitting) : wall - (offsets[0] ?? 0);
}
