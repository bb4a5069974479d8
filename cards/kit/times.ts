/** A time as the macros of Adaptive Cards want it: without milliseconds. */
function iso(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/**
 * The time of day at `ms` since the epoch, which each reader's client shows in local time
 * (learn.microsoft.com/adaptive-cards/authoring-cards/text-features).
 */
export function clock(ms: number): string {
  return `{{TIME(${iso(ms)})}}`;
}

/** Date and time of day at `ms` since the epoch, in each reader's local time. */
export function moment(ms: number): string {
  return `{{DATE(${iso(ms)}, SHORT)}}, ${clock(ms)}`;
}

/** "14:05 UTC" of `ms` since the epoch, for texts in which no client fills in local time: notifications. */
export function utc(ms: number): string {
  return `${iso(ms).slice(11, 16)} UTC`;
}

const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });

/** "29 Nov 2026" of `ms` since the epoch, in UTC: for texts in which no client fills in local time. */
export function utcDay(ms: number): string {
  return day.format(ms);
}

/** "2026-03-02 14:05 UTC" of `ms` since the epoch: for whoever compares a time with what other systems say. */
export function utcMoment(ms: number): string {
  return `${iso(ms).slice(0, 10)} ${utc(ms)}`;
}

/** "Mon 30 Nov 08:00" on the clocks of an IANA zone, for texts in which no client fills in local time. */
export function shownIn(zone: string, at: number): string {
  const parts = { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' } as const;
  return new Intl.DateTimeFormat('en-GB', { ...parts, timeZone: zone }).format(at).replaceAll(',', '');
}

/** How long something of `ms` lasted, in its two largest units: "less than a minute", "12 minutes", "3 hours 5 minutes", "2 days 4 hours". */
export function duration(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return 'less than a minute';
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24];
  return inWords(days > 0 ? { days, hours } : { hours, minutes: minutes % 60 });
}

/** How often something happens, from whole seconds: "Every 10 seconds", "Every minute", "Every 15 minutes". */
export function every(seconds: number): string {
  const words = inWords(seconds % 60 === 0 ? { minutes: seconds / 60 } : { seconds });
  return `Every ${words.replace(/^1 /, '')}`;
}

const long = new Intl.DurationFormat('en', { style: 'long' });

/** Of whole numbers; what is zero is left out, and so is the comma after the first unit. */
function inWords(parts: Partial<Record<Intl.DurationFormatUnit, number>>): string {
  return long.format(parts).replaceAll(',', '');
}

/** The age of something, both times in ms since the epoch, in one short word group: "just now", "12 min ago", "3 h ago", "2 d ago". */
export function age(since: number, now: number): string {
  const minutes = Math.floor((now - since) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h ago` : `${Math.floor(minutes / 1440)} d ago`;
}
