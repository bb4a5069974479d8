import { mkdirSync } from 'node:fs';
import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { variables } from './config/variables.ts';

// Compiled code is kept from start to start, by each thread: a quicker start, and some thirty megabytes less. Before all else is
// loaded, and in a directory of our own, because whoever can write there decides what runs here.
const { name, fallback } = variables.dataDir;
process.env.NODE_COMPILE_CACHE ||= join(process.env[name]?.trim() || fallback, 'compiled');
if (isOurs(process.env.NODE_COMPILE_CACHE)) enableCompileCache(process.env.NODE_COMPILE_CACHE);
else delete process.env.NODE_COMPILE_CACHE;

try {
  const { start } = await import('./start.ts');
  const { app, log } = await start(process.env);
  flushCompileCache();
  log.info({ port: app.port }, 'Patchbay listens to Teams');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, async () => {
      log.info({ signal }, 'Patchbay is stopping');
      await app.close();
      process.exit(0);
    });
  }
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}

/** Makes the directory, for us alone. One that can't be made, as on a read-only disk, is done without. */
function isOurs(directory: string): boolean {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return true;
  } catch {
    return false;
  }
}
