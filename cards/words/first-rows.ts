import { type Connector, resumedAt } from '../../ingestion/connector/connector.ts';
import { firstDataMs, roleDelayMs, ruleDelayMs } from '../../ingestion/connector/limits.ts';
import type { Reason } from '../../ingestion/reasons.ts';
import { clock } from '../kit/times.ts';
import { hintOf } from './hints.ts';

/** What a connector waits for that is built, and for how long: the first rows, each reader's own time at the latest. */
export function firstRowsWords(connector: Connector): string {
  const { createdAt, provisioning, status } = connector;
  const { lastFailedAt, unseenSince } = status;
  const since = [createdAt, provisioning.finishedAt, lastFailedAt, unseenSince].map((time) => time ?? 0);
  const until = Math.max(...since, resumedAt(connector)) + firstDataMs;
  return `Waiting for the first rows, until ${clock(until)} at the latest.`;
}

/** What Azure may need some time for, and how much. */
const onTheirWay = new Map<Reason, { what: string; ms: number }>([
  ['role-missing', { what: 'the new permission takes up to 30 minutes to take effect', ms: roleDelayMs }],
  ['rule-missing', { what: 'the new data collection rule takes up to 15 minutes to be known', ms: ruleDelayMs }],
]);

/** Why nothing comes through at this moment, while that is borne: what is on its way in Azure, or what is tried again; null when all goes well. */
export function borneWords({ provisioning, status: { failing, health } }: Connector): string | null {
  if (!failing || health === 'error') return null;
  const coming = onTheirWay.get(failing.reason);
  if (!coming) return `${hintOf(failing.reason).title}. Patchbay is trying again.`;
  const until = clock((provisioning.finishedAt ?? failing.since) + coming.ms);
  return `Waiting for Azure: ${coming.what}, until ${until} at the latest. Nothing needs to be done.`;
}
