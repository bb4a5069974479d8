import { readOptions } from '../command.ts';
import { lateOf } from '../storm-log.ts';
import { lockable } from './locked-row.ts';
import { type Disturbance, planOf } from './plan.ts';

/**
 * How many times as fast as ours time goes. In a storm a poll that fails is not to cost a minute; several apps are to see in time that
 * nobody polls, for which a second of ours must not be a quarter of a minute.
 */
const speeds = { calm: 1, storm: 20, several: 4 };
/** What an end of an app or of the store takes, with the new start. */
export const endMs = 8_000;
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
  restores: 0,
  lock: 60,
  spread: 0,
  speed: 0,
};
const given = readOptions('chaos', { ...sizes, ...more }, ['faults']);
const several = given.instances > 1;

const speed = given.speed || speeds[several ? 'several' : given.faults ? 'storm' : 'calm'];

/** As they were given; rows are held, and one app stands still for long, only where there are others to go on. */
export const options = {
  ...given,
  connectors: given.connectors || (several ? usualConnectors : 1),
  speed,
  /** How often a connector is polled, by our own clock: 10 s of the company's, as its dialog has it. */
  intervalMs: 10_000 / speed,
  /** Whether the apps have a PostgreSQL that is not one app's own. */
  shared: several || given['postgres-restarts'] + given.restores > 0,
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
    restores: options.restores,
    pauses: options.pauses,
    pauseMs: 1000 * options['pause-seconds'],
    longPause: options.longPauseMs > 0,
    tables: options.lockMs > 0 ? lockable : [],
  },
  options.seed,
);

/** How long a disturbance takes, with what it waits for before. */
export function takesMs({ kind }: Disturbance): number {
  if (kind === 'long-pause') return calmMs + options.longPauseMs;
  if (kind === 'restore') return 3 * endMs;
  return kind === 'lock' ? calmMs + options.lockMs : endMs;
}

/** How long all of them take, by our own clock. */
export const planMs = plan.reduce((sum, disturbance) => sum + takesMs(disturbance), 0);

/**
 * Several apps would read a log that is full already in no time: so its events come while they are disturbed, within so much by the
 * company's clock; --spread says within how many seconds of ours.
 */
export const aheadMs = several ? speed * (1000 * options.spread || startMs + planMs) : 0;
