import type pg from 'pg';
import { type Checkpoint, takeCheckpoint } from './checkpoint.ts';
import type { Connector } from './connector.ts';
import { Delivery } from './delivery.ts';
import { ConnectorError, type Evidence, type Reason } from './errors.ts';
import { PageError, type PageEvent, scanPage } from './events.ts';
import { Logs } from './logs.ts';
import { budgetWait, fetchPage, firstUrl, type OktaAnswer, pageSize } from './okta.ts';
import type { Secrets } from './secrets.ts';
import type { World } from './world.ts';

/** What one beat of one connector came to. Times are milliseconds since the epoch. */
export type Beat = {
  /** Events that Okta served, and that Azure took. */
  served: number;
  accepted: number;
  /** Events put aside. */
  refused: number;
  /** The newest `published` that was delivered, ever. */
  newest: number | null;
  /** How old the newest delivered event is while more is waiting; 0 when caught up. */
  behindMs: number;
  /** When to come again because Okta's budget is used up. */
  waitMs: number | null;
  caughtUp: boolean;
  /** Where reading began again because Okta refused the stored link. */
  rereadFrom: number | null;
  failure: { reason: Reason; evidence: Evidence } | null;
};

const beatMs = 60_000;
const oktaTries = 3;
/** When a link is refused, this much before the newest delivered event is read again: events may come late. */
const overlapMs = 10 * 60_000;
/** Okta keeps 90 days and refuses to look back much further. */
const longestLookBackMs = 89 * 86_400_000;
/** A short page usually means that there is no more, unless its events are older than this. */
const farBehindMs = 5 * 60_000;

/**
 * One beat: pages from Okta, each delivered and then checkpointed, until caught up, out of budget or out of time.
 * What stops it is in the result, never thrown; `Fenced` is, when a later beat has taken over. Null: no such connector.
 */
export async function sync(
  parts: { world: World; pool: pg.Pool; secrets: Secrets },
  connector: Connector,
  signal: AbortSignal,
): Promise<{ beat: Beat; version: number } | null> {
  const checkpoint = await takeCheckpoint(parts.pool, connector.id);
  if (!checkpoint) return null;
  const { world } = parts;
  const beat: Beat = {
    served: 0,
    accepted: 0,
    refused: 0,
    newest: checkpoint.newest,
    behindMs: 0,
    waitMs: null,
    caughtUp: false,
    rereadFrom: null,
    failure: null,
  };
  try {
    const token = await parts.secrets.unseal(parts.pool, connector.settings.keyId);
    if (!connector.build.rule) throw new ConnectorError('rule-missing');
    const logs = new Logs(world, connector.build.rule);
    const delivery = new Delivery({ pool: parts.pool, logs, connector, checkpoint, signal });
    await deliverPages({ world, connector, token, checkpoint, delivery, beat, signal }).finally(() => {
      beat.accepted = delivery.accepted;
      beat.refused = delivery.refused;
      beat.newest = checkpoint.newest;
    });
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    beat.failure = { reason: error.reason, evidence: error.evidence };
  }
  if (!beat.caughtUp) beat.behindMs = Math.max(0, world.now() - (beat.newest ?? checkpoint.since));
  return { beat, version: checkpoint.version };
}

type Run = {
  world: World;
  connector: Connector;
  token: string;
  checkpoint: Checkpoint;
  delivery: Delivery;
  beat: Beat;
  signal: AbortSignal;
};

async function deliverPages(run: Run): Promise<void> {
  const { world, beat, delivery } = run;
  const deadline = world.now() + beatMs;
  let failure: unknown = null;
  try {
    let url = run.checkpoint.nextUrl ?? startUrl(run, run.checkpoint.since);
    let coming: Promise<Read> | null = null;
    while (!beat.caughtUp && beat.waitMs === null && world.now() < deadline) {
      const read: Read = await (coming ?? readOrReanchor(run, url));
      coming = null;
      if (read.kind === 'limited') {
        beat.waitMs = read.waitMs;
        throw new ConnectorError('rate-limited', read.evidence);
      }
      const { events } = read;
      const newest = newestOf(events, world.now());
      beat.served += events.length;
      beat.caughtUp = isLast(events.length, read.nextUrl === url, newest, world.now());
      const wait = budgetWait(read.budget);
      if (!beat.caughtUp && wait > 0) beat.waitMs = wait;
      // The next page is fetched while this one is uploaded. Its failure is looked at when its turn comes.
      else if (!beat.caughtUp) coming = quietly(readOrReanchor(run, read.nextUrl));
      url = read.nextUrl;
      await delivery.deliver(read.body, events, url, newest);
    }
  } catch (error) {
    failure = error;
  }
  await delivery.finish(beat.caughtUp).catch((error: unknown) => {
    failure ??= error;
  });
  if (failure) throw failure;
  if (beat.waitMs !== null) throw new ConnectorError('rate-limited', {});
}

function quietly<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

function startUrl(run: Run, since: number): string {
  return firstUrl(run.connector.domain, Math.max(since, run.world.now() - longestLookBackMs));
}

type Read = Exclude<OktaAnswer, { kind: 'page' }> | (Extract<OktaAnswer, { kind: 'page' }> & { events: PageEvent[] });

/** When Okta refuses the stored link, reading begins again once, a little before the newest delivered event. */
async function readOrReanchor(run: Run, url: string): Promise<Read> {
  try {
    return await readPatiently(run, url);
  } catch (error) {
    const refused = error instanceof ConnectorError && error.reason === 'cursor-refused';
    if (!refused || run.beat.rereadFrom !== null) throw error;
    run.beat.rereadFrom = (run.checkpoint.newest ?? run.checkpoint.since) - overlapMs;
    return readPatiently(run, startUrl(run, run.beat.rereadFrom));
  }
}

const passing = new Set<Reason>(['okta-unreachable', 'okta-answer-unusable']);

/** A passing fault, a cut-off page too, is tried again in this beat; the cursor does not move. */
async function readPatiently(run: Run, url: string): Promise<Read> {
  const { world, connector, token, signal } = run;
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await fetchPage(world.http, { domain: connector.domain, token, url, signal });
      return answer.kind === 'limited' ? answer : { ...answer, events: scan(answer.body) };
    } catch (error) {
      const again = error instanceof ConnectorError && passing.has(error.reason) && attempt < oktaTries;
      if (!again) throw error;
      await world.sleep(Math.random() * 1000 * 2 ** attempt, signal);
    }
  }
}

function scan(body: Buffer): PageEvent[] {
  try {
    return scanPage(body);
  } catch (error) {
    if (error instanceof PageError) throw new ConnectorError('okta-answer-unusable', { text: error.message }, error);
    throw error;
  }
}

/** The newest `published` of a page, which need not be its last; never later than now. */
function newestOf(events: PageEvent[], now: number): number | null {
  let newest = '';
  for (const { published } of events) if (published > newest) newest = published;
  const time = Date.parse(newest);
  return Number.isFinite(time) ? Math.min(time, now) : null;
}

function isLast(count: number, sameUrl: boolean, newest: number | null, now: number): boolean {
  if (count === 0 || sameUrl) return true;
  return count < pageSize && (newest === null || now - newest < farBehindMs);
}
