import type { Reason } from './reasons.ts';

/** What support needs: the platform's own words and ids. Never holds a credential. */
export type Evidence = {
  status?: number;
  code?: string;
  /** The platform's sentence; foreign text, to be escaped where it is shown. */
  text?: string;
  requestId?: string;
  /** For how long Azure asks to be left alone. */
  retryAfterMs?: number;
  /** The missing Azure action, the span that was re-read, the host: whatever the hint's sentence names. */
  subject?: string;
  /** How many events came between two times (ms since the epoch), and how many are usual there. */
  volume?: { seen: number; usual: number; from: number; to: number };
  /** What has to be granted so that a missing right is there: roles, each on an ARM id, with the actions it is for. */
  grants?: Grant[];
};

/** A role that somebody has to give to the bot's identity. */
export type Grant = { role: string; scope: string; actions: string[] };

/** The one error that can stop a connector; made at the edge, so that nothing inside reads messages or status codes. */
export class ConnectorError extends Error {
  readonly reason: Reason;
  readonly evidence: Evidence;
  /** Since when what was asked for had no good answer: when its first try began, in ms since the epoch; null where nobody noted it. */
  since: number | null = null;
  /** What was asked for may have been done: the answer was lost. */
  lost = false;

  constructor(reason: Reason, evidence: Evidence = {}, cause?: unknown) {
    super(`${reason}${evidence.status ? ` (${evidence.status})` : ''}${evidence.text ? `: ${evidence.text}` : ''}`, {
      cause,
    });
    this.name = 'ConnectorError';
    this.reason = reason;
    // Foreign text: PostgreSQL takes no NUL, and a verdict must always be written.
    this.evidence = Object.fromEntries(
      Object.entries(evidence).map(([name, value]) => [
        name,
        typeof value === 'string' ? value.replaceAll('\0', '') : value,
      ]),
    );
  }
}

/** An error as it can cross between threads, where classes and an error's own properties stay behind. */
export type CrossingError =
  | { kind: 'connector'; reason: Reason; evidence: Evidence }
  | { kind: 'bug'; name: string; message: string; stack: string | undefined; code: string | undefined };

/** What is sent in place of an error, whatever was thrown. Never throws. */
export function packError(error: unknown): CrossingError {
  if (error instanceof ConnectorError) return { kind: 'connector', reason: error.reason, evidence: error.evidence };
  const { name, message, stack, code }: NodeJS.ErrnoException =
    error instanceof Error ? error : new Error(String(error));
  return { kind: 'bug', name, message, stack, code: typeof code === 'string' ? code : undefined };
}

/** The error on the other side: a ConnectorError again, or an error that reads, in a log, as it did where it was thrown, with its code. */
export function unpackError(crossed: CrossingError): Error {
  if (crossed.kind === 'connector') return new ConnectorError(crossed.reason, crossed.evidence);
  const { name, message, stack, code } = crossed;
  return Object.assign(new Error(message), { name, stack, ...(code && { code }) });
}
