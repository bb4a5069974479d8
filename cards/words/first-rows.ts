import { type Connector, resumedAt } from '../../ingestion/connector/connector.ts';
import { clock } from '../kit/times.ts';

/** The first rows are expected within this time of the start. */
const firstDataMs = 30 * 60_000;

/** What a connector waits for that is built, and for how long: the first rows, each reader's own time at the latest. */
export function firstRowsWords(connector: Connector): string {
  const { createdAt, provisioning, status } = connector;
  const { lastFailedAt, unseenSince } = status;
  const since = [createdAt, provisioning.finishedAt, lastFailedAt, unseenSince].map((time) => time ?? 0);
  const until = Math.max(...since, resumedAt(connector)) + firstDataMs;
  return `Waiting for the first rows, until ${clock(until)} at the latest.`;
}
