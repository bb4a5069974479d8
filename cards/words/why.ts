import type { Connector } from '../../ingestion/connector/connector.ts';
import type { Evidence } from '../../ingestion/errors.ts';
import type { Reason } from '../../ingestion/reasons.ts';
import { duration, moment } from '../kit/times.ts';
import { count } from './numbers.ts';

type Told = { reason: Reason; evidence: Evidence };

/** The figures by which a problem was judged; null where what the platform says is all there is to it. */
export function whyWords(connector: Connector, told: Told): string | null {
  return volumeWhy(told) ?? failingWhy(connector, told) ?? unseenWhy(connector, told) ?? behindWhy(connector, told);
}

function volumeWhy({ reason, evidence: { volume } }: Told): string | null {
  if (!volume) return null;
  const { seen, usual, from, to } = volume;
  const figures = `${count(seen)} events in ${duration(to - from)}, until ${moment(to)}, where about ${count(usual)} are usual by its own last weeks`;
  const kind = new Map<Reason, string>([
    ['source-quiet', 'a silence'],
    ['volume-dropped', 'a fall'],
    ['volume-surged', 'a rise'],
  ]).get(reason);
  return `${figures}. Of a connector that is well, ${kind ?? 'a change'} like this is expected less than once in a thousand days.`;
}

function failingWhy({ status: { failing } }: Connector, { reason }: Told): string | null {
  if (failing?.reason !== reason) return null;
  const checks =
    failing.polls === 1 ? 'The last check has failed' : `The last ${count(failing.polls)} checks have failed`;
  return `${checks}; none has gone well since ${moment(failing.since)}.`;
}

const unseenReasons: Reason[] = ['not-visible', 'no-first-data', 'daily-cap', 'ingestion-limit', 'transform-failed'];

function unseenWhy({ status, observation }: Connector, { reason }: Told): string | null {
  const seen = observation?.seen;
  if (!unseenReasons.includes(reason) || !seen) return null;
  const sent = status.unseenSince === null ? '' : `Azure took events ${moment(status.unseenSince)}. `;
  const newest = seen.newestArrival === null ? 'no row' : `no row that came after ${moment(seen.newestArrival)}`;
  return `${sent}The last look, ${moment(seen.at)}, saw ${newest}.`;
}

function behindWhy({ status: { behindMs, lag } }: Connector, { reason }: Told): string | null {
  if (!['falling-behind', 'rate-limited'].includes(reason) || behindMs === 0) return null;
  const least = lag ? `; it was ${duration(lag.leastMs)} at the least, ${moment(lag.leastAt)}` : '';
  return `The newest event that has arrived is ${duration(behindMs)} old${least}.`;
}
