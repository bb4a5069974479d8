import { fork } from 'node:child_process';
import { once } from 'node:events';
import { floor } from './floor.ts';
import type { Figures } from './meter.ts';
import type { Opened } from './sims.ts';

/**
 * The floor in a process of its own. Beside an app, the floor pays for the app's heap: page buffers make V8 collect often,
 * and each collection walks all that is alive.
 */
export async function floorAlone(opened: Opened): Promise<Figures> {
  const child = fork(import.meta.filename, [JSON.stringify(opened)], { execArgv: [] });
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('The floor ended by itself.')));
  const [figures] = (await Promise.race([once(child, 'message'), ended])) as [Figures];
  return figures;
}

if (process.argv[1] === import.meta.filename) {
  const opened = JSON.parse(process.argv[2] ?? '') as Opened;
  process.send?.(await floor(opened), () => process.exit(0));
}
