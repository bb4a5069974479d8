import { readOptions } from '../command.ts';
import { lateOf } from '../storm-log.ts';
import { lockable } from './locked-row.ts';
import { planOf } from './plan.ts';

/** In a storm, and with several apps, time runs so fast that a poll which fails does not cost a minute. */
const fast = 20;
/** What an end of an app or of the store takes, with the new start. */
const endMs = 6_000;
/** Until all apps run and all is connected. */
const startMs = 15_000;
/** After so long, nothing that was done before keeps a connector from its polls: a lease, and some more. */
export const calmMs = 25_000;
/** How many connectors several apps have, unless others are wanted. */
const usualConnectors = 10;

const sizes = { events: 100_000, kills: 20, seed: Math.floor(Math.random() * 1e9), instances: 1, connectors: 0 };
const more = {
  pauses: 0,
  'pause-seconds': 28,
  'long-pause': 180,
  stops: 0,
  'postgres-restarts': 0,
  lock: 60,
  spread: 0,
};
const given = readOptions('chaos', { ...sizes, ...more }, ['faults']);
const several = given.instances > 1;

/** As they were given; rows are held, and one app stands still for long, only where there are others to go on. */
export const options = {
  ...given,
  connectors: given.connectors || (several ? usualConnectors : 1),
  speed: given.faults || several ? fast : 1,
  /** Whether the apps have a PostgreSQL that is not one app's own. */
  shared: several || given['postgres-restarts'] > 0,
  longPauseMs: several && given.pauses > 0 ? 1000 * given['long-pause'] : 0,
  lockMs: several ? 1000 * given.lock : 0,
};

/** How many events each org's log is to have in all, at least, and how many of all orgs' come late in a storm. */
export const logEvents = Math.floor(options.events / options.connectors);
export const lateEvents = options.connectors * lateOf(logEvents);

/** What is done, and when. */
export const plan = planOf(
  {
    kills: options.kills,
    stops: options.stops,
    restarts: options['postgres-restarts'],
    pauses: options.pauses,
    pauseMs: 1000 * options['pause-seconds'],
    longPause: options.longPauseMs > 0,
    tables: options.lockMs > 0 ? lockable : [],
  },
  options.seed,
);

/**
 * Several apps would read a log that is full already in no time: so its events come while they are disturbed, within so much by the
 * company's clock; --spread says within how many seconds of ours.
 */
export const aheadMs = several ? options.speed * (1000 * options.spread || disturbedForMs()) : 0;

function disturbedForMs(): number {
  const { kills, stops, 'postgres-restarts': restarts, pauses, longPauseMs, lockMs } = options;
  const calm = [longPauseMs, ...lockable.map(() => lockMs)].filter((ms) => ms > 0);
  return startMs + (kills + stops + restarts + pauses) * endMs + calm.reduce((sum, ms) => sum + ms + calmMs, 0);
}
