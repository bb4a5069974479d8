import { type Cache, openCache } from './cache.ts';
import type { Runtime } from './runtime.ts';

/** Readings from Azure that are under way, or were not waited for, by what they are of. */
export type Readings<T> = Cache<{ read: Promise<T> }>;

/** The longest reading, and how long one is kept that nobody has waited for. */
export const readingMs = 60_000;

/** A cache for readings: what takes longer than Teams waits is read on, and found by whoever asks again within a minute. */
export function openReadings<T>(runtime: Pick<Runtime, 'now'>): Readings<T> {
  return openCache(runtime, { most: 100, keptMs: readingMs });
}

/** The reading by this key that is under way or done; a new one begins where there is none. One that fails is forgotten. */
export function readShared<T>(
  { runtime, readings }: { runtime: Pick<Runtime, 'deadline'>; readings: Readings<T> },
  key: string,
  read: (deadline: AbortSignal) => Promise<T>,
): Promise<T> {
  const known = readings.get(key);
  if (known) return known.read;
  const begun = read(runtime.deadline(readingMs).signal);
  readings.set(key, { read: begun });
  begun.catch(() => {
    if (readings.peek(key)?.read === begun) readings.delete(key);
  });
  return begun;
}
