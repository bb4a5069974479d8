import type { ServerResponse } from 'node:http';

/** Says that somebody is kept waiting on purpose, until the returned function is called; see `patience.ts`. */
export type Hold = () => () => void;

/** Nobody counts how long somebody waits. */
export const unheeded: Hold = () => () => undefined;

/** Keeps whoever asked waiting until they have their answer, or give up. */
export function keepWaiting(response: ServerResponse, hold: Hold): void {
  response.once('close', hold());
}
