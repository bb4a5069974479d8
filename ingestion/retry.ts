import type { ConnectorError } from './errors.ts';
import { factsOf } from './reasons.ts';

/** How often, and how long apart, something is tried again. */
export type RetryPolicy = {
  /** Tries in all, the first among them; without an end where nobody waits for it. */
  tries: number;
  /** The wait before the second try, in milliseconds; it doubles from try to try, up to `capMs`. */
  baseMs: number;
  capMs: number;
  /** The part of each wait that is left to chance, 0 to 1: with 0.5 it lies between a half and the whole. */
  jitter: number;
  /** The longest wait that a Retry-After may ask for, in milliseconds; 0: it is not heeded. */
  retryAfterCapMs: number;
  /** The time for all tries but the last, waits included, in milliseconds: what hangs is not asked again and again. */
  withinMs?: number;
};

const never = Number.POSITIVE_INFINITY;
const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** All the policies there are, each named for what is tried again. */
export const retryPolicies = {
  /** A page of the System Log, within a poll. Okta's own waits are the rate budget's affair. */
  oktaPage: { tries: 3, baseMs: 2 * second, capMs: 4 * second, jitter: 1, retryAfterCapMs: 0, withinMs: 30 * second },
  /** An access token of an org, while a poll waits for it. */
  oktaToken: { tries: 3, baseMs: second, capMs: 2 * second, jitter: 1, retryAfterCapMs: 0, withinMs: 15 * second },
  /** An upload that was not taken, and may be later, within a poll: one that wants a longer wait gets it between polls. */
  upload: {
    tries: 4,
    baseMs: second,
    capMs: 4 * second,
    jitter: 0.5,
    retryAfterCapMs: 30 * second,
    withinMs: 30 * second,
  },
  /** One event sent alone, to learn whether answers come again: within a poll, and between polls. */
  alone: { tries: never, baseMs: second, capMs: 5 * minute, jitter: 0.5, retryAfterCapMs: 0 },
  /** A secret of the vault, while a poll or a person waits. */
  vault: { tries: 2, baseMs: 300, capMs: 300, jitter: 2 / 3, retryAfterCapMs: 0 },
  /** A secret that is being deleted and can't be purged yet. */
  purge: { tries: 15, baseMs: second, capMs: second, jitter: 0, retryAfterCapMs: 0 },
  /** A step of provisioning, or health records, stopped by what passes by itself … */
  passing: { tries: never, baseMs: 15 * second, capMs: 5 * minute, jitter: 0, retryAfterCapMs: hour },
  /** … or by what somebody has to mend. */
  mended: { tries: never, baseMs: minute, capMs: 15 * minute, jitter: 0, retryAfterCapMs: hour },
  /** Health records whose answer was lost, so that they may stand there: three copies an hour at most, eight a day. */
  lostRecords: { tries: never, baseMs: 15 * minute, capMs: 6 * hour, jitter: 0, retryAfterCapMs: 0 },
  /** An upgrade: whatever is wrong, the connector runs on as it was. */
  upgrade: { tries: never, baseMs: minute, capMs: hour, jitter: 0, retryAfterCapMs: 0 },
  /** A card that Teams does not take. Teams' own waits are heeded up to half a day. */
  card: { tries: never, baseMs: 2.5 * second, capMs: 15 * minute, jitter: 0.4, retryAfterCapMs: 12 * hour },
  /** The answer to somebody who waits for it. */
  answer: { tries: 5, baseMs: second / 2, capMs: 2 * second, jitter: 0.4, retryAfterCapMs: 5 * second },
} as const satisfies Record<string, RetryPolicy>;

/**
 * The wait after the `attempt`th try (from 1), in milliseconds: what the other side asked for, where the policy heeds it, at
 * least a second; else the policy's own. `chance`, 0 to 1, is drawn anew for each.
 */
export function waitMs(
  policy: RetryPolicy,
  attempt: number,
  { askedMs = null, chance = Math.random() }: { askedMs?: number | null; chance?: number } = {},
): number {
  if (askedMs !== null && policy.retryAfterCapMs > 0)
    return Math.min(Math.max(askedMs, second), policy.retryAfterCapMs);
  const whole = Math.min(policy.baseMs * 2 ** (attempt - 1), policy.capMs);
  return Math.round(whole * (1 - policy.jitter * chance));
}

/** The wait after the `attempts`th failure of what nobody waits for: soon when it passes by itself, else seldom. */
export function pauseMs(
  { reason, evidence, lost = false }: Pick<ConnectorError, 'reason' | 'evidence'> & Partial<ConnectorError>,
  attempts: number,
): number {
  const wrong = factsOf(reason).passes ? retryPolicies.passing : retryPolicies.mended;
  const policy = lost ? retryPolicies.lostRecords : wrong;
  return waitMs(policy, attempts, { askedMs: evidence.retryAfterMs ?? null });
}

/** How `retrying` waits, by what it counts the time that tries take, and what ends the waiting. */
export type Waiting = {
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  deadline(ms: number): { leftMs(): number };
  signal: AbortSignal;
  /** Where further tries are counted. */
  metrics: { retries: { inc(labels: { of: string }): void } };
};

/**
 * Runs `work`, with the number of its try from 1, until it gives an answer. `again` says of a fault whether another try may
 * help (null: no), and what wait was asked for. Rejects with the last fault: also where the next try would begin when the time
 * of the policy is over, so that silence takes one try and no more, and when `signal` aborts while it waits.
 */
export async function retrying<T>(
  policy: RetryPolicy,
  { sleep, deadline, signal, metrics }: Waiting,
  { work, again }: { work(attempt: number): Promise<T>; again(fault: unknown): { askedMs?: number | null } | null },
): Promise<T> {
  const { tries, withinMs = null } = policy;
  let spentMs = 0;
  for (let attempt = 1; ; attempt++) {
    const time = withinMs === null ? null : deadline(withinMs);
    try {
      return await work(attempt);
    } catch (fault) {
      const asked = attempt < tries && !signal.aborted ? again(fault) : null;
      if (!asked) throw fault;
      const wait = waitMs(policy, attempt, asked);
      if (withinMs !== null && time) spentMs += withinMs - time.leftMs() + wait;
      if (withinMs !== null && spentMs >= withinMs) throw fault;
      const rested = await sleep(wait, signal).then(
        () => true,
        () => false,
      );
      if (!rested) throw fault;
      metrics.retries.inc({ of: nameOf(policy) });
    }
  }
}

function nameOf(policy: RetryPolicy): string {
  return Object.entries(retryPolicies).find(([, known]) => known === policy)?.[0] ?? 'other';
}

/**
 * What a Retry-After header asks for, in milliseconds from `now`: seconds or a date (RFC 9110, 10.2.3). Null when it is
 * missing or neither.
 */
export function retryAfterMs(header: string | null | undefined, now: number): number | null {
  const text = header?.trim();
  if (!text) return null;
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * second : Date.parse(text) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}
