import { readCapping } from '../azure/resources/table.ts';
import { queryWorkspace } from '../azure/workspace-query.ts';
import { type Connector, type Lost, type SeenRows, seenSince, unseen, type Workspace } from '../connector/connector.ts';
import { visibleWithinMs } from '../connector/limits.ts';
import { ConnectorError, type Evidence } from '../errors.ts';
import { type Noted, whyLost } from '../judgement/lost.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** Rows of which some are not seen so long after their upload are looked for: mostly they are visible within seconds. */
const lateMs = 60_000;
const days = 1;

/** What was sent so long ago should be visible. */
const settledMs = visibleWithinMs + 5 * 60_000;
/** What Azure noted so long ago is told no more while rows come in. */
const notedMs = 60 * 60_000;
/** Errors of the trouble before are noted a little later. */
const slackMs = 5 * 60_000;

/** A connector whose rows are missing though Azure took them: all since `since`; or `some`, of which Azure may have noted why since then. */
export type Late = { connector: Connector; since: number; some: boolean };

/**
 * Whether rows are missing in a look at `at` that should be there by now; none or one. `lately`: how many events were sent so lately
 * (`latelySince`) that they need not be. Pure.
 */
export function lateOf(
  connector: Connector,
  { rows, at, lately }: { rows: SeenRows | null; at: number; lately: number },
): Late[] {
  if (!rows) return [];
  const { status, observation } = connector;
  const waits = status.unseenSince !== null && !seenSince({ ...unseen, seen: { at, ...rows } }, status.unseenSince);
  if (waits && status.unseenSince !== null)
    return at - status.unseenSince >= lateMs ? [{ connector, since: status.unseenSince, some: false }] : [];
  const missing = rows.day ? rows.day.sent - lately - rows.day.visible : 0;
  const since = Math.max(at - notedMs, (observation?.cameAgainAt ?? 0) + slackMs);
  return missing > 0 && since < at ? [{ connector, since, some: true }] : [];
}

/** From when on what was sent need not be visible at `at`. Pure. */
export function latelySince(at: number): number {
  return at - settledMs;
}

/**
 * Looks why rows are missing that Azure took: in the errors of each connector's rule, in what the workspace has noted of its own
 * collection, and at its daily cap. What can't be read is told as not known. By connector id; two questions for all of a workspace.
 */
export async function findLost(
  runtime: Runtime,
  { workspace, late, now }: { workspace: Workspace; late: Late[]; now: number },
  signal: AbortSignal,
): Promise<Map<string, Lost>> {
  if (late.length === 0) return new Map();
  const [noted, capping] = await Promise.all([
    unlessRefused(() => askNotes(runtime, workspace, { late, signal })),
    unlessRefused(async () => ({ value: await readCapping(runtime, workspace, signal), refused: null })),
  ]);
  return new Map(
    late.map(({ connector, since, some }) => {
      const { rule, errorLog } = connector.provisioning;
      const found = { notes: noted.value, capping: capping.value, unread: noted.refused ?? capping.refused };
      const isLogOff = errorLog?.refused !== null;
      const lost = whyLost({ ...found, ruleId: rule?.id ?? '', isLogOff, since, some });
      return [connector.id, some ? { ...lost, someSince: latelySince(now) } : lost];
    }),
  );
}

type Read<T> = { value: T | null; refused: Evidence | null };

async function unlessRefused<T>(ask: () => Promise<Read<T>>): Promise<Read<T>> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    return { value: null, refused: error.evidence };
  }
}

/**
 * A workspace has no DCRLogErrors before the first error: the union leaves out a table that is not there. `_LogOperation` shows
 * no more than Operation. Source: learn.microsoft.com/azure/azure-monitor/logs/monitor-workspace, and reference/tables/dcrlogerrors.
 */
function notesQuery(late: Late[]): string {
  const rules = late.map(({ connector }) => JSON.stringify(connector.provisioning.rule?.id.toLowerCase() ?? ''));
  return `union isfuzzy=true withsource = Source Operation, DCRLogErrors
| where TimeGenerated > ago(${days}d)
| extend Rule = iff(Source == "DCRLogErrors", tolower(_ResourceId), "")
| extend Said = iff(Rule == "", column_ifexists("Detail", ""), column_ifexists("Message", ""))
| extend Kind = case(
    Rule in (${rules.join(', ')}), column_ifexists("OperationName", ""),
    Rule != "", "",
    OperationCategory =~ "Data Collection Status", "cap",
    Said has "ingestion volume rate" and Said has "dropped", "rate",
    "")
| where Kind != ""
| summarize Times = count(), arg_max(TimeGenerated, Said) by Rule, Kind`;
}

const noteColumns = { Rule: 'text', Kind: 'text', Times: 'number', TimeGenerated: 'time', 'Said?': 'text' } as const;

/** Of a part of an answer, what it holds is true; that it holds nothing says nothing. */
async function askNotes(
  runtime: Runtime,
  workspace: Workspace,
  { late, signal }: { late: Late[]; signal: AbortSignal },
): Promise<Read<Noted[]>> {
  const { rows, cut } = await queryWorkspace(runtime, workspace, {
    query: notesQuery(late),
    columns: noteColumns,
    days,
    signal,
  });
  const notes = rows.map(({ Rule, Kind, Times, TimeGenerated, Said }) => ({
    ruleId: String(Rule),
    kind: String(Kind),
    times: Number(Times),
    at: new Date(TimeGenerated as string | Date).getTime(),
    text: String(Said).slice(0, 300),
  }));
  return { value: notes, refused: cut };
}
