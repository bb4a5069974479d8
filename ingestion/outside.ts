import { createDefaultHttpClient } from '@azure/core-rest-pipeline';
import type { Outside } from './world.ts';

/** Time and network as they are. */
export function openOutside(): Outside {
  return { now: Date.now, sleep, http: createDefaultHttpClient() };
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((done, fail) => {
    signal?.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      fail(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      done();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
