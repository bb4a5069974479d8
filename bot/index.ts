import { mkdirSync } from 'node:fs';
import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';

// Before all else is loaded, which takes seconds: the first process of a container hears of a signal only by a handler. While
// nothing is open, nothing has to be closed.
const stopping = new AbortController();
let loaded = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => (loaded ? stopping.abort(signal) : process.exit(0)));
}

// Compiled code is kept from start to start, by each thread: a quicker start, and some thirty megabytes less. In a directory of
// our own, because whoever can write there decides what runs here.
const { variables } = await import('./config/variables.ts');
const { ownershipFault } = await import('../ingestion/runtime/trusted.ts');
const { name, fallback } = variables.dataDir;
process.env.NODE_COMPILE_CACHE ||= join(process.env[name]?.trim() || fallback, 'compiled');
if (isOurs(process.env.NODE_COMPILE_CACHE)) enableCompileCache(process.env.NODE_COMPILE_CACHE);
else delete process.env.NODE_COMPILE_CACHE;

// What Node would say in words of its own, whoever's code is loaded, is a line of the log; of threads, it says nothing.
process.env.NODE_NO_WARNINGS = '1';
const { openLog } = await import('../ingestion/runtime/log.ts');
const log = openLog('info');
process.removeAllListeners('warning').on('warning', (warning) => log.warn({ err: warning }, 'Node warns'));
process.on('uncaughtException', (error) => {
  log.fatal({ err: error }, 'Patchbay ends by a mistake of its own');
  process.exit(1);
});

const { run } = await import('./start.ts');
loaded = true;
process.exit(await run(process.env, { log, stopping: stopping.signal, started: flushCompileCache }));

/** Makes the directory, for us alone. One that can't be made, as on a read-only disk, or that others may write, is done without. */
function isOurs(directory: string): boolean {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return ownershipFault(directory) === null;
  } catch {
    return false;
  }
}
