/** So many things, each with one holder at a time; whoever finds none waits in line. */
export class Slots<Thing> {
  readonly #free: Thing[];
  readonly #line: ((thing: Thing) => void)[] = [];

  constructor(things: Thing[]) {
    this.#free = [...things];
  }

  /** Runs `work` while it holds one of them, as soon as one is free; resolves or rejects as `work` does. */
  async hold<T>(work: (thing: Thing) => Promise<T>): Promise<T> {
    const [free] = this.#free;
    const thing = free === undefined ? await new Promise<Thing>((got) => this.#line.push(got)) : free;
    if (free !== undefined) this.#free.shift();
    try {
      return await work(thing);
    } finally {
      const next = this.#line.shift();
      if (next) next(thing);
      else this.#free.push(thing);
    }
  }
}
