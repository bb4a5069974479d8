import { type Lost, logOff, nothingFound } from '../connector/connector.ts';
import type { Evidence } from '../errors.ts';

/** What Azure has noted last of a kind: of a rule by its ARM id in lower case, or of the whole workspace (''). */
export type Noted = { ruleId: string; kind: string; times: number; at: number; text: string };

/** Whether a workspace takes data, and when its daily cap is reset (ISO 8601), as Azure says. */
export type Capping = { status: string; resetsAt: string | null };

/**
 * What is known when rows are missing that Azure took since `since`, all or `some`: then only what was noted since counts. Null for what could not be read, and `unread` why.
 */
export type Known = {
  notes: Noted[] | null;
  capping: Capping | null;
  unread: Evidence | null;
  ruleId: string;
  isLogOff: boolean;
  since: number;
  some: boolean;
};

/** What was noted so shortly before the upload may be of it: clocks differ. */
const slackMs = 2 * 60_000;
/** Azure notes a rate that stays too high each six hours. */
const rateNoteMs = 6 * 3_600_000;

/**
 * Why rows are missing that Azure took, the surest first: the cap stops everything, the rate drops what is too much, a transform
 * that fails loses what goes through it. Pure.
 */
export function whyLost(known: Known): Lost {
  return (
    capReached(known) ??
    rateExceeded(known) ??
    transformFailed(known) ?? { reason: 'not-visible', evidence: open(known) }
  );
}

function capReached({ capping, notes, since, some }: Known): Lost | null {
  const noted = notes?.find(({ kind, text }) => kind === 'cap' && text.includes('OverQuota'));
  const isOver = capping?.status === 'OverQuota';
  // Where the workspace takes data again, only a cap that was reached since the upload can have lost it.
  const wasOver = noted !== undefined && ((capping === null && !some) || noted.at >= since - slackMs);
  if (!isOver && !wasOver) return null;
  const resets = isOver && capping.resetsAt ? { subject: capping.resetsAt } : {};
  return { reason: 'daily-cap', evidence: { code: 'OverQuota', ...(noted ? { text: noted.text } : {}), ...resets } };
}

function rateExceeded({ notes, since, some }: Known): Lost | null {
  const from = since - (some ? slackMs : rateNoteMs);
  const noted = notes?.find(({ kind, at }) => kind === 'rate' && at >= from);
  return noted ? { reason: 'ingestion-limit', evidence: { text: noted.text } } : null;
}

function transformFailed(known: Known): Lost | null {
  const noted = errorsOf(known).find(({ kind }) => kind === 'Transformation');
  return noted ? { reason: 'transform-failed', evidence: { text: noted.text } } : null;
}

/** What was found is no reason, or nothing was found, or not all could be read. */
function open(known: Known): Evidence {
  const [noted] = errorsOf(known);
  if (noted) return { text: noted.text };
  const { capping, unread, isLogOff } = known;
  if (unread) return unread;
  if (capping && !takesData.has(capping.status)) return { code: capping.status };
  return { subject: isLogOff ? logOff : nothingFound };
}

/** Azure's words for a workspace that takes data. Source: learn.microsoft.com/rest/api/loganalytics/workspaces/get#dataingestionstatus. */
const takesData = new Set(['RespectQuota', 'ForceOn', 'ApproachingQuota', '']);

function errorsOf({ notes, ruleId, since }: Known): Noted[] {
  const own = ruleId.toLowerCase();
  return (notes ?? []).filter((noted) => own !== '' && noted.ruleId === own && noted.at >= since - slackMs);
}
