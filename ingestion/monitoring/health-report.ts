import { gzipSync } from 'node:zlib';
import type pg from 'pg';
import type { Logger } from 'pino';
import { healthStream, LogsIngestion, type UploadResult } from '../azure/logs-ingestion.ts';
import type { DataCollectionRule } from '../connector/connector.ts';
import { recordHourly } from '../connector/health-changes.ts';
import { type Described, dropRecords, type HealthRecord, readWaiting, rowOf } from '../connector/health-records.ts';
import { getHealthRule, type HealthRule, isLivedIn, noteSent, saveSending } from '../connector/health-rules.ts';
import { roleDelayMs, ruleDelayMs } from '../connector/limits.ts';
import { ConnectorError } from '../errors.ts';
import { pauseMs } from '../retry.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { transaction } from '../store/database.ts';
import { ensureHealthRule, keepHealthTable, removeHealthRule } from './health-rule.ts';

/** What sending health records takes. */
export type ReportParts = {
  runtime: Runtime;
  pool: pg.Pool;
  log: Logger;
  /** The words of a record. */
  describe(record: HealthRecord): Described;
  closing: AbortSignal;
};

/** So many rows in a call: far from what one may hold. */
const mostAtOnce = 200;
/** The last records of a workspace without connectors are given up after this time. */
const lastWordsMs = 86_400_000;

/**
 * Sends the health records that wait for a workspace, hourly ones included, through the workspace's own rule. A record is
 * dropped only when Azure has taken it, so none is lost; one whose answer was lost comes again under the same id. What fails
 * is noted on the rule and tried again later: the connectors do not suffer for it. After the last record of a workspace that
 * has no connector any more, the rule is removed.
 */
export async function report(parts: ReportParts, workspaceId: string): Promise<void> {
  const { runtime, pool, closing } = parts;
  const known = await getHealthRule(pool, workspaceId);
  if (!known || known.dueAt > runtime.now()) return;
  await recordHourly(pool, workspaceId, runtime.now());
  try {
    if (await isLivedIn(pool, workspaceId)) {
      await watchHealthTable(parts, known);
      await sendAll(parts, known, true);
      await saveSending(pool, workspaceId, { problem: null, attempts: 0, dueAt: runtime.now() });
    } else {
      await sendLast(parts, known);
      await removeHealthRule(parts, known);
    }
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    // A try that ends because the app stops says nothing.
    if (!closing.aborted) await saveFailure(parts, workspaceId, error);
  }
}

/** A table that can't be looked for may well be there. */
async function watchHealthTable(parts: ReportParts, known: HealthRule): Promise<void> {
  try {
    await keepHealthTable(parts, known);
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    parts.log.warn(
      { err: error, workspace: known.workspace.id },
      'the table of health records could not be looked for',
    );
  }
}

/** Sends until nothing waits. Of a workspace that has connectors a rule that is gone is made anew, once. Throws ConnectorError. */
async function sendAll(parts: ReportParts, known: HealthRule, repair: boolean): Promise<void> {
  const { runtime, pool } = parts;
  const key = known.workspace.id.toLowerCase();
  let { rule } = known;
  for (let repaired = !repair; rule; ) {
    const records = await readWaiting(pool, key, mostAtOnce);
    if (records.length === 0) return;
    const result: UploadResult = await upload(parts, { ...known, rule }, records);
    if (result.kind === 'accepted') {
      await transaction(pool, async (tx) => {
        await dropRecords(tx, records);
        await noteSent(tx, key, runtime.now());
      });
      continue;
    }
    // All that is in a row is ours: what Azure refuses, it will refuse of the others too.
    const error = result.kind === 'failed' ? result.error : new ConnectorError('azure-refused', result.evidence);
    if (repaired || !isBroken(known, error, runtime.now())) throw error;
    repaired = true;
    rule = await ensureHealthRule(parts, known.workspace);
  }
}

function upload(
  { runtime, describe, closing }: ReportParts,
  { workspace, rule }: { workspace: HealthRule['workspace']; rule: DataCollectionRule },
  records: HealthRecord[],
): Promise<UploadResult> {
  const rows = records.map((record) => rowOf(record, describe(record), workspace));
  return new LogsIngestion(runtime, rule, healthStream).upload(gzipSync(JSON.stringify(rows)), { signal: closing });
}

/** The last records of a workspace; they are given up when its rule is gone, or when they can't be sent for a day. */
async function sendLast(parts: ReportParts, known: HealthRule): Promise<void> {
  const { runtime, pool, log } = parts;
  try {
    await sendAll(parts, known, false);
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    const [oldest] = await readWaiting(pool, known.workspace.id.toLowerCase(), 1);
    if (error.reason !== 'rule-missing' && oldest && runtime.now() - oldest.at < lastWordsMs) throw error;
    log.warn({ err: error, workspace: known.workspace.id }, 'the last health records of a workspace are given up');
  }
}

async function saveFailure(
  { runtime, pool, log }: ReportParts,
  workspaceId: string,
  error: ConnectorError,
): Promise<void> {
  const now = runtime.now();
  // Read again: a rule that was made anew has its role only from now on.
  const known = await getHealthRule(pool, workspaceId);
  if (!known) return;
  if (isWaiting(known, error, now)) {
    return saveSending(pool, workspaceId, { problem: null, attempts: 0, dueAt: now + waitMs });
  }
  log.warn({ err: error, workspace: workspaceId }, 'health records have to wait');
  const attempts = known.attempts + 1;
  const problem = { reason: error.reason, evidence: error.evidence, since: known.problem?.since ?? now };
  await saveSending(pool, workspaceId, { problem, attempts, dueAt: now + pauseMs(error, attempts) });
}

const waitMs = 60_000;

/** A right that was given a short while ago is not in effect yet, nor is a new rule known everywhere. */
function isWaiting({ madeAt }: HealthRule, { reason }: ConnectorError, now: number): boolean {
  const delayMs = reason === 'role-missing' ? roleDelayMs : reason === 'rule-missing' ? ruleDelayMs : 0;
  return madeAt !== null && now - madeAt < delayMs;
}

/** What making the rule anew may mend: it is gone, or the right to send to it. */
function isBroken(known: HealthRule, error: ConnectorError, now: number): boolean {
  return (error.reason === 'role-missing' || error.reason === 'rule-missing') && !isWaiting(known, error, now);
}
