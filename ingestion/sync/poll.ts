import type pg from 'pg';
import { LogsIngestion } from '../azure/logs-ingestion.ts';
import { type Checkpoint, readDelivered, takeCheckpoint } from '../connector/checkpoint.ts';
import { type Connector, goneOf } from '../connector/connector.ts';
import { isStillAt } from '../connector/connectors.ts';
import type { PollResult } from '../connector/poll-result.ts';
import { emptyTally, type Tally } from '../connector/statistics.ts';
import { ConnectorError } from '../errors.ts';
import type { BufferPool } from '../okta/buffer-pool.ts';
import { PageError, type PageEvent, scanPage } from '../okta/page-scanner.ts';
import { OrgBudget } from '../okta/rate-budget.ts';
import { fetchPage, firstUrl, type OktaAnswer, pageSize } from '../okta/system-log.ts';
import { factsOf } from '../reasons.ts';
import { retrying, retryPolicies } from '../retry.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Token } from '../secrets/secrets.ts';
import type { Compressor } from './compressor.ts';
import { type DedupWindows, watermarkSample } from './dedup-window.ts';
import { Delivery } from './delivery.ts';
import { countCut } from './truncation.ts';

const pollMs = 60_000;
/** When a link is refused, this much is read again from before what is known to be delivered: clocks differ, events come late. */
const overlapMs = 10 * 60_000;
/** Okta keeps 90 days and refuses to look back much further. */
const longestLookBackMs = 89 * 86_400_000;
/** A short page usually means that there is no more, unless its events are older than this. */
const farBehindMs = 5 * 60_000;

/** A poll that was held, what it adds to the statistics, and the version of the checkpoint that it held. */
export type Polled = { poll: PollResult; tally: Tally; version: number };

/** A poll to be held: of this connector, with this token. */
export type Order = { connector: Connector; token: Token };

/** What the polls of a process share. */
export type Parts = {
  runtime: Runtime;
  pool: pg.Pool;
  windows: DedupWindows;
  memory: BufferPool;
  compressor: Compressor;
  /** Our part of each Okta org's rate limit, 0 to 1. */
  share: number;
  /** The most that the body of an upload may have before it is compressed. */
  uploadBytes: number;
};

/**
 * One poll: pages from Okta, each delivered and then checkpointed, until caught up, out of budget or out of time.
 * What stops it is in the result, never thrown; `Fenced` is, when a later poll has taken over. Null: no such connector any more.
 * `closing` ends it early; what is under way is still delivered and saved.
 */
export async function sync(parts: Parts, { connector, token }: Order, closing: AbortSignal): Promise<Polled | null> {
  // A poll that reads nothing because the app is stopping must not count as a good one.
  closing.throwIfAborted();
  const { runtime, pool, windows, memory, compressor, share, uploadBytes: mostBytes } = parts;
  const checkpoint = await takeCheckpoint(pool, connector.id);
  // A change of the domain restarts the checkpoint: a poll that was ordered before must not take it to the old address.
  if (!checkpoint || !(await isStillAt(pool, connector))) return null;
  const poll: PollResult = {
    startedAt: runtime.now(),
    served: 0,
    accepted: 0,
    refused: 0,
    cut: 0,
    newest: checkpoint.newest,
    caughtUp: false,
    behindMs: 0,
    catchUpMs: null,
    waitMs: null,
    rereadFrom: null,
    failure: null,
  };
  const tally = emptyTally();
  const from = checkpoint.newest ?? checkpoint.since;
  const over = new AbortController();
  const signal = AbortSignal.any([closing, over.signal]);
  try {
    if ('reason' in token) throw new ConnectorError(token.reason, token.evidence);
    // What is sent to a table that is gone is taken, and lost.
    const gone = goneOf(connector);
    const { rule } = connector.provisioning;
    if (gone || !rule) throw new ConnectorError(gone ?? 'rule-missing');
    const logs = new LogsIngestion(runtime, rule);
    const { id } = connector;
    const window = await windows.take(id, checkpoint.version, () => readDelivered(pool, id));
    const { now } = runtime;
    const shared = { pool, logs, compressor, memory, tally, now, mostBytes };
    const delivery = new Delivery({ ...shared, connectorId: id, checkpoint, window, signal: closing });
    const budget = await OrgBudget.open(pool, { domain: connector.domain, share, now });
    await run({
      runtime,
      memory,
      budget,
      tally,
      connector,
      token: token.value,
      checkpoint,
      delivery,
      poll,
      signal,
      closing,
    }).finally(() => {
      poll.accepted = delivery.accepted;
      poll.refused = delivery.refused;
      // What it holds stands in the workspace, however the poll has ended.
      windows.keep(id, checkpoint.version, window);
      poll.newest = checkpoint.newest;
    });
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    poll.caughtUp = false;
    poll.failure = { reason: error.reason, evidence: error.evidence };
  } finally {
    // A page that was asked for ahead of its turn is not waited for.
    over.abort(new Error('The poll is over.'));
  }
  if (!poll.caughtUp) poll.behindMs = Math.max(0, runtime.now() - (poll.newest ?? checkpoint.since));
  poll.catchUpMs = catchUp(poll, from, runtime.now());
  return { poll, tally, version: checkpoint.version };
}

/** Events of so much time were delivered in so much time, waiting for the budget included: the rest will take … */
function catchUp(poll: PollResult, from: number, now: number): number | null {
  if (poll.behindMs === 0) return null;
  const took = now - poll.startedAt + (poll.waitMs ?? 0);
  const gained = (poll.newest ?? from) - from - took;
  return gained > 0 ? Math.round((poll.behindMs * took) / gained) : null;
}

type Run = {
  runtime: Runtime;
  memory: BufferPool;
  budget: OrgBudget;
  tally: Tally;
  connector: Connector;
  token: string;
  checkpoint: Checkpoint;
  delivery: Delivery;
  poll: PollResult;
  signal: AbortSignal;
  closing: AbortSignal;
};

/** Reads and delivers; whatever ends the reading, what was read is delivered and saved first, and the budget told. */
async function run(run: Run): Promise<void> {
  const { poll, delivery, budget } = run;
  try {
    await readPages(run);
  } catch (error) {
    // Of two faults of a leg the first is the one to tell. A bug or a lost fence outranks it, and is never kept quiet.
    await delivery.finish().catch((other: unknown) => {
      if (!(other instanceof ConnectorError)) throw other;
    });
    await budget.tell();
    throw error;
  }
  await delivery.finish();
  await budget.tell();
  if (poll.waitMs !== null) throw new ConnectorError('rate-limited', {});
}

async function readPages(run: Run): Promise<void> {
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
      poll.served += events.length;
      poll.cut += countCut(read.body, events);
      poll.caughtUp = isLast(events.length, read.nextUrl === url, newest, runtime.now());
      const asked = url;
      url = read.nextUrl;
      const { body, serverTime } = read;
      const idleAt = events.length === 0 || url === asked ? serverTime : null;
      delivery.deliver({ body, events, nextUrl: url, newest, idleAt, times: timesOf(events), serverTime });
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
  promise.catch(() => undefined);
  return promise;
}

function startUrl({ connector, runtime }: Run, since: number): string {
  return firstUrl(connector.domain, Math.max(since, runtime.now() - longestLookBackMs));
}

type Read = Exclude<OktaAnswer, { kind: 'page' }> | (Extract<OktaAnswer, { kind: 'page' }> & { events: PageEvent[] });

/**
 * When Okta refuses the stored link, reading begins again once, a little before what is known to be delivered; what was
 * delivered since then is dropped when it comes again. A second refusal ends the poll.
 */
async function reanchor(run: Run, error: unknown): Promise<Read> {
  const { poll, checkpoint, delivery } = run;
  if (!(error instanceof ConnectorError) || error.reason !== 'cursor-refused' || poll.rereadFrom !== null) throw error;
  await delivery.drain();
  poll.rereadFrom = checkpoint.since - overlapMs;
  return readPatiently(run, startUrl(run, poll.rereadFrom));
}

/** A passing fault, a cut-off page too, is tried again in this poll; the cursor does not move. */
function readPatiently(run: Run, url: string): Promise<Read> {
  const { runtime, signal } = run;
  return retrying(
    retryPolicies.oktaPage,
    { sleep: runtime.sleep, signal },
    {
      work: (attempt) => readOnce(run, url, attempt),
      again: (fault) => (fault instanceof ConnectorError && factsOf(fault.reason).passes ? {} : null),
    },
  ).catch((fault: unknown) => {
    // A page that is given up because the app stops says nothing of Okta.
    signal.throwIfAborted();
    throw fault;
  });
}

/** One call, if there is room for its page and the budget has one left. */
async function readOnce(run: Run, url: string, attempt: number): Promise<Read> {
  const { runtime, memory, budget, tally, connector, token, signal } = run;
  await memory.room(signal);
  const waitMs = await budget.take();
  if (waitMs > 0) return { kind: 'limited', waitMs, evidence: {} };
  tally.oktaCalls++;
  if (attempt > 1) tally.retries++;
  const answer = await fetchPage(runtime, { domain: connector.domain, token, url, signal, memory });
  if (answer.kind === 'page') return takeIn(run, answer);
  await budget.close(answer.waitMs);
  return answer;
}

/** What a page says of the budget, and its events; a body that is no page is given back. */
function takeIn({ budget, memory }: Run, page: Extract<OktaAnswer, { kind: 'page' }>): Read {
  if (page.budget) budget.learn(page.budget);
  try {
    return { ...page, events: scanPage(page.body) };
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

/** The newest `published` of a page, which need not be its last; never later than now. */
function newestOf(events: PageEvent[], now: number): number | null {
  let newest = '';
  for (const { published } of events) if (published > newest && isTime.test(published)) newest = published;
  const time = Date.parse(newest);
  return Number.isFinite(time) ? Math.min(time, now) : null;
}

function isLast(count: number, sameUrl: boolean, newest: number | null, now: number): boolean {
  if (count === 0 || sameUrl) return true;
  return count < pageSize && (newest === null || now - newest < farBehindMs);
}
