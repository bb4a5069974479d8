/** How long something may take: `signal` aborts when the time is over, `leftMs` is what is left of it, never below 0. */
export type Deadline = { signal: AbortSignal; leftMs(): number };

/** Milliseconds by the machine's own clock, which never jumps: good for what has passed between two looks at it. */
export const machineMs = () => performance.now();

/** A deadline by the machine's own clock, which never jumps. It keeps no process alive. */
export function realDeadline(ms: number): Deadline {
  const until = performance.now() + ms;
  return { signal: AbortSignal.timeout(Math.round(ms)), leftMs: () => Math.max(0, until - performance.now()) };
}

/**
 * What was asked, or the error of `late` when the deadline comes first: for what listens to no signal, such as a token that
 * the SDK asks for, or to another one, such as what others have asked for too. The work goes on, unheeded.
 */
export function raced<T>(asked: Promise<T>, { signal }: Pick<Deadline, 'signal'>, late: () => Error): Promise<T> {
  return new Promise((done, fail) => {
    const over = () => fail(late());
    if (signal.aborted) over();
    signal.addEventListener('abort', over, { once: true });
    asked.then(done, fail).finally(() => signal.removeEventListener('abort', over));
  });
}

/** Whether the work came to an end, good or bad, before the deadline; else it goes on, unheeded. Never rejects. */
export function endsWithin(work: Promise<unknown>, deadline: Pick<Deadline, 'signal'>): Promise<boolean> {
  const ended = work.then(
    () => true,
    () => true,
  );
  return raced(ended, deadline, () => new Error('late')).catch(() => false);
}
