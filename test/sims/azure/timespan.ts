const duration =
  /^P(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i;
const units = [7 * 86_400_000, 86_400_000, 3_600_000, 60_000, 1000];

/** The interval that a query's `timespan` means: a duration up to now, `start/end`, `start/duration` or `duration/end`; null if it is none. */
export function readTimespan(text: string, now: number): { from: number; to: number } | null {
  const [first = '', second] = text.split('/');
  if (second === undefined) {
    const length = readDuration(first);
    return length === null ? null : { from: now - length, to: now };
  }
  const firstLength = readDuration(first);
  const secondLength = readDuration(second);
  const start = Date.parse(first);
  const end = Date.parse(second);
  if (firstLength !== null && !Number.isNaN(end)) return { from: end - firstLength, to: end };
  if (Number.isNaN(start)) return null;
  if (secondLength !== null) return { from: start, to: start + secondLength };
  return Number.isNaN(end) ? null : { from: start, to: end };
}

function readDuration(text: string): number | null {
  const match = duration.exec(text);
  if (!match || /^PT?$/i.test(text)) return null;
  return units.reduce((sum, unit, index) => sum + Number(match[index + 1] ?? 0) * unit, 0);
}
