import { endOfTurn } from './turn.ts';

type Waiting<T, R> = { item: T; done(result: R): void; fail(error: unknown): void };

/**
 * What many ask for one by one, done in groups: whoever asks while one is under way goes with the next, so that nobody waits
 * who is alone, and a crowd costs little more than one.
 */
export class Batch<T, R> {
  readonly #run: (items: T[]) => Promise<R[]>;
  readonly #most: number;
  #waiting: Waiting<T, R>[] = [];
  #underWay = false;

  /** `run` does a group of at most `most` and gives a result for each, in their order; what it throws is thrown to each. */
  constructor(run: (items: T[]) => Promise<R[]>, most = 200) {
    this.#run = run;
    this.#most = most;
  }

  /** Does one with whatever is asked for at the same time. Rejects with what its group has failed with. */
  do(item: T): Promise<R> {
    return new Promise((done, fail) => {
      this.#waiting.push({ item, done, fail });
      if (!this.#underWay) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#underWay = true;
    // Those who ask in this turn are together.
    await endOfTurn();
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, this.#most);
      try {
        const results = await this.#run(group.map(({ item }) => item));
        for (const [index, { done }] of group.entries()) done(results[index] as R);
      } catch (error) {
        for (const { fail } of group) fail(error);
      }
    }
    this.#underWay = false;
  }
}
