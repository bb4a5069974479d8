import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/**
 * A part of a bench in a process of its own, so that its time and its memory are not the app's. It is told things, says others, and
 * ends with the process that started it.
 */
export class OwnProcess<Told extends string | object, Said extends { kind: string }> {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;

  private constructor(name: string, child: ChildProcess) {
    this.#name = name;
    this.#child = child;
    this.#ended = once(child, 'exit').then(() => Promise.reject(new Error(`${name} ended by itself.`)));
    this.#ended.catch(() => undefined); // whoever waits for something of it hears of it
  }

  /** Starts a script, which is given `options` as JSON; `name` is what it is called when something is wrong with it. */
  static start<Told extends string | object, Said extends { kind: string }>(
    name: string,
    { script, options }: { script: string; options: object },
  ): OwnProcess<Told, Said> {
    return new OwnProcess(name, fork(script, [JSON.stringify(options)], { execArgv: [], detached: true }));
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  tell(told: Told): void {
    this.#child.send(told);
  }

  /** What it says next, which is to be of this kind. Rejects when it ends before. */
  async said<Kind extends Said['kind']>(kind: Kind): Promise<Extract<Said, { kind: Kind }>> {
    const [said] = (await Promise.race([once(this.#child, 'message'), this.#ended])) as [Said];
    if (said.kind !== kind) throw new Error(`${this.#name} said ${said.kind} instead of ${kind}.`);
    return said as Extract<Said, { kind: Kind }>;
  }

  async close(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended.catch(() => undefined);
  }
}
