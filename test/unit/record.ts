import { type Arrivals, noArrivals } from '../../ingestion/connector/arrivals.ts';
import type { Connector, Observation } from '../../ingestion/connector/connector.ts';
import { newborn } from '../../ingestion/connector/lifecycle.ts';
import type { PollResult } from '../../ingestion/connector/poll-result.ts';

export const minute = 60_000;
export const hour = 60 * minute;
/** Noon, in UTC. */
export const now = Date.UTC(2026, 10, 24, 12);

/** What of a record a test cares for. */
export type Given = {
  status?: Partial<Connector['status']>;
  provisioning?: Partial<Connector['provisioning']>;
  settings?: Partial<Connector['settings']>;
  observation?: Partial<Observation> | null;
  createdAt?: number;
  desired?: Connector['desired'];
  pause?: Connector['pause'];
};

/** A connector that has run well for two days: rows are seen, nothing is wrong, and nothing is usual. */
export function record(given: Given = {}): Connector {
  const born = newborn();
  const made = now - 48 * hour;
  const settings = { intervalSeconds: 60, table: { plan: 'Analytics', retentionDays: 90, totalRetentionDays: 90 } };
  const seen = { at: now, rows: 5, newestEvent: now, newestArrival: now };
  const observation = { triedAt: now, seen, problem: null, there: null, gone: null };
  return {
    id: 'c',
    tenantId: 't',
    name: 'Acme',
    domain: 'acme.okta.com',
    createdAt: given.createdAt ?? made,
    dueAt: now,
    desired: given.desired ?? 'run',
    pause: given.pause ?? null,
    settings: { ...settings, ...given.settings } as Connector['settings'],
    provisioning: { ...born.provisioning, finishedAt: made, ...given.provisioning },
    status: { ...born.status, state: 'connected', firstSeenAt: made, caughtUpAt: now - minute, ...given.status },
    muted: null,
    observation: given.observation === null ? null : { ...observation, ...given.observation },
    retried: null,
  };
}

/** A poll that read all there was, and there was nothing. */
export function pollResult(given: Partial<PollResult> = {}): PollResult {
  return {
    startedAt: now - 1_000,
    served: 0,
    accepted: 0,
    refused: 0,
    cut: 0,
    newest: now - hour,
    behindMs: 0,
    catchUpMs: null,
    waitMs: null,
    caughtUp: !given.failure,
    rereadFrom: null,
    newFields: [],
    toCome: null,
    failure: null,
    ...given,
  };
}

/** A look into the workspace that was made at `at`, and the newest row's arrival then. */
export function look(at: number, newestArrival: number | null, rows = 5): Partial<Observation> {
  return { triedAt: at, seen: { at, rows, newestEvent: newestArrival, newestArrival } };
}

/** Of a source of which so many events an hour are usual, and that was heard of last at `lastAt`; its silences have taught a limit. */
export function usually(perHour: number, lastAt: number, given: Partial<Arrivals> = {}): Arrivals {
  const usual = { rates: [perHour, perHour, perHour], limits: { silence: 10, fall: Math.log(4), rise: Math.log(4) } };
  const hourNow = Math.floor(lastAt / hour);
  return {
    ...noArrivals,
    hour: hourNow,
    spoiled: false,
    lastAt,
    lookedAt: lastAt,
    usual: usual as Arrivals['usual'],
    ...given,
  };
}
