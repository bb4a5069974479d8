import { LRUCache } from 'lru-cache';

/** What is kept by name for a while: the package's own cache, whose members are documented there. */
export type Cache<Value extends object> = LRUCache<string, Value>;

/** How much a cache holds: so many values, or so many bytes of them. */
type Most<Value> = { most: number } | { mostBytes: number; bytesOf(value: Value): number };

/**
 * A cache of at most so much, the value that was used least lately out first; each is kept for `keptMs` milliseconds of
 * the runtime's time, and for ever without. Caches are made where the process, or a thread of it, begins.
 */
export function openCache<Value extends object>(
  { now }: { now(): number },
  { keptMs = 0, ...limit }: Most<Value> & { keptMs?: number },
): Cache<Value> {
  const size =
    'most' in limit ? { max: limit.most } : { maxSize: Math.floor(limit.mostBytes), sizeCalculation: limit.bytesOf };
  return new LRUCache<string, Value>({ ...size, ttl: keptMs, ttlResolution: 0, perf: { now } });
}
