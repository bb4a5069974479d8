import { readOptions, run, say } from '../bench/command.ts';
import { fuzz, kinds } from './kinds.ts';

/** `kind`: the place of one in the list, from 1; 0 for all. */
const { seed, percent, kind: only, json } = readOptions('fuzz', { seed: 1, percent: 100, kind: 0 });

/** Nobody who waits for an answer may be kept so long by what somebody else has sent. */
const slowMs = 100;

await run(async (_, signal) => {
  const outcomes = [];
  for (const kind of only === 0 ? kinds : kinds.slice(only - 1, only)) {
    signal.throwIfAborted();
    const outcome = await fuzz(kind, { seed, times: Math.ceil((kind.many * percent) / 100) });
    const { name, tried, faults, slowestMs } = outcome;
    say(`${name}: ${tried} tried, ${faults.size} kinds of fault, slowest ${slowestMs?.toFixed(1) ?? '–'} ms`);
    for (const [words, index] of faults) say(`  seed ${seed}, index ${index}: ${words}`);
    outcomes.push({ ...outcome, faults: [...faults.keys()] });
  }
  const good = outcomes.every(({ faults, slowestMs }) => faults.length === 0 && (slowestMs ?? 0) < slowMs);
  if (json) process.stdout.write(`${JSON.stringify({ seed, good, outcomes })}\n`);
  return good;
});
