import type { Pause } from '../../ingestion/connector/connector.ts';
import { idleTokenMs, idleWarningMs } from '../../ingestion/connector/idle-token.ts';
import { duration, utc, utcDay } from '../kit/times.ts';

const dayMs = 86_400_000;
/** Azure gives an older event the time of its arrival (learn.microsoft.com/azure/azure-monitor/logs/log-standard-columns). */
const keptTimeMs = 2 * dayMs;
/** Okta keeps its log so long. */
const oktaKeepsMs = 90 * dayMs;

/** What the manage dialog says beside its button. */
export const pauseHint =
  'Pause stops reading Okta and keeps the place in its log. Okta ends an API token after 30 days without use: of a paused connector you are warned after 20.';

/** What pausing or resuming has come to, in plain sentences, one a line; times in UTC. `name` is the connector's. */
export const pauseSentences = {
  paused: (name: string, { idleSince }: Pause) =>
    [
      `Okta is not read for ${name} any more, no alert is raised, and the place in the log is kept. A read that is under way ends first.`,
      `Its API token now lies idle: Okta ends a token after 30 days without use, this one on ${utcDay(idleSince + idleTokenMs)}. You are warned on ${utcDay(idleSince + idleWarningMs)}.`,
      `Say “resume ${name}” to go on where it stopped.`,
    ].join('\n'),
  pausedBefore: (name: string, { at, by }: Pause) =>
    `${name} is paused already, by ${by.name}, since ${utcDay(at)}, ${utc(at)}.`,
  resumed: (name: string, { from, now }: { from: number; now: number }) =>
    [
      `${name} goes on where it stopped: what has happened since ${utcDay(from)}, ${utc(from)} is read now (${duration(now - from)}).`,
      ...(now - from > keptTimeMs
        ? [
            'Events older than two days stand in the workspace under the time of their arrival; PublishedTime has their own.',
          ]
        : []),
      ...(now - from > oktaKeepsMs ? ['Okta keeps its log for 90 days: what is older can’t be read any more.'] : []),
    ].join('\n'),
  noRetry: (name: string) => `${name} is paused, so there is nothing to try again. Say “resume ${name}” to go on.`,
  runs: (name: string) => `${name} is not paused.`,
};
