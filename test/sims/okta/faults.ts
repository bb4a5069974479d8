import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, htmlPage, refusal } from './answer.ts';
import type { Place } from './place.ts';

/** What can go wrong with one answer: another answer in its place, a false page, or a fault on the way. */
export type Fault =
  | { kind: 'error'; status: number; code: string; afterMs?: number }
  | { kind: 'html'; status: number }
  | { kind: 'tooMany'; form: 'budget' | 'concurrency'; retryAfter?: string }
  | { kind: 'redirect'; to: string }
  | { kind: 'emptyPage'; next: 'same' | 'missing' | 'new' }
  | { kind: 'shortPage'; events: number }
  | { kind: 'next'; to: (next: string) => string | undefined }
  | { kind: 'body'; body: string }
  | { kind: 'cut'; at: number; contentLength: boolean; reset?: boolean }
  | { kind: 'slow'; firstByteMs?: number; everyMs?: number; pieces?: number }
  | { kind: 'brokenGzip' }
  | { kind: 'reset' }
  | { kind: 'blackHole' };

/**
 * The part of a request by which a fault chooses it. `number` counts the org's requests to the place from 1; `token` is the
 * API token, or the client id where an app calls.
 */
export type Occasion = { number: number; target: string; after: string | undefined; token: string; at: number };

/**
 * A fault, the place it is meant for (the System Log), the requests there (all), and how often it happens (always). At the
 * token endpoint, faults of pages do nothing.
 */
export type FaultRule = { where?: Place; when?: (occasion: Occasion) => boolean; times?: number; do: Fault };

/** The faults of one org, the earliest added first. */
export class Faults {
  #rules: { rule: FaultRule; left: number }[] = [];

  /** Adds a fault; the returned function takes it away again. */
  add(rule: FaultRule): () => void {
    const entry = { rule, left: rule.times ?? Number.POSITIVE_INFINITY };
    this.#rules.push(entry);
    return () => {
      this.#rules = this.#rules.filter((other) => other !== entry);
    };
  }

  /** Takes all faults away. */
  clear(): void {
    this.#rules = [];
  }

  /** The fault that a request to this place meets; rules for another are not asked. */
  meet(place: Place, occasion: Occasion): Fault | undefined {
    const entry = this.#rules.find(({ rule, left }) => {
      return left > 0 && (rule.where ?? 'logs') === place && (rule.when?.(occasion) ?? true);
    });
    if (entry) entry.left -= 1;
    return entry?.rule.do;
  }
}

/** The answer that stands in for the org's own, for faults that do not touch the log at all. */
export function standIn(fault: Fault): Answer | undefined {
  switch (fault.kind) {
    case 'error':
      return refusal(fault.status, fault.code, summaries.get(fault.code) ?? 'Error');
    case 'html':
      return htmlPage(fault.status, titles.get(fault.status) ?? 'Error');
    case 'redirect':
      return { status: 302, headers: { Location: fault.to }, body: Buffer.alloc(0) };
    default:
      return undefined;
  }
}

const summaries = new Map([
  ['E0000004', 'Authentication failed'],
  ['E0000006', 'You do not have permission to perform the requested action'],
  ['E0000007', 'Not found: Resource not found'],
  ['E0000009', 'Internal Server Error'],
  ['E0000010', 'Service is in read only mode'],
  ['E0000011', 'Invalid token provided'],
  ['E0000015', 'You do not have permission to access the feature you are requesting'],
  ['E0000053', 'Invalid filter'],
]);

const titles = new Map([
  [404, 'Page not found'],
  [502, 'Bad Gateway'],
  [503, 'Service Unavailable'],
  [504, 'Gateway Time-out'],
]);

/** Sends the answer, spoilt by the fault where it is one of the way. */
export async function deliver(request: IncomingMessage, response: ServerResponse, answer: Answer, fault?: Fault) {
  switch (fault?.kind) {
    case 'blackHole':
      return;
    case 'reset':
      request.socket.resetAndDestroy();
      return;
    case 'cut':
      return cut(response, answer, fault);
    case 'slow':
      return slowly(response, answer, fault);
    case 'error':
      return slowly(response, answer, { kind: 'slow', firstByteMs: fault.afterMs });
    default:
      response.writeHead(answer.status, { ...answer.headers, 'Content-Length': answer.body.length });
      response.end(answer.body);
  }
}

function cut(response: ServerResponse, answer: Answer, fault: Fault & { kind: 'cut' }): void {
  const part = answer.body.subarray(0, Math.floor(answer.body.length * fault.at));
  const length = fault.contentLength ? { 'Content-Length': answer.body.length } : {};
  response.writeHead(answer.status, { ...answer.headers, ...length });
  if (!fault.contentLength && !fault.reset) {
    // A proxy that lost its upstream ends the body in good order: only the JSON shows that half is missing.
    response.end(part);
    return;
  }
  response.write(part, () => (fault.reset ? response.socket?.resetAndDestroy() : response.socket?.destroy()));
}

async function slowly(response: ServerResponse, answer: Answer, fault: Fault & { kind: 'slow' }): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const pieces = fault.pieces ?? 1;
  const size = Math.ceil(answer.body.length / pieces) || 1;
  await pause(fault.firstByteMs ?? 0, gone.signal);
  if (gone.signal.aborted) return;
  response.writeHead(answer.status, { ...answer.headers, 'Content-Length': answer.body.length });
  for (let at = 0; at < answer.body.length && !gone.signal.aborted; at += size) {
    response.write(answer.body.subarray(at, at + size));
    await pause(fault.everyMs ?? 0, gone.signal);
  }
  response.end();
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms === 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
