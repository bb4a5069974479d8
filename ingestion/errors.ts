/** Every reason for which a connector can stop or fall behind. What a person reads about each lives in `cards/hints.ts`. */
export const reasons = [
  // Okta leg
  'domain-unknown', // no such host, or the host is not an Okta org
  'domain-refused', // the host or a link leads where a token may not be sent
  'okta-unreachable', // network, timeout, 5xx
  'okta-answer-unusable', // 200 with a body or link that can't be used
  'okta-request-refused', // Okta refuses our request itself
  'token-refused', // 401: expired, revoked, owner deactivated
  'token-not-permitted', // 403: the owner may not read the System Log
  'rate-limited', // 429, or our share of the budget is used up
  'cursor-refused', // the stored next link is not accepted any more
  'key-unreadable', // the stored token can't be opened
  'key-deleted', // the secret that holds the token is not in the vault any more
  'key-disabled', // it is there, and switched off
  'vault-unknown', // no such vault
  'vault-unreachable', // network, timeout, 5xx
  'vault-throttled', // 429
  'vault-forbidden', // a right on the vault is missing, or its firewall keeps the bot out
  'vault-refused', // the vault refuses what was asked for
  'source-quiet', // no events although they are usual
  // Azure leg
  'identity-failed', // no token for the bot's own identity
  'azure-forbidden', // a right is missing while provisioning
  'sentinel-off', // Microsoft Sentinel is not enabled on the workspace
  'azure-refused', // Azure refuses what we asked for, for none of the reasons below
  'policy-denies', // a policy of the organisation
  'scope-locked', // a lock on the resource, its group or its subscription
  'assignment-denies', // a deny assignment: no role helps
  'grant-restricted', // a condition on the bot's role forbids the grant
  'provider-unregistered', // the subscription does not know the resource provider
  'subscription-disabled', // read-only until it is paid or enabled again
  'workspace-gone', // workspace, resource group or subscription deleted or moved
  'region-unfit', // the region does not offer Direct rules
  'azure-limit', // a limit or quota of Azure is reached
  'table-unfit', // a table of our name is there, and can't take our rows
  'operation-failed', // a long-running operation failed or was cancelled
  'azure-busy', // another operation is in progress, or what was just made is not known everywhere yet
  'azure-unreachable', // network, timeout, 5xx
  'azure-throttled', // 429
  'role-missing', // upload 403
  'rule-missing', // upload 404, or a look has not found it
  'table-missing', // a look has not found the table
  'update-failed', // table, functions or rule could not be brought up to date; what was there runs on
  'events-refused', // single events went to quarantine
  'values-cut', // values over 64 KB, which Azure cuts off
  'not-visible', // accepted, but no row in the table
  'no-first-events', // pending for too long: Okta has had no events
  'no-first-data', // pending for too long: events were sent, no row is visible
  'look-failed', // pending for too long, and the workspace can't be looked into
  // The network in between
  'proxy-refused', // the proxy asks for a password, or does not let us through to a host
  'certificate-unknown', // a host, or a proxy in its name, shows a certificate of an authority unknown here
  // Ours
  'scheduler-down', // no poll for three intervals
] as const;

export type Reason = (typeof reasons)[number];

/** What support needs: the platform's own words and ids. Never holds a credential. */
export type Evidence = {
  status?: number;
  code?: string;
  /** The platform's sentence; foreign text, to be escaped where it is shown. */
  text?: string;
  requestId?: string;
  /** For how long Azure asks to be left alone. */
  retryAfterMs?: number;
  /** The missing Azure action, the span that was re-read, the host: whatever the hint's sentence names. */
  subject?: string;
  /** What has to be granted so that a missing right is there: roles, each on an ARM id, with the actions it is for. */
  grants?: Grant[];
};

/** A role that somebody has to give to the bot's identity. */
export type Grant = { role: string; scope: string; actions: string[] };

/** The one error that can stop a connector; made at the edge, so that nothing inside reads messages or status codes. */
export class ConnectorError extends Error {
  readonly reason: Reason;
  readonly evidence: Evidence;

  constructor(reason: Reason, evidence: Evidence = {}, cause?: unknown) {
    super(`${reason}${evidence.status ? ` (${evidence.status})` : ''}${evidence.text ? `: ${evidence.text}` : ''}`, {
      cause,
    });
    this.name = 'ConnectorError';
    this.reason = reason;
    // Foreign text: PostgreSQL takes no NUL, and a verdict must always be written.
    this.evidence = Object.fromEntries(
      Object.entries(evidence).map(([name, value]) => [
        name,
        typeof value === 'string' ? value.replaceAll('\0', '') : value,
      ]),
    );
  }
}

/**
 * The fault of the network in between that stands in an error, or in the words of one: the SDK of identities, and the border
 * between threads, let nothing but a message through. Null when there is none.
 */
export function inBetween(error: unknown): ConnectorError | null {
  if (error instanceof ConnectorError) return error;
  const told =
    /(proxy-refused|certificate-unknown|azure-unreachable)(?: \((\d+)\))?: (.{1,200}? for ([\w.:-]+\w))/.exec(
      String(error),
    );
  if (!told) return null;
  const [, reason, status, text = '', subject = ''] = told;
  return new ConnectorError(reason as Reason, { ...(status && { status: Number(status) }), text, subject }, error);
}
