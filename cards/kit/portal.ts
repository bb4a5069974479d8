import { gzipSync, strToU8 } from 'fflate';
import type { Card } from './template.ts';

/** Azure’s portal, such as https://portal.azure.com, for the people of a tenant. */
export type Portal = { address: string; tenantId: string };

/**
 * The address at which the portal opens the logs of a workspace (by its ARM id) with a query in the editor, gzipped and in Base64
 * (microsoft/BCTech, samples/AppInsights/HTML).
 */
export function logsAddress({ address, tenantId }: Portal, workspaceId: string, query: string): string {
  const packed = encodeURIComponent(Buffer.from(gzipSync(strToU8(query), { mtime: 0 })).toString('base64'));
  const resource = encodeURIComponent(workspaceId);
  const blade = `blade/Microsoft_Azure_Monitoring_Logs/LogsBlade/resourceId/${resource}`;
  return `${address}/#@${tenantId}/${blade}/source/LogsBlade.AnalyticsShareLinkToQuery/q/${packed}`;
}

/** Opens the workspace’s logs in the portal. */
export function portalAction(portal: Portal, workspaceId: string, query: string): Card {
  return { type: 'Action.OpenUrl', title: 'Open in portal', url: logsAddress(portal, workspaceId, query) };
}

/** The events of a connector, or of all that write to the workspace (null), from one time to another, both ms since the epoch; without an end, up to now. */
export function eventsQuery(connectorId: string | null, { from, to }: { from: number; to: number | null }): string {
  return [
    'OktaSystemLogs_CL',
    ...(connectorId ? [`| where ConnectorId == "${connectorId}"`] : []),
    `| where TimeGenerated between (datetime(${instant(from)}) .. ${to === null ? 'now()' : `datetime(${instant(to)})`})`,
    '| sort by TimeGenerated desc',
  ].join('\n');
}

/** "2026-03-02T05:08:00Z" of ms since the epoch, to the second. */
export function instant(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
