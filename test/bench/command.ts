import { parseArgs } from 'node:util';

/**
 * Reads `--name <whole number>` for each of `defaults`, of which `hours` may have a fraction, `--name` for each of `flags`, and
 * `--json`. A wrong option prints the usage and ends with 2.
 */
export function readOptions<Name extends string, Flag extends string = never>(
  script: string,
  defaults: Record<Name, number>,
  flags: Flag[] = [],
): Record<Name, number> & Record<Flag | 'json', boolean> {
  const names = Object.keys(defaults) as Name[];
  const switches = [...flags, 'json'] as const;
  try {
    const options = Object.fromEntries([
      ...names.map((name) => [name, { type: 'string' }] as const),
      ...switches.map((name) => [name, { type: 'boolean' }] as const),
    ]);
    const given = new Map<string, unknown>(Object.entries(parseArgs({ options }).values));
    const numbers = names.map((name) => [name, numberIn(name, given.get(name) ?? String(defaults[name]))]);
    const booleans = switches.map((name) => [name, given.has(name)]);
    return Object.fromEntries([...numbers, ...booleans]) as Record<Name, number> & Record<Flag | 'json', boolean>;
  } catch (error) {
    const usage = [...names.map((name) => `--${name} ${defaults[name]}`), ...switches.map((name) => `--${name}`)];
    const text = usage.map((option) => `[${option}]`).join(' ');
    process.stderr.write(`${(error as Error).message}\nUsage: npm run ${script} -- ${text}\n`);
    process.exit(2);
  }
}

function numberIn(name: string, text: unknown): number {
  if (name === 'hours' && typeof text === 'string' && /^\d{1,3}(\.\d{1,4})?$/.test(text)) return Number(text);
  const number = typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(number)) throw new Error(`--${name} takes a whole number, not "${text}".`);
  return number;
}

/** What a run leaves behind: closed in reverse order at its end, whatever ended it. */
export type Closers = (() => Promise<void>)[];

/**
 * Runs one command and ends the process: with 0 when `work` returns true, else with 1. Ctrl+C and failures, too, close
 * everything first; `signal` then ends what `work` waits for.
 */
export async function run(work: (closers: Closers, signal: AbortSignal) => Promise<boolean>): Promise<never> {
  const closers: Closers = [];
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => stopping.abort(new Error(`Stopped by ${name}.`)));
  }
  const stopped = new Promise<never>((_, fail) => {
    stopping.signal.addEventListener('abort', () => fail(stopping.signal.reason), { once: true });
  });
  let good = false;
  try {
    good = await Promise.race([work(closers, stopping.signal), stopped]);
  } catch (error) {
    stopping.abort(error);
    process.stderr.write(`${stopping.signal.aborted ? (stopping.signal.reason as Error).message : error}\n`);
  }
  for (const close of closers.reverse()) {
    await close().catch((error: unknown) => process.stderr.write(`Could not clean up: ${error}\n`));
  }
  process.exit(good ? 0 : 1);
}

/** A line for people; standard output is for the result. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
