import { Random } from '../sims/okta/random.ts';
import { askOddAzure } from './azure.ts';
import { askOddOkta, readOddHeaders, scanOddPage } from './okta.ts';
import { readOddActivity, readOddCommand, readOddForm } from './teams.ts';

/** One kind of what comes from outside: how it is made and read, once in `npm test` (`few`), and in the long run (`many`). */
export type Kind = {
  name: string;
  few: number;
  many: number;
  run(seed: number, index: number): void | Promise<void>;
  /** It waits in between, as the clients do before they ask again: how long one takes says nothing. */
  waits?: true;
};

/** All kinds; what a run throws is a fault of the product. */
export const kinds: readonly Kind[] = [
  { name: 'pages', few: 4_000, many: 1_000_000, run: scanOddPage },
  { name: 'headers', few: 4_000, many: 1_000_000, run: drawn(readOddHeaders) },
  { name: 'activities', few: 2_000, many: 200_000, run: drawn(readOddActivity) },
  { name: 'forms', few: 1_000, many: 200_000, run: drawn(readOddForm) },
  { name: 'commands', few: 1_000, many: 100_000, run: drawn(readOddCommand) },
  { name: 'answers of Okta', few: 500, many: 20_000, run: drawn(askOddOkta) },
  { name: 'answers of Azure', few: 300, many: 5_000, run: drawn(askOddAzure), waits: true },
];

function drawn(run: (random: Random) => void | Promise<void>): Kind['run'] {
  return (seed, index) => run(new Random(seed, index));
}

/** What came of a kind: `faults` by their words, each with the index that makes it again; `slowestMs` of one run, in time of the processor, null where it waits. */
export type Outcome = { name: string; tried: number; faults: Map<string, number>; slowestMs: number | null };

/** Runs one kind so many times from a seed; several at once where they wait. */
export async function fuzz(kind: Kind, { seed, times }: { seed: number; times: number }): Promise<Outcome> {
  const faults = new Map<string, number>();
  let slowestMs = 0;
  let next = 0;
  /** What one run costs, in time of the processor. */
  const cost = async (index: number) => {
    const began = process.cpuUsage();
    try {
      await kind.run(seed, index);
    } catch (error) {
      const words = `${(error as Error).name}: ${(error as Error).message}`.slice(0, 500);
      if (!faults.has(words)) faults.set(words, index);
    }
    return process.cpuUsage(began).user / 1000;
  };
  const work = async () => {
    while (next < times) {
      const index = next++;
      let tookMs = await cost(index);
      // What seems slow is tried again: all threads count, and memory is tidied up at any time.
      for (let again = 0; again < 2 && tookMs > slowestMs; again++) tookMs = Math.min(tookMs, await cost(index));
      // What the machine needs to get going is not meant.
      if (index > 100) slowestMs = Math.max(slowestMs, tookMs);
    }
  };
  await Promise.all(Array.from({ length: kind.waits ? 50 : 1 }, work));
  return { name: kind.name, tried: times, faults, slowestMs: kind.waits ? null : slowestMs };
}
