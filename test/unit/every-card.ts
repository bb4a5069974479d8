// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how the templates of Adaptive Cards look.

import { chooseConnectorPage } from '../../cards/dialogs/choose-connector.ts';
import { detailsPage, findPage, namePage, productsPage } from '../../cards/dialogs/connect.ts';
import { removeCard, removeDialog } from '../../cards/dialogs/delete.ts';
import { removeSeveralDialog } from '../../cards/dialogs/delete-several.ts';
import { manageDialog } from '../../cards/dialogs/manage.ts';
import { connectByApp, manageByApp } from '../../cards/dialogs/service-app.ts';
import { silencePage } from '../../cards/dialogs/silence.ts';
import { following } from '../../cards/kit/following.ts';
import type { Card } from '../../cards/kit/template.ts';
import { aboutCard } from '../../cards/messages/about.ts';
import { alertCard, type ToldAlert } from '../../cards/messages/alert.ts';
import { alertsCard } from '../../cards/messages/alerts.ts';
import { auditCard } from '../../cards/messages/audit.ts';
import { choiceCard } from '../../cards/messages/choice.ts';
import { connectorsCard } from '../../cards/messages/connectors.ts';
import { contentCard, unreadCard } from '../../cards/messages/content.ts';
import { contentChangesCard } from '../../cards/messages/content-changes.ts';
import { type Day, digestCard } from '../../cards/messages/digest.ts';
import { connectCard, galleryCard, oktaCard } from '../../cards/messages/gallery.ts';
import { helpCard, welcomeCard } from '../../cards/messages/help.ts';
import { howLongCard } from '../../cards/messages/how-long.ts';
import { incidentCard } from '../../cards/messages/incident.ts';
import { inStead } from '../../cards/messages/instead.ts';
import { manageCard } from '../../cards/messages/manage.ts';
import { missedCard } from '../../cards/messages/missed.ts';
import { noteCard } from '../../cards/messages/note.ts';
import { noticeCard } from '../../cards/messages/notice.ts';
import { pauseCard } from '../../cards/messages/pause.ts';
import { progressCard } from '../../cards/messages/progress.ts';
import { quarantineCard } from '../../cards/messages/quarantine.ts';
import { replyCard } from '../../cards/messages/reply.ts';
import { sharedCard } from '../../cards/messages/shared-alert.ts';
import { statusCard } from '../../cards/messages/status.ts';
import { suggestionCard } from '../../cards/messages/suggestion.ts';
import { unverifiedCard, verifyCard } from '../../cards/messages/verify.ts';
import { provisioningWords } from '../../cards/words/steps.ts';
import type { Change } from '../../ingestion/azure/content/changes.ts';
import type { Coverage, Judged, Remedy } from '../../ingestion/azure/content/coverage.ts';
import type { Audited } from '../../ingestion/connector/audit.ts';
import type { Sent } from '../../ingestion/connector/checkpoint.ts';
import { type Connector, type ConnectorStatus, stateOf } from '../../ingestion/connector/connector.ts';
import type { Closing, Incident } from '../../ingestion/connector/incident.ts';
import { newborn } from '../../ingestion/connector/lifecycle.ts';
import { missingSpan } from '../../ingestion/connector/missing-span.ts';
import type { ReplySubject } from '../../ingestion/connector/reply-subject.ts';
import { missingOf } from '../../ingestion/connector/verification.ts';
import type { Evidence } from '../../ingestion/errors.ts';
import { makeKey, publicPart } from '../../ingestion/okta/key-pair.ts';
import { type Reason, reasons } from '../../ingestion/reasons.ts';
import type { Place } from '../sims/teams/cards.ts';

/** The time at which the cards are drawn. */
export const now = Date.parse('2026-03-02T14:02:03.456Z');
export const minute = 60_000;

/** What Okta said. */
export const said: Evidence = {
  status: 401,
  code: 'E0000011',
  text: 'Invalid token provided',
  requestId: 'reqABC-123',
  subject: 'acme.okta.com',
};

/** A public key as the dialogs show it. */
const shownKey = JSON.stringify(publicPart(makeKey(now)));

/** A connector as it is right after Connect. */
export function connectorNamed(name: string, changes: Partial<Connector> = {}): Connector {
  return {
    id: '5f0c1b7e-8d1c-4a53-9a0f-2f3c6a1d9e10',
    tenantId: 'c0ffee00-0000-4000-8000-000000000001',
    name,
    domain: 'acme.okta.com',
    createdAt: now - 5 * minute,
    dueAt: now + minute,
    settings: {
      workspace: {
        id: '/subscriptions/s/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/soc',
        name: 'soc',
        customerId: 'c0ffee00-0000-4000-8000-000000000002',
        location: 'westeurope',
      },
      table: { plan: 'Analytics', retentionDays: 90, totalRetentionDays: 365 },
      keyId: 'the-id-of-a-sealed-key',
      intervalSeconds: 60,
      backfillHours: 1,
      conversationId: '19:soc@thread.tacv2',
      createdBy: { id: 'c0ffee00-0000-4000-8000-000000000003', name: 'Ada Byron' },
    },
    ...newborn(),
    ...changes,
  };
}

/** A connector that has been set up. */
export function built(changes: Partial<ConnectorStatus> = {}, name = 'Okta production'): Connector {
  const fresh = connectorNamed(name);
  return {
    ...fresh,
    provisioning: { ...fresh.provisioning, done: [...provisioningWords.keys()], finishedAt: now - 4 * minute },
    status: { ...fresh.status, lastPollAt: now - minute, ...changes },
  };
}

/** A connector that has stopped for this reason. */
export function failing(reason: Reason, evidence: Evidence = said, name?: string): Connector {
  const problem = { reason, health: 'error' as const, since: now - 12 * minute, evidence };
  const status = { failing: { reason, since: problem.since, polls: 9 }, lastEventAt: now - 13 * minute };
  const stopped = built({ state: 'error', health: 'error', problem, ...status }, name);
  const clientId = reason.startsWith('app-') ? '0oa1b2c3d4e5f6g7h8i9' : null;
  return { ...stopped, settings: { ...stopped.settings, clientId } };
}

/** A connector whose setup has stopped on the way. */
export function halfBuilt(name?: string): Connector {
  const fresh = connectorNamed(name ?? 'Okta production');
  const problem = {
    reason: 'azure-forbidden' as const,
    evidence: {
      grants: [{ role: 'Monitoring Contributor', scope: '/subscriptions/s/resourceGroups/rg', actions: ['a'] }],
    },
  };
  return {
    ...fresh,
    provisioning: {
      ...fresh.provisioning,
      done: ['rights', 'table', 'functions'],
      running: 'rule',
      problem,
      attempts: 1,
    },
  };
}

/** How a connector stands whose rows are seen. */
export const connected: Partial<ConnectorStatus> = {
  state: 'connected',
  firstSeenAt: now - minute,
  lastEventAt: now - 2 * minute,
};

/** What was sent so far. */
export const checkpoint: Sent = {
  newest: now - 2 * minute,
  sentEvents: 1_234_567,
  possiblyDuplicatedEvents: 12,
  refusedEvents: 3,
};

/** The incident of the connector’s problem. */
/** Where Azure’s portal is. */
export const portal = 'https://portal.azure.com';

/** An incident of the connector’s problem, twelve minutes old. */
export function incidentOf(connector: Connector, resolvedAt: number | null = null): Incident {
  const problem = connector.status.problem ?? {
    reason: 'okta-unreachable',
    health: 'error',
    since: now,
    evidence: {},
  };
  return {
    id: 'i1',
    connectorId: connector.id,
    alertId: 'a1',
    beganAt: now - 12 * minute,
    openedAt: now - 10 * minute,
    resolvedAt,
    problem,
    wasError: true,
    reasons: [problem.reason],
    closing: null,
    missing: missingSpan(connector, problem),
    acknowledged: null,
    movedAt: null,
    snoozed: null,
  };
}

/** The traffic of the last hour. */
export const lastHour = {
  events: 3_600,
  bytes: 9_900_000,
  requests: 130,
  retries: 2,
  repeated: 0,
  refused: 0,
  p50Seconds: 4,
  p95Seconds: 512,
};

/** What else is told of a connector: a day with a slack hour, an incident, a change, and where its alerts go. */
export const detail = detailOf('SOC › Alerts');

/** The same, with `foreign` wherever somebody else's text can stand. */
export function detailOf(foreign: string) {
  const connector = built({}, foreign);
  const [row] = rowsOf([connector]);
  const hours = Array.from({ length: 24 }, (_, index) => ({
    start: now - (24 - index) * 60 * minute,
    events: index === 5 ? 0 : 1_000 + index,
    usual: 900,
    p50Seconds: index === 5 ? null : 2,
    p95Seconds: index === 5 ? null : 256,
  }));
  return {
    alsoFedBy: [foreign],
    olderFeeds: [{ table: 'Okta_CL', connectorId: 'c', rows: 12_300 }],
    trend: { hours, repeated: 33 },
    budget: { taken: 12, most: 300, closedUntil: null },
    incidents: [incidentOf(connector, now), incidentOf(connector)],
    changed: row?.changed ?? null,
    places: placesOf(foreign),
    token: { keptAt: now - 366 * 1_440 * minute, ageDays: 365 },
    reporting: null,
  };
}

/** The id of a draft. */
export const draft = 'c0ffee00-0000-4000-8000-000000000004';
/** What page 3 holds before anybody has typed. */
export const answers = {
  workspace: '',
  tier: 'Analytics',
  retention: '90',
  total: '90',
  backfill: '1',
  interval: '60',
  conversation: '',
};

/** Where alerts go, and where they can't be delivered. */
function placesOf(foreign: string) {
  const channels = [
    { name: foreign, mutedUntil: null },
    { name: foreign, mutedUntil: now + minute },
  ];
  return { channels, chats: 2, closed: [{ name: foreign, since: now - minute }] };
}

/** The connectors as the list takes them. */
export function rowsOf(connectors: Connector[]) {
  const changed = {
    at: now - minute,
    actor: { id: 'c0ffee00-0000-4000-8000-000000000003', name: connectors[0]?.name ?? '' },
    action: 'manage' as const,
    connectorId: null,
    target: '',
    result: `changed ${connectors[0]?.name}`,
    conversationId: null,
  };
  return connectors.map((connector) => ({
    connector,
    checkpoint,
    state: stateOf(connector),
    incident: incidentOf(connector, now),
    changed,
    places: placesOf(connectors[0]?.name ?? ''),
  }));
}

/** An incident with everything that people may have done about it, by somebody of that name. */
function answered(name: string): Incident {
  const by = { id: 'p', name };
  const incident = incidentOf(failing('not-visible'));
  const reasons: Reason[] = ['token-refused', ...incident.reasons];
  return { ...incident, reasons, acknowledged: { by, at: now }, snoozed: { by, at: now, until: now + minute } };
}

function alertPlaces(name: string) {
  const filter = { errorsOnly: true, only: name };
  const quiet = { from: '22:00', to: '07:00', zone: 'Europe/Berlin' };
  const muted = { by: { name }, until: now + minute };
  const here = { name, alerts: true, connectors: 2, filter, quiet, muted, undeliverableSince: now };
  return { name, here, others: Array.from({ length: 30 }, () => here), chats: 2, open: 3 };
}

function dayOf(name: string): Day {
  const many = <T>(one: T) => Array.from({ length: 12 }, () => one);
  return {
    counts: { all: 12, errors: 3, warnings: 1, paused: 1 },
    incidents: many({ name, incident: answered(name) }),
    traffic: many({ name, events: 1_234_567, before: 1_200_000 }),
    silent: [
      { name, until: now + minute },
      { name, until: null },
    ],
    undeliverable: [{ name, since: now }],
    now,
  };
}

const quietDay = {
  counts: { all: 1, errors: 0, warnings: 0, paused: 0 },
  incidents: [],
  traffic: [],
  silent: [],
  undeliverable: [],
};

/** A page of a longer list. */
export function page(rows: ReturnType<typeof rowsOf>, { all = rows.length, page = 1, filter = '' } = {}): Card {
  return connectorsCard({ rows, counts: { all, errors: 1, warnings: 2, paused: 2 }, page, filter, now });
}

export function putAside(foreign: string, count: number) {
  const event = { uuid: foreign, published: foreign, reason: foreign, bytes: 1_100_063, at: now - minute };
  return Array.from({ length: count }, () => event);
}

/** Changes of every kind; texts of several lines, and of very many. */
function changesShown(foreign: string): Change[] {
  const about = { alias: 'OktaSSO', parameters: foreign, of: '0123456789abcdef' };
  const long = Array(40).fill(foreign).join('\n');
  return [
    { ...about, kind: 'save', before: null, after: 'PatchbayOktaSSO' },
    { ...about, kind: 'extend', before: long, after: `${long}\n| union isfuzzy=true (PatchbayOktaSSO)` },
    { ...about, kind: 'shorten', before: `${foreign}\n\nx`, after: foreign },
    { ...about, kind: 'remove', before: foreign, after: null },
  ];
}

/** Content of every kind, with each remedy. */
export function coverage(foreign: string): Coverage {
  const remedies: Remedy[] = [
    { kind: 'replace', from: foreign, to: 'PatchbayOktaSSO', or: 'mend' },
    { kind: 'extend', line: foreign },
    { kind: 'mend', name: foreign },
    { kind: 'lost', name: foreign },
    { kind: 'unify', from: foreign, custom: foreign, exists: true, ours: foreign, line: foreign },
    { kind: 'unify', from: '_Im_Authentication', custom: foreign, exists: false, ours: 'vim', line: foreign },
  ];
  const base = { kind: 'rule', name: foreign, enabled: false, through: foreign } as const;
  const misses: Judged[] = remedies.map((remedy) => ({ ...base, sees: false, remedy }));
  const counts = { rules: 12, hunting: 1, functions: 0 };
  return {
    counts,
    judged: [...misses, { ...base, sees: true }],
    unrelated: 7,
    lost: [foreign, 'OktaSystemLogsDistinct'],
    taken: [foreign],
  };
}

/** What can develop in an incident. */
function replies(by: string): ReplySubject[] {
  return [
    { kind: 'acknowledged', by },
    { kind: 'snoozed', by, until: now },
    { kind: 'snooze-ended', by },
    { kind: 'reason-changed', from: 'rule-missing', to: 'role-missing' },
    { kind: 'grown-worse' },
    { kind: 'goes-on', from: 'token-refused', to: 'okta-unreachable' },
    { kind: 'again' },
    { kind: 'also', reason: 'table-missing' },
    { kind: 'recovered' },
    ...(['deleted', 'paused', 'resumed', 'token'] as const).map((cause) => ({
      kind: 'closed' as const,
      closing: { cause, by: { id: 'a', name: by } },
    })),
    { kind: 'reminder' },
  ];
}

/** Twelve connectors that fail together, one that is well again and one that is muted; each of that name, and one is acknowledged. */
export function severalFailing(name: string, reason: Reason): ToldAlert {
  const evidence = { ...said, text: name, subject: name };
  const failed = (index: number): Connector => ({ ...failing(reason, evidence, name), id: `c${index}`, domain: name });
  const muted = { by: { id: 'p', name }, at: now, until: now + minute };
  const members = Array.from({ length: 14 }, (_, index) => {
    const connector = failed(index);
    const incident = { ...incidentOf(connector, index === 12 ? now : null), acknowledged: { by: muted.by, at: now } };
    return { connector: index === 13 ? { ...connector, muted } : connector, incident };
  });
  return { members, goesOn: false, portal, now };
}

/** Two connectors of that name that are well again, and one for each of these deeds, which ended it for that one. */
function severalOver(name: string, deeds: Closing['cause'][]): ToldAlert {
  const well = built(connected, name);
  const over = incidentOf(failing('not-visible'), now);
  const closings = [null, null, ...deeds.map((cause) => ({ cause, by: { id: 'a', name } }))];
  const members = closings.map((closing) => ({ connector: well, incident: { ...over, closing } }));
  return { members, goesOn: false, portal, now };
}

/** The manage dialog as it opens. */
export function manageable(connector: Connector) {
  const { name, domain, settings } = connector;
  const { conversationId: conversation } = settings;
  return {
    connector,
    draft,
    lake: false,
    values: { name, domain, interval: `${settings.intervalSeconds}`, conversation, retention: '90', total: '365' },
    conversations: [{ id: conversation, name: 'SOC' }],
    keyKept: false,
    outboundAddresses: ['203.0.113.4'],
    newDomain: null,
    shorter: null,
    errors: {},
    notes: [],
  };
}

/** A page of the audit. */
function audited(foreign: string, entries: number): Card {
  const [row] = rowsOf([built({}, foreign)]);
  const entry = { ...row?.changed, target: foreign, conversationId: 'c' } as Audited;
  return auditCard({
    about: entries > 0 ? foreign : null,
    data: { target: foreign },
    entries: Array.from({ length: entries }, () => entry),
    places: new Map([['c', foreign]]),
    page: 2,
    more: true,
    now,
  });
}

/** So many events sent, of which so many are missing. */
function verified(foreign: string, sent: number, missing: number, cut: Evidence | null = null) {
  const verification = {
    cut,
    toCome: cut ? 1 : 0,
    since: now - 60 * minute,
    sent,
    late: 10,
    possiblyTwice: 3,
    rows: sent - missing + 2,
    events: sent - missing,
    newestEvent: sent > 0 ? now - minute : null,
    newestArrival: sent > 0 ? now : null,
    p50Seconds: sent > 0 ? 4 : null,
    p95Seconds: sent > 0 ? 512 : null,
    sample: sent > 0 ? [{ published: now - minute, type: foreign, result: foreign }] : [],
  };
  return { verification, ...missingOf(verification) };
}

/** Every card, with `foreign` wherever somebody else's text can stand. */
export function everyCard(foreign: string): [string, Card, Place][] {
  const well = built(connected, foreign);
  const bad = failing('token-refused', { ...said, text: foreign, code: foreign, subject: foreign }, foreign);
  const muted = { ...bad, muted: { by: { id: 'p', name: foreign }, at: now, until: now + minute } };
  const fresh = connectorNamed(foreign);
  const alarm = { connector: bad, incident: incidentOf(fresh), portal, now };
  const deleting: Connector = { ...well, desired: 'delete' };
  const rest = { at: now - minute, by: { id: 'a', name: foreign }, idleSince: now - minute, resumed: null };
  const paused: Connector = { ...well, desired: 'pause', pause: rest };
  const warned = built({
    ...connected,
    health: 'warning',
    problem: { reason: 'source-quiet', health: 'warning', since: now, evidence: {} },
  });
  const refused = { kind: 'refused', reason: 'azure-forbidden', evidence: { ...said, text: foreign } } as const;
  const errors = { name: foreign, domain: foreign, key: foreign, form: foreign };
  const workspaces = [{ id: 'w1', name: foreign, location: 'westeurope', resourceGroup: foreign }];
  const unavailable = Array.from({ length: 8 }, () => ({
    name: foreign,
    why: foreign,
  }));
  const details = { draft, values: answers, unavailable, conversations: [{ id: 'c', name: foreign }] };
  const status = (connector: Connector) =>
    statusCard({ connector, checkpoint, lastHour, ...detailOf(foreign), state: stateOf(connector), now });
  const list = (connectors: Connector[], at = 1, filter = '') =>
    page(rowsOf(connectors.slice(0, 5)), { all: connectors.length, page: at, filter });
  return [
    [
      'name page, empty',
      namePage({
        draft,
        values: { name: '', domain: '' },
        keyStored: false,
        outboundAddresses: [],
        errors: {},
        notes: [],
      }),
      'dialog',
    ],
    [
      'name page, wrong',
      namePage({
        draft,
        values: { name: 'x', domain: 'y.z' },
        keyStored: true,
        outboundAddresses: ['203.0.113.4', '203.0.113.5'],
        errors,
        notes: [foreign, foreign],
      }),
      'dialog',
    ],
    [
      'service app page',
      connectByApp({ draft, publicKey: shownKey, outboundAddresses: [], client: foreign, errors: {} }),
      'dialog',
    ],
    [
      'service app page, wrong',
      connectByApp({ draft, publicKey: shownKey, outboundAddresses: [], client: 'x', errors }),
      'dialog',
    ],
    [
      'service app, manage',
      manageByApp(
        { draft, publicKey: shownKey, outboundAddresses: [], client: '', errors },
        { connector: built(connected, foreign), now: null },
      ),
      'dialog',
    ],
    [
      'service app, new key',
      manageByApp(
        { draft, publicKey: shownKey, outboundAddresses: [], client: '0oa1', errors: {} },
        { connector: well, now: foreign },
      ),
      'dialog',
    ],
    ['find page', findPage({ draft, find: foreign, left: 1460, errors: { form: foreign } }), 'dialog'],
    ['details page, found', detailsPage({ ...details, workspaces, found: { left: 20 }, errors: {} }), 'dialog'],
    ['products page', productsPage({ draft, notes: [foreign], errors: { form: foreign } }), 'dialog'],
    ['details page', detailsPage({ ...details, workspaces, errors: {} }), 'dialog'],
    [
      'details page, wrong',
      detailsPage({
        ...details,
        values: { ...answers, retention: 'many', backfill: '', tier: '' },
        workspaces: [...workspaces, ...workspaces],
        errors: {
          form: foreign,
          workspace: foreign,
          tier: foreign,
          retention: foreign,
          total: foreign,
          backfill: foreign,
          interval: foreign,
          conversation: foreign,
        },
      }),
      'dialog',
    ],
    [
      'details page, again',
      detailsPage({ ...details, workspaces, again: { workspaceId: 'w1', by: [foreign] }, errors: { again: foreign } }),
      'dialog',
    ],
    ['details page, no workspace', detailsPage({ ...details, workspaces: [], errors: {} }), 'dialog'],
    [
      'details page, nothing at all',
      detailsPage({ ...details, workspaces: [], unavailable: [], errors: {} }),
      'dialog',
    ],
    ['progress, new', progressCard({ connector: fresh, conversationName: foreign, now }), 'message'],
    ['progress, stopped', progressCard({ connector: halfBuilt(foreign), now }), 'message'],
    ['progress, pending', progressCard({ connector: built({}, foreign), now }), 'message'],
    [
      'progress, tried again',
      progressCard({ connector: { ...bad, retried: { by: { id: 'p', name: foreign }, at: now, tried: false } }, now }),
      'message',
    ],
    ['progress, failed', progressCard({ connector: bad, conversationName: foreign, now }), 'message'],
    ['progress, connected', progressCard({ connector: well, now }), 'message'],
    ['progress, deleting', progressCard({ connector: deleting, now }), 'message'],
    ['progress, paused', progressCard({ connector: paused, now }), 'message'],
    [
      'status, new',
      statusCard({
        connector: fresh,
        checkpoint: null,
        lastHour,
        ...detail,
        trend: { hours: [], repeated: 0 },
        incidents: [],
        state: 'pending',
        now,
      }),
      'message',
    ],
    ['status, well', status(well), 'message'],
    ['status, warned', status(warned), 'message'],
    ['status, error', status(bad), 'message'],
    ['status, stopped', status(halfBuilt(foreign)), 'message'],
    ['status, deleting', status(deleting), 'message'],
    ['status, paused', status(paused), 'message'],
    [
      'status, fed twice',
      statusCard({
        connector: well,
        checkpoint,
        lastHour,
        ...detailOf(foreign),
        state: 'connected',
        alsoFedBy: Array(7).fill(foreign),
        now,
      }),
      'message',
    ],
    ['pause', pauseCard({ connector: paused, text: foreign }), 'message'],
    ['resume', pauseCard({ connector: well, text: foreign }), 'message'],
    [
      'status, dialog',
      statusCard({ connector: bad, checkpoint, lastHour, ...detailOf(foreign), state: 'error', inDialog: true, now }),
      'dialog',
    ],
    ['connectors, none', list([]), 'message'],
    ['connectors, none that match', list([], 1, foreign), 'message'],
    [
      'connectors',
      list([bad, warned, well, fresh, deleting, well, well, well, well, well, well], 2, 'okta'),
      'message',
    ],
    ...(['unnamed', 'several', 'none'] as const).flatMap((why): [string, Card, Place][] =>
      [0, 3].map((all) => [
        `choice, ${why} of ${all}`,
        choiceCard({ word: 'status', text: foreign, why, choices: all > 0 ? [well, bad, fresh] : [], more: true, all }),
        'message',
      ]),
    ),
    ...[0, 3, 60].map((left): [string, Card, Place] => [
      `the connector to manage, ${left} more`,
      chooseConnectorPage({
        offered: left === 3 ? [] : [bad, well],
        left,
        find: left > 0 ? foreign : '',
        missed: left === 60,
      }),
      'dialog',
    ]),
    ...[[], ['status'], ['connect', 'connectors', 'content']].map((meant): [string, Card, Place] => [
      `suggestion of ${meant.length}`,
      suggestionCard({ typed: foreign, meant, argument: foreign }),
      'message',
    ]),
    [
      'help',
      helpCard({ commands: [{ usage: foreign, what: foreign }], may: { change: true, answer: true } }),
      'message',
    ],
    ['help for a reader', helpCard({ commands: [], may: { change: false, answer: false } }), 'message'],
    ['help for a guest', helpCard({ commands: [], may: null }), 'message'],
    ['welcome', welcomeCard({ installedBy: foreign }), 'message'],
    ['welcome by nobody', welcomeCard({}), 'message'],
    ...reasons.map((reason): [string, Card, Place] => {
      const connector = failing(reason, { ...said, text: foreign, subject: foreign }, foreign);
      return [
        `incident: ${reason}`,
        incidentCard({ connector, incident: incidentOf(connector), portal, now }),
        'message',
      ];
    }),
    ...reasons.map((reason): [string, Card, Place] => [
      `alert of several: ${reason}`,
      alertCard(severalFailing(foreign, reason)),
      'message',
    ]),
    ...replies(foreign).map((subject): [string, Card, Place] => [
      `reply of several: ${subject.kind}`,
      replyCard({ members: severalFailing(foreign, 'token-refused').members, subject }),
      'message',
    ]),
    ['alert of several, over', sharedCard(severalOver(foreign, [])), 'message'],
    ['alert of several, closed', alertCard(severalOver(foreign, ['paused'])), 'message'],
    ['alert that goes on elsewhere', alertCard({ ...severalOver(foreign, []), goesOn: true }), 'message'],
    ...replies(foreign).map((subject): [string, Card, Place] => [
      `reply: ${subject.kind}`,
      replyCard({ members: [{ connector: bad, incident: answered(foreign) }], subject }),
      'message',
    ]),
    ...(['deleted', 'paused', 'resumed', 'token'] as const).map((cause): [string, Card, Place] => {
      const incident = { ...incidentOf(bad, now), closing: { cause, by: { id: 'a', name: foreign } } };
      return [`incident, closed: ${cause}`, incidentCard({ connector: paused, incident, portal, now }), 'message'];
    }),
    ['incident, bare', incidentCard({ connector: bad, incident: incidentOf(fresh), portal, now }), 'message'],
    ['incident, told elsewhere', inStead(incidentCard(alarm), { name: foreign, since: now }), 'message'],
    ['incident, not delivered so far', inStead(incidentCard(alarm), { name: foreign, since: null }), 'message'],
    ['incident, followed', following(incidentCard(alarm), { card: 'c', viewers: ['29:1'] }), 'message'],
    ['missed', missedCard([[alarm], [alarm, { ...alarm, incident: incidentOf(bad, now) }]]), 'message'],
    ['incident, resolved', incidentCard({ connector: well, incident: incidentOf(bad, now), portal, now }), 'message'],
    ['quarantine', quarantineCard({ connector: well, events: 1234, newest: putAside(foreign, 10), now }), 'message'],
    ['quarantine, none', quarantineCard({ connector: well, events: 0, newest: [], now }), 'message'],
    ['content', contentCard({ connector: well, coverage: coverage(foreign), page: 1, now }), 'message'],
    [
      'content changes',
      contentChangesCard({ connector: well, changes: changesShown(foreign), done: null, now }),
      'message',
    ],
    [
      'content changes, one done',
      contentChangesCard({
        connector: well,
        changes: changesShown(foreign),
        done: changesShown(foreign)[0] ?? null,
        now,
      }),
      'message',
    ],
    ['content changes, none left', contentChangesCard({ connector: well, changes: [], done: null, now }), 'message'],
    ['content, last page', contentCard({ connector: well, coverage: coverage(foreign), page: 9, now }), 'message'],
    [
      'content, none',
      contentCard({ connector: well, coverage: { ...coverage(foreign), judged: [] }, page: 1, now }),
      'message',
    ],
    ...reasons.map((reason): [string, Card, Place] => {
      const why = { kind: 'refused' as const, reason, evidence: { ...said, text: foreign, subject: foreign } };
      return [`content, ${reason}`, unreadCard({ connector: well, why, now }), 'message'];
    }),
    ['content, late', unreadCard({ connector: well, why: { kind: 'late' }, now }), 'message'],
    ['content, gone', unreadCard({ connector: well, why: { kind: 'gone' }, now }), 'message'],
    ['manage', manageCard({ connector: well }), 'message'],
    ['manage, dialog, paused', manageDialog(manageable(paused)), 'dialog'],
    ['manage, dialog', manageDialog({ ...manageable(well), conversations: [{ id: 'c', name: foreign }] }), 'dialog'],
    [
      'manage, dialog, wrong',
      manageDialog({
        ...manageable(well),
        values: { name: 'x', domain: 'y.z', interval: 'often', conversation: 'gone', retention: 'long', total: '' },
        keyKept: true,
        outboundAddresses: ['203.0.113.4'],
        newDomain: foreign,
        feeding: [foreign],
        shorter: { from: 365, to: 30 },
        errors: {
          ...errors,
          ...{ interval: foreign, conversation: foreign, confirm: foreign, retention: foreign, total: foreign },
          shorten: foreign,
        },
        notes: [foreign],
      }),
      'dialog',
    ],
    ...(['paused', 'resumed'] as const).map((kind): [string, Card, Place] => [
      `note: ${kind}`,
      noteCard({ connector: well, note: { kind, by: foreign } }),
      'message',
    ]),
    ['note: changed', noteCard({ connector: well, note: { kind: 'changed', by: foreign, words: foreign } }), 'message'],
    ['delete', removeCard({ connector: well }), 'message'],
    [
      'delete, several',
      removeSeveralDialog({ connectors: [well, paused], mayNot: [{ name: foreign, why: foreign }], error: foreign }),
      'dialog',
    ],
    ['delete, dialog', removeDialog({ connector: well, typed: '', error: foreign }), 'dialog'],
    ['notice', noticeCard({ title: foreign, text: `${foreign}\n\n${foreign}`, tone: 'warning' }), 'message'],
    ['gallery, empty', galleryCard({ all: 0, errors: 0, warnings: 0, paused: 0 }), 'message'],
    ['gallery', galleryCard({ all: 10_000, errors: 2, warnings: 3, paused: 3 }), 'message'],
    ['gallery, Okta', oktaCard({ all: 10_000, errors: 2, warnings: 3, paused: 3 }), 'message'],
    ['connect', connectCard(null), 'message'],
    ['connect, with a domain', connectCard('acme.okta.com'), 'message'],
    ['audit, empty', audited(foreign, 0), 'message'],
    ['audit', audited(foreign, 8), 'message'],
    [
      'about',
      aboutCard({
        counts: { all: 3, errors: 1, warnings: 1, paused: 1 },
        startedAt: now - minute,
        polledAt: now,
        now,
      }),
      'message',
    ],
    ...(['late', 'lake'] as const).map((kind): [string, Card, Place] => [
      `verify, ${kind}`,
      unverifiedCard({ connector: well, portal, why: { kind }, now }),
      'message',
    ]),
    ['verify, refused', unverifiedCard({ connector: bad, portal, why: refused, now }), 'message'],
    ['verify, nothing', verifyCard({ connector: well, portal, ...verified(foreign, 0, 0), now }), 'message'],
    ['verify, all', verifyCard({ connector: well, portal, ...verified(foreign, 100, 0), now }), 'message'],
    ['verify, on the way', verifyCard({ connector: well, portal, ...verified(foreign, 100, 5), now }), 'message'],
    ['verify, missing', verifyCard({ connector: well, portal, ...verified(foreign, 100, 30), now }), 'message'],
    [
      'verify, a part',
      verifyCard({ connector: well, portal, ...verified(foreign, 100, 30, { code: foreign, text: foreign }), now }),
      'message',
    ],
    ['alerts on', alertsCard({ ...alertPlaces(foreign), now }), 'message'],
    ['alerts off', alertsCard({ name: foreign, here: null, others: [], chats: 0, open: 0, now }), 'message'],
    ['incident, answered', incidentCard({ connector: muted, incident: answered(foreign), portal, now }), 'message'],
    ['silence, dialog', silencePage([{ connector: bad }], 'i1'), 'dialog'],
    ['silence, dialog of several', silencePage([{ connector: bad }, { connector: well }], 'i1'), 'dialog'],
    ['mute, how long', howLongCard(bad), 'message'],
    ['digest', digestCard(dayOf(foreign)), 'message'],
    ['digest, nothing', digestCard({ ...dayOf(foreign), ...quietDay }), 'message'],
  ];
}

/** Names that try to be more than a name. */
export const hostile = [
  'Okta production',
  '**bold** _it_ ~x~ `c` [link](https://evil.example) <at>Everyone</at> & &lt;b&gt;',
  '${if(true, "evaluated", "")} ${name} ${$root.ref} {{DATE(2026-01-01T00:00:00Z)}}',
  '- item',
  '1. item',
  'x'.repeat(300),
  '\u202emoc.live\u202c \u05e9\u05dc\u05d5\u05dd \u0627\u0644\u0633\u0644\u0627\u0645',
  '🔥👩‍👩‍👧‍👦'.repeat(40),
  'a\n# b\r\n\tc\u0000\u001b[31m',
];
