import { readCapping } from '../azure/resources/table.ts';
import { queryWorkspace } from '../azure/workspace-query.ts';
import type { Connector, Lost, Workspace } from '../connector/connector.ts';
import { ConnectorError, type Evidence } from '../errors.ts';
import { type Noted, whyLost } from '../judgement/lost.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** Rows of which some are not seen so long after their upload are looked for: mostly they are visible within seconds. */
const lateMs = 60_000;
const days = 1;

/** A connector of which Azure took events at `since` that no row shows. */
export type Late = { connector: Connector; since: number };

/** Whether what was taken at `unseenSince` is late at `now`. Pure. */
export function isLate(unseenSince: number | null, now: number): unseenSince is number {
  return unseenSince !== null && now - unseenSince >= lateMs;
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
    late.map(({ connector, since }) => {
      const { rule, errorLog } = connector.provisioning;
      const found = { notes: noted.value, capping: capping.value, unread: noted.refused ?? capping.refused };
      const isLogOff = errorLog?.refused !== null;
      return [connector.id, whyLost({ ...found, ruleId: rule?.id ?? '', isLogOff, since, now })];
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

/** Of a part of an answer, what it holds is true; that it holds nothing says nothing. */
async function askNotes(
  runtime: Runtime,
  workspace: Workspace,
  { late, signal }: { late: Late[]; signal: AbortSignal },
): Promise<Read<Noted[]>> {
  const { rows, cut } = await queryWorkspace(runtime, workspace, { query: notesQuery(late), days, signal });
  const notes = rows.map(({ Rule, Kind, Times, TimeGenerated, Said }) => ({
    ruleId: String(Rule),
    kind: String(Kind),
    times: Number(Times),
    at: new Date(TimeGenerated as string | Date).getTime(),
    text: String(Said).slice(0, 300),
  }));
  return { value: notes, refused: cut };
}
