/** The part of the way on which something breaks: up to Okta's answer, from the key or upload on, or Patchbay itself. */
export type Leg = 'Okta' | 'Azure' | 'Patchbay';

/**
 * What connectors have in common that fail for a reason at the same time: the Okta org; the owner of its tokens, or what the org
 * allows them; its service app; what is new in Okta's events; the workspace; the Azure region; the key vault; the bot's identity; the key that seals
 * tokens in the store; the network between; the bot itself.
 */
export type Shared =
  | 'org'
  | 'tokens'
  | 'app'
  | 'fields'
  | 'workspace'
  | 'region'
  | 'vault'
  | 'identity'
  | 'sealing'
  | 'network'
  | 'polling';

/** All that the product knows of a reason. What a person reads of it is in `cards/words/hints.ts`. */
export type ReasonFacts = {
  leg: Leg;
  /** It ends by itself: it is borne for a while, and tried again soon. For all others somebody has to do something. */
  passes: boolean;
  /** How grave it is in a poll: an error at once; only after it has gone on for a while; a warning and never more. */
  gravity: 'error' | 'grows' | 'warning';
  /** From which health on people are told by a card; below that it shows in `status` only. */
  alarmsFrom: 'warning' | 'error';
  /**
   * What mends it: `manage`, another token or domain; `rebuild`, making anew what is gone, before which nothing can be sent;
   * `check`, going over all that the connector has in Azure beside its polls; `resume`, ending its rest. Null: nothing that
   * Patchbay can do.
   */
  mendedBy: 'manage' | 'rebuild' | 'check' | 'resume' | null;
  /** What it means where the same name or token has worked before: a fault of the network, not of what was typed. */
  onceWorked?: Reason;
  /** Whoever shares this fails for it together, and is told of as one; absent where it is of one connector alone. */
  shared?: Shared;
};

const error = { passes: false, gravity: 'error', alarmsFrom: 'error', mendedBy: null } as const;
const passing = { ...error, passes: true, gravity: 'grows' } as const;
const notice = { ...error, gravity: 'warning' } as const;
const stall = { ...error, gravity: 'grows', alarmsFrom: 'warning' } as const;

const okta = { leg: 'Okta' } as const;
const azure = { leg: 'Azure' } as const;
const patchbay = { leg: 'Patchbay' } as const;

const rows = {
  // From Okta
  /** No such host, or the host is not an Okta org. */
  'domain-unknown': { ...okta, ...error, mendedBy: 'manage', onceWorked: 'okta-unreachable', shared: 'org' },
  /** The host or a link leads where a token may not be sent. */
  'domain-refused': { ...okta, ...error, mendedBy: 'manage', shared: 'org' },
  /** Network, time-out, 5xx. */
  'okta-unreachable': { ...okta, ...passing, shared: 'org' },
  /** 200 with a body or link that can't be used. */
  'okta-answer-unusable': { ...okta, ...passing, shared: 'org' },
  /** Okta refuses our request itself. */
  'okta-request-refused': { ...okta, ...error },
  /** 401: expired, revoked, owner deactivated. */
  'token-refused': { ...okta, ...error, mendedBy: 'manage', shared: 'tokens' },
  /** The service app is not known by this id or key, or the clocks differ. */
  'app-refused': { ...okta, ...error, mendedBy: 'manage', shared: 'app' },
  /** The connector rests, and Okta ends a token that is not used. */
  'token-idle': { ...okta, ...notice, alarmsFrom: 'warning', mendedBy: 'resume' },
  /** 403: the owner may not read the System Log. */
  'token-not-permitted': { ...okta, ...error, mendedBy: 'manage', shared: 'tokens' },
  /** The service app lacks the scope `okta.logs.read`, or an admin role. */
  'app-not-permitted': { ...okta, ...error, shared: 'app' },
  /** 429, or our share of the budget is used up. */
  'rate-limited': { ...okta, ...stall, shared: 'org' },
  /** The stored next link is not accepted any more. */
  'cursor-refused': { ...okta, ...notice },
  /** No events although they are usual. */
  'source-quiet': { ...okta, ...stall },
  /** Events that say of themselves that they are of a time to come. */
  'odd-time': { ...okta, ...notice },
  /** Far fewer events than just before, and than is usual. */
  'volume-dropped': { ...okta, ...notice, alarmsFrom: 'warning' },
  /** Far more of them. */
  'volume-surged': { ...okta, ...notice, alarmsFrom: 'warning' },
  /** Pending for too long: Okta has had no events. */
  'no-first-events': { ...okta, ...error },

  // The stored token
  /** It can't be opened with the settings of today. */
  'key-unreadable': { ...patchbay, ...error, mendedBy: 'manage', shared: 'sealing' },
  /** The secret that holds it is not in the vault any more. */
  'key-deleted': { ...azure, ...error, mendedBy: 'manage' },
  /** The secret is there, and switched off. */
  'key-disabled': { ...azure, ...error, mendedBy: 'manage' },
  /** No such vault. */
  'vault-unknown': { ...azure, ...error, onceWorked: 'vault-unreachable', shared: 'vault' },
  /** Network, time-out, 5xx. */
  'vault-unreachable': { ...azure, ...passing, shared: 'vault' },
  /** 429. */
  'vault-throttled': { ...azure, ...passing, shared: 'vault' },
  /** A right on the vault is missing, or its firewall keeps the bot out. */
  'vault-forbidden': { ...azure, ...error, shared: 'vault' },
  /** The vault refuses what was asked for. */
  'vault-refused': { ...azure, ...error },

  // Setting up in Azure, and taking apart
  /** No token for the bot's own identity. */
  'identity-failed': { ...azure, ...passing, shared: 'identity' },
  /** A right is missing. */
  'azure-forbidden': { ...azure, ...error },
  /** Microsoft Sentinel is not enabled on the workspace. */
  'sentinel-off': { ...azure, ...error, shared: 'workspace' },
  /** Azure refuses what we asked for, for none of the reasons below. */
  'azure-refused': { ...azure, ...error },
  /** A policy of the organisation. */
  'policy-denies': { ...azure, ...error },
  /** A lock on the resource, its group or its subscription. */
  'scope-locked': { ...azure, ...error },
  /** A deny assignment: no role helps. */
  'assignment-denies': { ...azure, ...error },
  /** A condition on the bot's role forbids the grant. */
  'grant-restricted': { ...azure, ...error },
  /** The subscription does not know the resource provider. */
  'provider-unregistered': { ...azure, ...error },
  /** Read-only until it is paid or enabled again. */
  'subscription-disabled': { ...azure, ...error, shared: 'workspace' },
  /** Workspace, resource group or subscription deleted or moved. */
  'workspace-gone': { ...azure, ...error, shared: 'workspace' },
  /** The region does not offer Direct rules. */
  'region-unfit': { ...azure, ...error },
  /** A limit or quota of Azure is reached. */
  'azure-limit': { ...azure, ...error },
  /** A table of our name is there, and can't take our rows. */
  'table-unfit': { ...azure, ...error },
  /** A long-running operation failed or was cancelled. */
  'operation-failed': { ...azure, ...error },
  /** Another operation is in progress, or what was just made is not known everywhere yet. */
  'azure-busy': { ...azure, ...passing },
  /** Table, functions or rule could not be brought up to date; what was there runs on. */
  'update-failed': { ...azure, ...notice },

  // To the workspace
  /** Network, time-out, 5xx. */
  'azure-unreachable': { ...azure, ...passing, shared: 'region' },
  /** 429. */
  'azure-throttled': { ...azure, ...passing, shared: 'region' },
  /** Upload 403, for no reason that is known to be another one. */
  'role-missing': { ...azure, ...error, mendedBy: 'check' },
  /** Upload 403 because of where it comes from: private link, firewall, network security perimeter. */
  'network-closed': { ...azure, ...error, shared: 'workspace' },
  /** Upload 404 or InvalidStream, or a visibility check has not found it. */
  'rule-missing': { ...azure, ...error, mendedBy: 'rebuild' },
  /** A visibility check has not found the table. */
  'table-missing': { ...azure, ...error, mendedBy: 'rebuild', shared: 'workspace' },
  /** Single events went to quarantine. */
  'events-refused': { ...azure, ...notice },
  /** Values over 64 KB, which Azure cuts off. */
  'values-cut': { ...azure, ...notice },
  /** Events have a field that our stream does not declare. */
  'new-field': { ...azure, ...notice, alarmsFrom: 'warning', shared: 'fields' },
  /** The workspace's daily cap is reached: Azure takes events, and drops them. */
  'daily-cap': { ...azure, ...error, alarmsFrom: 'warning', shared: 'workspace' },
  /** More arrives in the workspace than Azure lets in: it drops some. */
  'ingestion-limit': { ...azure, ...error, alarmsFrom: 'warning', shared: 'workspace' },
  /** The rule's transform fails on the events. */
  'transform-failed': { ...azure, ...error, alarmsFrom: 'warning', mendedBy: 'check' },
  /** Accepted, but no row in the table. */
  'not-visible': { ...azure, ...error, alarmsFrom: 'warning', mendedBy: 'check', shared: 'workspace' },
  /** Pending for too long: events were sent, no row is visible. */
  'no-first-data': { ...azure, ...error, mendedBy: 'check' },
  /** The workspace can't be looked into. */
  'look-failed': { ...azure, ...notice, shared: 'workspace' },

  // The network in between, and Patchbay itself
  /** Both legs answer, and the backlog grows. */
  'falling-behind': { ...patchbay, ...stall },
  /** The proxy asks for a password, or does not let us through to a host. */
  'proxy-refused': { ...patchbay, ...error, shared: 'network' },
  /** A host, or a proxy in its name, shows a certificate of an authority unknown here. */
  'certificate-unknown': { ...patchbay, ...error, shared: 'network' },
  /** A poll is overdue by two intervals. */
  'scheduler-down': { ...patchbay, ...error, shared: 'polling' },
} as const satisfies Record<string, Omit<ReasonFacts, 'onceWorked'> & { onceWorked?: string }>;

/** Every reason for which a connector can stop or fall behind: a closed list. */
export type Reason = keyof typeof rows;

/** The reasons in the order of the way. */
export const reasons = Object.keys(rows) as Reason[];

/** What is known of a reason. */
export function factsOf(reason: Reason): ReasonFacts {
  return rows[reason];
}

/** The reasons that are mended in one of these ways. */
export function mendedBy(...ways: NonNullable<ReasonFacts['mendedBy']>[]): Reason[] {
  return reasons.filter((reason) => ways.some((way) => factsOf(reason).mendedBy === way));
}
