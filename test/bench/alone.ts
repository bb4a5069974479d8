import { fork } from 'node:child_process';
import { once } from 'node:events';
import { floor } from './floor.ts';
import { limit } from './limit.ts';
import type { Figures } from './meter.ts';
import type { Opened } from './sims.ts';

const kinds = { floor, limit };

/**
 * The floor or the limit in a process of its own. Beside an app, they pay for the app's heap: page buffers make V8 collect
 * often, and each collection walks all that is alive.
 */
export async function alone(kind: keyof typeof kinds, opened: Opened): Promise<Figures> {
  const child = fork(import.meta.filename, [kind, JSON.stringify(opened)], { execArgv: [] });
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`The ${kind} ended by itself.`)));
  const [figures] = (await Promise.race([once(child, 'message'), ended])) as [Figures];
  return figures;
}

if (process.argv[1] === import.meta.filename) {
  const [, , kind, opened = ''] = process.argv;
  process.send?.(await kinds[kind as keyof typeof kinds](JSON.parse(opened) as Opened), () => process.exit(0));
}
