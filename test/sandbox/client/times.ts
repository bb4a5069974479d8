const time = new Intl.DateTimeFormat('en-US', { hour: 'numeric', minute: '2-digit' });
const date = new Intl.DateTimeFormat('en-US', { month: 'numeric', day: 'numeric' });
const weekday = new Intl.DateTimeFormat('en-US', { weekday: 'long', month: 'long', day: 'numeric' });
const full = new Intl.DateTimeFormat('en-US', { weekday: 'short', month: 'short', day: 'numeric' });
const seconds = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** The time of a message as Teams writes it: the date only when it is another day. */
export function clockTime(at: number, now: number): string {
  return sameDay(at, now) ? time.format(at) : `${date.format(at)} ${time.format(at)}`;
}

/** The time in a list: the clock today, the date before. */
export function shortTime(at: number, now: number): string {
  return sameDay(at, now) ? time.format(at) : date.format(at);
}

/** The line between days. */
export function dayOf(at: number, now: number): string {
  if (sameDay(at, now)) return 'Today';
  return sameDay(at, now - 86_400_000) ? 'Yesterday' : weekday.format(at);
}

/** The panel's clock. */
export function panelTime(at: number): { day: string; clock: string } {
  return { day: full.format(at), clock: seconds.format(at) };
}

/** Whether two times fall on one day here. */
export function sameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}
