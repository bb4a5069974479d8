import type pg from 'pg';
import { LogsIngestion } from '../azure/logs-ingestion.ts';
import type { Checkpoint } from '../connector/checkpoint.ts';
import type { Saves } from '../connector/checkpoints.ts';
import { type Connector, type DataCollectionRule, goneOf } from '../connector/connector.ts';
import { readDelivered } from '../connector/delivered.ts';
import type { PollResult } from '../connector/poll-result.ts';
import { emptyTally } from '../connector/statistics.ts';
import { ConnectorError, type Evidence } from '../errors.ts';
import type { Authorization } from '../okta/authorization.ts';
import type { BufferPool } from '../okta/buffer-pool.ts';
import { OrgBudget } from '../okta/rate-budget.ts';
import type { Reason } from '../reasons.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Compressor } from './compressor.ts';
import { DedupWindow } from './dedup-window.ts';
import type { DedupWindows, Kept } from './dedup-windows.ts';
import { Delivery } from './delivery.ts';
import { type Reading, readPages } from './reading.ts';

/** By what a poll's calls to Okta are allowed; or why nothing is, and when it was asked for in vain, in ms since the epoch. */
export type Allowed = { by: Authorization } | { reason: Reason; evidence: Evidence; since: number };

/** A poll to be held: of this connector, from the checkpoint that was taken for it, by what its calls are allowed. */
export type Order = { connector: Connector; checkpoint: Checkpoint; allowed: Allowed };

/** What the polls of a process share. */
export type PollParts = {
  runtime: Runtime;
  pool: pg.Pool;
  saves: Saves;
  windows: DedupWindows;
  memory: BufferPool;
  compressor: Compressor;
  /** Our part of each Okta org's rate limit, 0 to 1. */
  share: number;
  /** The most bytes that the body of an upload may have before it is compressed. */
  uploadBytes: number;
};

/**
 * One poll: pages from Okta, each delivered and then checkpointed, until caught up, out of budget or out of time. What stops
 * it, always a ConnectorError, is in the result and not thrown; `Fenced` is, when a later poll has taken over, and so are the
 * faults of the store and bugs. `closing` ends it early: what is under way is still delivered and saved; where nothing is yet,
 * its reason is thrown.
 */
export async function sync(
  parts: PollParts,
  { connector, checkpoint, allowed }: Order,
  closing: AbortSignal,
): Promise<PollResult> {
  // A poll that reads nothing because the app is stopping must not count as a good one.
  closing.throwIfAborted();
  const { runtime } = parts;
  const poll = begun(runtime.now(), checkpoint);
  const from = checkpoint.newest ?? checkpoint.since;
  try {
    await readAndDeliver(parts, { connector, allowed, checkpoint, poll, closing });
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    poll.caughtUp = false;
    const { reason, evidence, since } = error;
    poll.failure = { reason, evidence, since: since ?? runtime.now() };
  }
  // In a silent org the newest event is old, and all up to the last idle page is delivered.
  const delivered = Math.max(poll.newest ?? 0, checkpoint.since);
  if (!poll.caughtUp) poll.behindMs = Math.max(0, runtime.now() - delivered);
  poll.catchUpMs = catchUp(poll, from, runtime.now());
  return poll;
}

function notAllowed({ reason, evidence, since }: Exclude<Allowed, { by: Authorization }>): ConnectorError {
  return Object.assign(new ConnectorError(reason, evidence), { since });
}

/** A poll in which nothing has happened yet. */
function begun(startedAt: number, { newest }: Checkpoint): PollResult {
  return {
    startedAt,
    served: 0,
    accepted: 0,
    refused: 0,
    cut: 0,
    newest,
    caughtUp: false,
    behindMs: 0,
    catchUpMs: null,
    waitMs: null,
    rereadFrom: null,
    newFields: [],
    toCome: null,
    failure: null,
  };
}

type Held = Pick<Reading, 'connector' | 'checkpoint' | 'poll' | 'closing'> & Pick<Order, 'allowed'>;

/** Brings the log's pages into the workspace, with what this process has at hand for it. */
async function readAndDeliver(parts: PollParts, held: Held): Promise<void> {
  const { runtime, pool, windows, memory, share } = parts;
  const { connector, checkpoint, poll, closing } = held;
  const { id, domain } = connector;
  const { authorization, rule, kept } = meansOf(parts, held);
  const { window, unsaved } = kept ?? { window: DedupWindow.from(await readDelivered(pool, id)), unsaved: null };
  const tally = emptyTally();
  // What became of what was under way in the poll before, this process knows only if it was its own.
  if (!kept) tally.possiblyDuplicated = checkpoint.inFlight;
  const logs = new LogsIngestion(runtime, rule);
  const delivery = new Delivery({ ...parts, ...held, logs, window, unsaved, tally, signal: closing });
  const over = new AbortController();
  try {
    const budget = new OrgBudget(pool, { domain, share, now: runtime.now });
    const signal = AbortSignal.any([closing, over.signal]);
    await run({ ...held, authorization, tally, runtime, memory, budget, delivery, signal });
  } finally {
    // A page that was asked for ahead of its turn is not waited for.
    over.abort(new Error('The poll is over.'));
    poll.accepted = delivery.accepted;
    poll.refused = delivery.refused;
    // What it holds stands in the workspace, however the poll has ended.
    windows.keep(id, checkpoint.version, { window, unsaved: delivery.unsaved });
    poll.newest = checkpoint.newest;
  }
}

type Means = { authorization: Authorization; rule: DataCollectionRule; kept: Kept | null };

/** What a poll works with. Where something of it is missing (ConnectorError), what is kept stays for the next poll. */
function meansOf({ windows }: PollParts, { connector, checkpoint, allowed }: Held): Means {
  const kept = windows.take(connector.id, checkpoint.version);
  try {
    if ('reason' in allowed) throw notAllowed(allowed);
    return { authorization: allowed.by, rule: ruleOf(connector), kept };
  } catch (error) {
    if (kept) windows.keep(connector.id, checkpoint.version, kept);
    throw error;
  }
}

/** Through which events are sent; what is sent to a table that is gone would be taken, and lost. Throws ConnectorError. */
function ruleOf(connector: Connector): DataCollectionRule {
  const gone = goneOf(connector);
  const { rule } = connector.provisioning;
  if (gone || !rule) throw new ConnectorError(gone ?? 'rule-missing');
  return rule;
}

/** Events of so much time were delivered in so much time, waiting for the budget included: the rest will take … */
function catchUp(poll: PollResult, from: number, now: number): number | null {
  if (poll.behindMs === 0) return null;
  const took = now - poll.startedAt + (poll.waitMs ?? 0);
  const gained = (poll.newest ?? from) - from - took;
  return gained > 0 ? Math.round((poll.behindMs * took) / gained) : null;
}

/** Reads and delivers; whatever ends the reading, what was read is delivered and saved first, and the budget told. */
async function run(run: Reading): Promise<void> {
  const { poll, delivery, budget } = run;
  try {
    await readPages(run);
  } catch (error) {
    // Of two faults of a leg the first is the one to tell. A bug or a lost fence outranks it, and is never kept quiet.
    await delivery.finish({ caughtUp: false }).catch((other: unknown) => {
      if (!(other instanceof ConnectorError)) throw other;
    });
    await budget.tell();
    throw error;
  }
  await delivery.finish({ caughtUp: poll.caughtUp });
  await budget.tell();
  if (poll.waitMs !== null) throw new ConnectorError('rate-limited', {});
}
