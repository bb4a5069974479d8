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
  /** What has to be granted so that a missing right is there: roles, each on an ARM id, with the actions it is for. */
  grants?: Grant[];
};

/** A role that somebody has to give to the bot's identity. */
export type Grant = { role: string; scope: string; actions: string[] };

/** The one error that can stop a connector; made at the edge, so that nothing inside reads messages or status codes. */
export class ConnectorError extends Error {
  readonly reason: Reason;
  readonly evidence: Evidence;

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

/**
 * The fault of the network in between that stands in an error, or in the words of one: the SDK of identities, and the border
 * between threads, let nothing but a message through. Null when there is none.
 */
export function inBetween(error: unknown): ConnectorError | null {
  if (error instanceof ConnectorError) return error;
  const told =
    /(proxy-refused|certificate-unknown|azure-unreachable)(?: \((\d+)\))?: (.{1,200}? for ([\w.:-]+\w))/.exec(
      String(error),
    );
  if (!told) return null;
  const [, reason, status, text = '', subject = ''] = told;
  return new ConnectorError(reason as Reason, { ...(status && { status: Number(status) }), text, subject }, error);
}
