import type pg from 'pg';
import type { Logger } from 'pino';
import { tableName } from '../azure/resources/table.ts';
import { queryWorkspace } from '../azure/workspace-query.ts';
import { isLake } from '../connector/connector.ts';
import { listInWorkspace } from '../connector/connectors.ts';
import { isLivedIn } from '../connector/health-rules.ts';
import {
  forgetOlderFeeds,
  type OlderFeed,
  postponeOlderFeeds,
  readOlderFeedsDue,
  saveOlderFeeds,
} from '../connector/older-feeds.ts';
import { ConnectorError } from '../errors.ts';
import type { Runtime } from '../runtime/runtime.ts';

/**
 * One question a day for all connectors of a workspace. The tables of Okta's older connectors hold no domain, and an event has one
 * id wherever it stands: what has the id of an event of ours is of the same org. A table that is not there is left out. Columns:
 * github.com/Azure/Azure-Sentinel, .script/tests/KqlvalidationsTests/CustomTables.
 */
const query = `union isfuzzy=true withsource = Source Okta_CL, OktaV2_CL, OktaSystemLogs
| where TimeGenerated > ago(1d)
| extend Uid = tolower(coalesce(column_ifexists('EventOriginalUid', ''), column_ifexists('uuid_g', ''), column_ifexists('uuid_s', '')))
| where isnotempty(Uid)
| join kind=inner (
    ${tableName}
    | where TimeGenerated > ago(1d) and isnotempty(EventOriginalUid)
    | distinct ConnectorId, Uid = tolower(EventOriginalUid)
  ) on Uid
| summarize Rows = count() by Source, ConnectorId`;

const columns = { Source: 'text', ConnectorId: 'text', Rows: 'number' } as const;

const dayMs = 86_400_000;
const answerTimeoutMs = 60_000;

/**
 * Looks whether older connectors bring events of ours to a workspace (its ARM id in lower case) as well. Azure's refusal or a part
 * of an answer says nothing: the next look is a day later all the same.
 */
export async function lookForOlderFeeds(
  { runtime, pool, log }: { runtime: Runtime; pool: pg.Pool; log: Logger },
  workspaceId: string,
): Promise<void> {
  const now = runtime.now();
  const dueAt = await readOlderFeedsDue(pool, workspaceId);
  if (dueAt === null || dueAt > now) return;
  const [first] = await listInWorkspace(pool, workspaceId);
  if (!first && !(await isLivedIn(pool, workspaceId))) return forgetOlderFeeds(pool, workspaceId);
  const next = now + dayMs;
  // The lake tier can't be looked into, and where all connectors rest, nothing comes twice.
  if (!first || isLake(first)) return postponeOlderFeeds(pool, workspaceId, next);
  try {
    const signal = runtime.deadline(answerTimeoutMs).signal;
    const { rows, cut } = await queryWorkspace(runtime, first.settings.workspace, {
      query,
      columns,
      days: 1,
      signal,
    });
    if (!cut) return await saveOlderFeeds(pool, workspaceId, { found: rows.map(feedIn), now, dueAt: next });
    log.info({ workspace: workspaceId }, 'Azure told a part of what older connectors bring');
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    // Nothing depends on it: events come in all the same.
    log.info({ err: error, workspace: workspaceId }, 'what older connectors bring could not be looked up');
  }
  await postponeOlderFeeds(pool, workspaceId, next);
}

function feedIn({ Source, ConnectorId, Rows }: Record<string, unknown>): OlderFeed {
  return { table: String(Source), connectorId: String(ConnectorId), rows: Number(Rows) };
}
