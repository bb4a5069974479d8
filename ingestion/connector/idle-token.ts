import { type Connector, type Problem, pauseOf } from './connector.ts';

const dayMs = 86_400_000;

/** Okta ends a token that was not used for 30 days (developer.okta.com/docs/guides/create-an-api-token). */
export const idleTokenMs = 30 * dayMs;
/** It is told of so long after its last use. */
export const idleWarningMs = 20 * dayMs;

/**
 * When the token of a connector that rests ends unless it is used, in ms since the epoch; null when it goes on, or reads by a service
 * app, whose key does not end. Pure.
 */
export function tokenEndsAt(connector: Connector): number | null {
  const pause = pauseOf(connector);
  return pause && !connector.settings.clientId ? pause.idleSince + idleTokenMs : null;
}

/** The problem of a connector whose rest is the end of its token; null when it has none. Pure. */
export function idleToken(connector: Connector): Problem | null {
  const pause = pauseOf(connector);
  const endsAt = tokenEndsAt(connector);
  if (!pause || endsAt === null) return null;
  const subject = new Date(endsAt).toISOString();
  return { reason: 'token-idle', health: 'warning', since: pause.idleSince, evidence: { subject } };
}
