import type { Checkpoint } from '../connector/checkpoint.ts';
import type { Connector } from '../connector/connector.ts';
import type { PollResult } from '../connector/poll-result.ts';
import type { Tally } from '../connector/statistics.ts';
import { ConnectorError } from '../errors.ts';
import type { Authorization } from '../okta/authorization.ts';
import type { BufferPool } from '../okta/buffer-pool.ts';
import { aheadOf, storable } from '../okta/event-fields.ts';
import { PageError, type PageEvent, scanPage } from '../okta/page-scanner.ts';
import type { OrgBudget } from '../okta/rate-budget.ts';
import { fetchPage, firstUrl, type OktaAnswer, pageSize } from '../okta/system-log.ts';
import { factsOf } from '../reasons.ts';
import { retrying, retryPolicies } from '../retry.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { watermarkSample } from './dedup-window.ts';
import type { Delivery } from './delivery.ts';
import { countCut } from './truncation.ts';

/** A poll reads for so long at most; what it has read it delivers. */
const pollMs = 60_000;
/** When a link is refused, this much is read again from before what is known to be delivered: clocks differ, events come late. */
const overlapMs = 10 * 60_000;
/** Okta keeps 90 days and refuses to look back much further. */
const longestLookBackMs = 89 * 86_400_000;
/** A short page usually means that there is no more, unless its events are older than this. */
const farBehindMs = 5 * 60_000;

/** One reading of the log: with what, whose, from where, and what comes of it. `signal` ends a page that nobody waits for. */
export type Reading = {
  runtime: Runtime;
  memory: BufferPool;
  budget: OrgBudget;
  tally: Tally;
  connector: Connector;
  authorization: Authorization;
  checkpoint: Checkpoint;
  delivery: Delivery;
  poll: PollResult;
  signal: AbortSignal;
  closing: AbortSignal;
};

/**
 * Reads the log page after page and hands each to the delivery, until the poll is caught up, out of budget or out of time;
 * what it learns goes into `poll`. Throws ConnectorError with what stopped it, and the reason of `closing`.
 */
export async function readPages(run: Reading): Promise<void> {
  const { runtime, memory, poll, delivery, closing } = run;
  closing.throwIfAborted();
  const deadline = runtime.now() + pollMs;
  let url = run.checkpoint.nextUrl ?? startUrl(run, run.checkpoint.since);
  let coming: Promise<Read> | null = null;
  try {
    while (!poll.caughtUp && poll.waitMs === null && !closing.aborted && runtime.now() < deadline) {
      const read: Read = await (coming ?? readPatiently(run, url)).catch((error: unknown) => reanchor(run, error));
      coming = null;
      if (read.kind === 'limited') {
        poll.waitMs = read.waitMs;
        return;
      }
      const { events } = read;
      const newest = newestOf(events, runtime.now());
      poll.toCome = toComeOf(events, runtime.now(), poll.toCome);
      poll.served += events.length;
      poll.cut += countCut(read.body, events);
      poll.caughtUp = isLast(events.length, { sameUrl: read.nextUrl === url, newest, now: runtime.now() });
      const asked = url;
      url = read.nextUrl;
      const { body, serverTime } = read;
      const idleAt = events.length === 0 || url === asked ? serverTime : null;
      await delivery.deliver({ body, events, nextUrl: url, newest, idleAt, times: timesOf(events), serverTime });
      // The next page is fetched while this one is uploaded. What goes wrong with it is looked at when its turn comes.
      if (!poll.caughtUp) coming = quietly(delivery.room().then(() => readPatiently(run, read.nextUrl)));
    }
  } finally {
    // Nobody will read it.
    coming?.then(
      (read) => read.kind === 'page' && memory.give(read.body),
      () => undefined,
    );
  }
}

/** Whoever awaits it still gets its error; until then it must not count as one that nobody handles. */
function quietly<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined); // whoever awaits it handles it
  return promise;
}

function startUrl({ connector, runtime }: Reading, since: number): string {
  return firstUrl(connector.domain, Math.max(since, runtime.now() - longestLookBackMs));
}

type Read = Exclude<OktaAnswer, { kind: 'page' }> | (Extract<OktaAnswer, { kind: 'page' }> & { events: PageEvent[] });

/**
 * When Okta refuses the stored link, reading begins again once, a little before what is known to be delivered; what was
 * delivered since then is dropped when it comes again. A second refusal ends the poll.
 */
async function reanchor(run: Reading, error: unknown): Promise<Read> {
  const { poll, checkpoint, delivery } = run;
  if (!(error instanceof ConnectorError) || error.reason !== 'cursor-refused' || poll.rereadFrom !== null) throw error;
  await delivery.drain();
  poll.rereadFrom = checkpoint.since - overlapMs;
  return readPatiently(run, startUrl(run, poll.rereadFrom));
}

/** A passing fault, a cut-off page too, is tried again in this poll; the cursor does not move. */
function readPatiently(run: Reading, url: string): Promise<Read> {
  const { runtime, signal } = run;
  const begunAt = runtime.now();
  return retrying(
    retryPolicies.oktaPage,
    { ...runtime, signal },
    {
      work: (attempt) => readOnce(run, url, attempt),
      again: (fault) => (fault instanceof ConnectorError && factsOf(fault.reason).passes ? {} : null),
    },
  ).catch((fault: unknown) => {
    // A page that is given up because the app stops says nothing of Okta.
    signal.throwIfAborted();
    if (fault instanceof ConnectorError) fault.since = begunAt;
    throw fault;
  });
}

/** One call, if there is room for its page and the budget has one left. */
async function readOnce(run: Reading, url: string, attempt: number): Promise<Read> {
  const { runtime, memory, budget, tally, connector, authorization, signal } = run;
  await memory.room(signal);
  const waitMs = await budget.take();
  if (waitMs > 0) return { kind: 'limited', waitMs, evidence: {} };
  tally.oktaCalls++;
  if (attempt > 1) tally.retries++;
  const answer = await fetchPage(runtime, { domain: connector.domain, authorization, url, signal, memory });
  if (answer.kind === 'page') return takeIn(run, answer);
  await budget.close(answer.waitMs);
  return answer;
}

/** What a page says of the budget, and its events; a body that is no page is given back. */
function takeIn({ budget, memory, poll }: Reading, page: Extract<OktaAnswer, { kind: 'page' }>): Read {
  if (page.budget) budget.learn(page.budget);
  try {
    const fields = new Set(poll.newFields);
    const events = scanPage(page.body, fields);
    poll.newFields = [...fields];
    return { ...page, events };
  } catch (error) {
    memory.give(page.body);
    if (error instanceof PageError) throw new ConnectorError('okta-answer-unusable', { text: error.message }, error);
    throw error;
  }
}

/** The times of a page's last events. */
function timesOf(events: PageEvent[]): number[] {
  return events
    .slice(-watermarkSample)
    .map(({ published }) => Date.parse(published))
    .filter(Number.isFinite);
}

const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** The newest `published` of a page, which need not be its last; never later than now, nor of an event of a time to come. */
function newestOf(events: PageEvent[], now: number): number | null {
  const limit = aheadOf(now);
  let newest = '';
  for (const { published } of events)
    if (published > newest && published <= limit && isTime.test(published)) newest = published;
  const time = Date.parse(newest);
  return Number.isFinite(time) ? Math.min(time, now) : null;
}

function toComeOf(events: PageEvent[], now: number, before: PollResult['toCome']): PollResult['toCome'] {
  const limit = aheadOf(now);
  const odd = events.filter(({ published }) => published > limit && isTime.test(published));
  const [first] = odd;
  if (!first) return before;
  return { events: odd.length + (before?.events ?? 0), uuid: before?.uuid ?? storable(first.uuid) };
}

function isLast(
  count: number,
  { sameUrl, newest, now }: { sameUrl: boolean; newest: number | null; now: number },
): boolean {
  if (count === 0 || sameUrl) return true;
  return count < pageSize && (newest === null || now - newest < farBehindMs);
}
