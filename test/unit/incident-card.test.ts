import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync, strFromU8 } from 'fflate';
import { incidentCard, incidentSummary } from '../../cards/messages/incident.ts';
import { progressCard } from '../../cards/messages/progress.ts';
import { replySummary } from '../../cards/messages/reply.ts';
import { hints } from '../../cards/words/hints.ts';
import type { Connector } from '../../ingestion/connector/connector.ts';
import type { Incident } from '../../ingestion/connector/incident.ts';
import { actions, textOf } from '../sims/teams/cards.ts';
import { built, connected, failing, halfBuilt, incidentOf, portal } from './every-card.ts';

const minute = 60_000;
const now = Date.parse('2026-03-02T14:02:03.456Z');
const ada = { id: 'p', name: 'Ada Admin' };

/** The card of an incident of that connector, with these changes. */
function card(connector: Connector, changes: Partial<Incident> = {}) {
  return incidentCard({ connector, incident: { ...incidentOf(connector), ...changes }, portal, now });
}

test('since, From, To and “Recovered after” count from when the trouble began, whenever it was told', () => {
  const connector = failing('not-visible');
  // Never visible from 05:08, told 05:29, over 05:34.
  const [beganAt, openedAt, resolvedAt] = ['05:08', '05:29', '05:34'].map((at) => Date.parse(`2026-03-02T${at}:00Z`));
  const missing = { from: beganAt as number, to: null };
  const times = { beganAt: beganAt as number, openedAt: openedAt as number, missing };
  assert.match(textOf(card(connector, times)), /since \{\{DATE\(2026-03-02T05:08:00Z/);
  const over = { ...times, resolvedAt: resolvedAt as number };
  const text = textOf(card(connector, over));
  assert.match(text, /✓ Recovered after 26 minutes/);
  assert.match(text, /^From: .*\(2026-03-02 05:08 UTC\)$/m);
  assert.match(text, /^To: .*\(2026-03-02 05:34 UTC\)$/m);
  assert.match(text, /Events may be missing from 2026-03-02 05:08 UTC to 2026-03-02 05:34 UTC\. To look there again:/);
  assert.match(
    text,
    /^\| where TimeGenerated between \(datetime\(2026-03-02T05:08:00Z\) \.\. datetime\(2026-03-02T05:34:00Z\)\)$/m,
  );
  const incident = { ...incidentOf(connector), ...over };
  assert.match(incidentSummary({ connector, incident }), /recovered after 26 minutes/);
  assert.match(
    replySummary({ members: [{ connector, incident }], subject: { kind: 'recovered' } }),
    /after 26 minutes\. Events of that time may be missing in the workspace\. From 2026-03-02 05:08 UTC to 2026-03-02 05:34 UTC\./,
  );
});

test('a card says its beginning once, and keeps who was on it when it is over', () => {
  const connector = failing('token-refused');
  const at = now - 12 * minute;
  const begun = textOf(card(connector, { beganAt: at }));
  assert.match(begun, / · since \{\{DATE\(2026-03-02T13:50:03Z.*\(2026-03-02 13:50 UTC\)/);
  assert.doesNotMatch(begun, /Began/);
  const on = { acknowledged: { by: ada, at } };
  const told = /✓ Acknowledged by Ada Admin, \{\{DATE\(2026-03-02T13:50:03Z/;
  assert.match(textOf(card(connector, { ...on, resolvedAt: now })), told);
  const closing = { cause: 'paused', by: ada } as const;
  assert.match(textOf(card(connector, { ...on, resolvedAt: now, closing })), told);
});

test('before anything was ever sent, no card says that it will go on where it stopped', () => {
  const stopped = halfBuilt();
  const unsent = failing('token-refused');
  unsent.status.lastEventAt = null;
  for (const text of [textOf(progressCard({ connector: stopped, now })), textOf(card(unsent))]) {
    assert.match(text, /No data flows yet\. Nothing has been read or sent yet/);
    assert.doesNotMatch(text, /where it stopped/);
  }
  assert.match(textOf(card(failing('token-refused'))), /Data is delayed\..*exactly where it stopped/);
  const begun = textOf(card(built({ ...connected, firstSeenAt: now - minute }), { resolvedAt: now }));
  assert.match(begun, /Patchbay has begun where its owner asked it to/);
  const went = textOf(card(built({ ...connected, firstSeenAt: now - 60 * minute }), { resolvedAt: now }));
  assert.match(went, /Patchbay went on where it had stopped/);
});

test('no hint says that data is not affected beside a cause by which it may be', () => {
  const quiet = textOf(card(failing('source-quiet')));
  assert.match(quiet, /the token’s owner sees less of it/);
  assert.match(quiet, /Data may be missing\..*what the token’s owner may no longer see is missing/);
  for (const [reason, hint] of hints)
    if (hint.data.fate === 'not affected') assert.doesNotMatch(hint.what({}), /sees less|missing|lost|dropped/, reason);
});

test('the card says who is on it and until when it is silent, and offers what is left to do', () => {
  const connector = failing('token-refused');
  const titles = (changes: Partial<Incident>, of = connector) => actions(card(of, changes)).map(({ title }) => title);
  const rest = ['Retry', 'Rotate token…', 'Status', 'Open in portal'];
  const mute = { by: ada, at: now - minute, until: now + minute };
  assert.match(textOf(card(connector)), /○ Nobody has acknowledged it yet/);
  assert.deepEqual(titles({}), ['Acknowledge', 'Snooze…', ...rest]);
  assert.deepEqual(titles({ acknowledged: { by: ada, at: now } }), ['Snooze…', ...rest]);
  assert.deepEqual(titles({ snoozed: mute }), ['Acknowledge', 'End snooze', ...rest]);
  assert.deepEqual(titles({ snoozed: { ...mute, until: now } }), ['Acknowledge', 'Snooze…', ...rest]);
  const text = textOf(card({ ...connector, muted: mute }, { acknowledged: { by: ada, at: now }, snoozed: mute }));
  assert.match(text, /✓ Acknowledged by Ada Admin/);
  assert.match(text, /◔ Snoozed until .*, by Ada Admin/);
  assert.match(text, /◔ Muted until .*, by Ada Admin/);
});

test('Open in portal leads to the workspace’s logs in the cloud’s portal, with the connector’s events around it', () => {
  const connector = failing('not-visible');
  const missing = { from: now - 65 * minute, to: null };
  const link = actions(card(connector, { missing })).find(({ title }) => title === 'Open in portal');
  const found = /^https:\/\/portal\.azure\.com\/#@([\w-]+)\/blade\/.*\/resourceId\/([^/]+)\/.*\/q\/(.+)$/.exec(
    String(link?.url),
  );
  const [, tenant, resource = '', packed = ''] = found ?? [];
  assert.equal(tenant, connector.tenantId);
  assert.equal(decodeURIComponent(resource), connector.settings.workspace.id);
  const query = strFromU8(gunzipSync(Buffer.from(decodeURIComponent(packed), 'base64')));
  assert.match(query, new RegExp(`ConnectorId == "${connector.id}"`));
  assert.match(query, /between \(datetime\(2026-03-02T12:57:03Z\) \.\. now\(\)\)/);
});
