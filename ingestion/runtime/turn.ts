import { setImmediate } from 'node:timers/promises';

/** Resolves when everything has run that can run now: what belongs together is then there. */
export async function endOfTurn(): Promise<void> {
  await setImmediate();
}
