/** Where the machine's own clock may be read and waited by: at the bottom, and by the server that runs beside the app. */
const atHome = /^ingestion\/(runtime\/|store\/embedded\.ts$)/;

// `new Date(time)` tells a time that is given; without one it reads the clock.
const readings =
  /\bDate\.now\b|\bDate\(\)|\bperformance\.(now|timeOrigin)\b|\bset(Timeout|Interval|Immediate)\b|\bAbortSignal\.timeout\b|timers\/promises|\bprocess\.(hrtime|uptime)\b|\bAtomics\.wait/g;

/** Every place in these texts, by file, at which the machine's own clock is read or waited by where it may not be. */
export function clockReadings(texts: ReadonlyMap<string, string>): string[] {
  return [...texts].flatMap(([file, text]) =>
    atHome.test(file) ? [] : [...text.matchAll(readings)].map(([found]) => `${file}: ${found}`),
  );
}
