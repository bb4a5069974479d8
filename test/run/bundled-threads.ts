import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isMainThread } from 'node:worker_threads';

// Loaded first by each process of a run, and so by each thread that one of them starts. Where programs are taken from a bundle,
// a thread of polls is too: to load it file by file is most of what it takes to start.

const { TEST_BUNDLE: place } = process.env;
const root = join(import.meta.dirname, '../..');
const names = { 'ingestion/sync/worker-thread.ts': 'worker-thread', 'test/sims/network.ts': 'simulated-network' };

if (place && !isMainThread) {
  const at = (...path: string[]) => pathToFileURL(join(...path)).href;
  const bundled = new Map(
    Object.entries(names).map(([file, name]) => [at(root, file), at(place, 'tests', `${name}.mjs`)]),
  );
  registerHooks({
    resolve(specifier, context, next) {
      const url = bundled.get(specifier);
      return url ? { url, format: 'module', shortCircuit: true } : next(specifier, context);
    },
  });
}
