import { LRUCache } from 'lru-cache';

/** What is kept by name for a while: the package's own cache, whose members are documented there. */
export type Cache<Value extends object> = LRUCache<string, Value>;

/**
 * A cache of at most `most` values, the one that was used least lately out first; each is kept for `keptMs` milliseconds of
 * the runtime's time, and for ever without. Caches are made where the process, or a thread of it, begins.
 */
export function openCache<Value extends object>(
  { now }: { now(): number },
  { most, keptMs = 0 }: { most: number; keptMs?: number },
): Cache<Value> {
  return new LRUCache<string, Value>({ max: most, ttl: keptMs, ttlResolution: 0, perf: { now } });
}
