import { type Connector, type Pause, pauseOf } from '../../ingestion/connector/connector.ts';
import { idleTokenMs, idleWarningMs, tokenEndsAt } from '../../ingestion/connector/idle-token.ts';
import { shown } from '../kit/text.ts';
import { duration, moment, utc, utcDay } from '../kit/times.ts';

const dayMs = 86_400_000;
/** Azure gives an older event the time of its arrival (learn.microsoft.com/azure/azure-monitor/logs/log-standard-columns). */
const keptTimeMs = 2 * dayMs;
/** Okta keeps its log so long. */
const oktaKeepsMs = 90 * dayMs;

/** What the manage dialog says beside its button. */
export const pauseHint =
  'Pause stops reading Okta and keeps the place in its log. Okta ends an API token, but no service app, after 30 days without use: of a paused connector you are warned after 20.';

/** Since when and by whom a connector rests, and until when its token is good; null when it goes on. For a card. */
export function pausedWords(connector: Connector): string | null {
  const pause = pauseOf(connector);
  if (!pause) return null;
  const endsAt = tokenEndsAt(connector);
  const idle = endsAt === null ? '' : `; unless it is used, its API token ends ${moment(endsAt)}`;
  return `since ${moment(pause.at)}, by ${shown(pause.by.name)}${idle}`;
}

/** What pausing or resuming has come to, in plain sentences, one a line; times in UTC. `name` is the connector's. */
export const pauseSentences = {
  paused: ({ name, settings }: Pick<Connector, 'name' | 'settings'>, { idleSince }: Pause) =>
    [
      `Okta is not read for ${name} any more, no alert is raised, and the place in the log is kept. A read that is under way ends first.`,
      settings.clientId
        ? 'The key of its service app does not end while it lies idle.'
        : `Its API token now lies idle: Okta ends a token after 30 days without use, this one on ${utcDay(idleSince + idleTokenMs)}. You are warned on ${utcDay(idleSince + idleWarningMs)}.`,
      `Say “resume ${name}” to go on where it stopped.`,
    ].join('\n'),
  pausedBefore: ({ name }: Pick<Connector, 'name'>, { at, by }: Pause) =>
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
