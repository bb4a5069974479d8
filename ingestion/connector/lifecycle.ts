import { interrupted, noArrivals } from './arrivals.ts';
import type { Connector, ConnectorStatus } from './connector.ts';

/** A connector as it is before its first step and poll. */
export function newborn(): Pick<
  Connector,
  'provisioning' | 'status' | 'observation' | 'desired' | 'pause' | 'retried' | 'muted'
> {
  return {
    desired: 'run',
    pause: null,
    retried: null,
    muted: null,
    provisioning: {
      done: [],
      running: null,
      rule: null,
      table: null,
      problem: null,
      attempts: 0,
      finishedAt: null,
      version: 0,
      tableAt: 0,
      failedUpgrade: null,
      removedAt: null,
    },
    observation: null,
    status: {
      state: 'pending',
      health: 'ok',
      problem: null,
      failing: null,
      lastFailedAt: null,
      caughtUpAt: null,
      firstSeenAt: null,
      unseenSince: null,
      lastPollAt: null,
      lastEventAt: null,
      lastRefusedAt: null,
      lastCutAt: null,
      lastReread: null,
      behindMs: 0,
      catchUpMs: null,
      lag: null,
      arrivals: noArrivals,
    },
  };
}

/** The status of a connector that is given a rest: nothing is wrong with it, and nothing is waited for. Pure. */
export function rested(before: ConnectorStatus): ConnectorStatus {
  const state = before.firstSeenAt === null ? 'pending' : 'connected';
  return { ...before, state, health: 'ok', problem: null, failing: null, unseenSince: null, lag: null };
}

/** The status with which it goes on after its rest: that it was silent says nothing of the source. Pure. */
export function resumed(before: ConnectorStatus, now: number): ConnectorStatus {
  return { ...rested(before), arrivals: interrupted(before.arrivals, now) };
}
