import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { drawOutboxCard } from '../../bot/teams/card-drawing.ts';
import { getAlert } from '../../ingestion/connector/alert.ts';
import { acknowledgeAlert, remindOfAlert, snoozeAlert } from '../../ingestion/connector/alerts.ts';
import type { Connector, Problem, Settings } from '../../ingestion/connector/connector.ts';
import { getConnector } from '../../ingestion/connector/connectors.ts';
import { getOpenIncident, listIncidentsOf } from '../../ingestion/connector/incident.ts';
import { closeIncident, followIncident } from '../../ingestion/connector/incidents.ts';
import { muteConnector } from '../../ingestion/connector/mutes.ts';
import { cardOf, type OutboxCard, type OutboxRow } from '../../ingestion/connector/outbox/card.ts';
import { createConnector, forgetConnector } from '../../ingestion/connector/registration.ts';
import type { Reason } from '../../ingestion/reasons.ts';
import { clouds } from '../../ingestion/runtime/clouds.ts';
import { type Database, openDatabase, transaction } from '../../ingestion/store/database.ts';
import { migrations } from '../../ingestion/store/migrations.ts';
import { freshDatabase, openServer, type Server, sharedServer } from '../scene/server.ts';
import { textOf } from '../sims/teams/cards.ts';

// Which incidents one alert tells of, and where: on a store, without polls and without Teams, whose messages are taken to be posted.

const minute = 60_000;
let server: Server;
let store: Database;

before(async () => {
  server = sharedServer() ?? (await openServer());
  store = await openDatabase({ databaseUrl: (await freshDatabase(server)).url, dataDir: '' });
});

after(async () => {
  await store.close();
  await server.close();
});

type Options = { place?: string; domain?: string; workspace?: string };

/** A tenant of its own, whose clock stands until it is moved. */
class Tenant {
  readonly id = randomUUID();
  now = Date.UTC(2026, 10, 24, 12);

  /** A connector whose alerts go to `place`. */
  async connector(name: string, { place = 'soc', domain = 'acme.okta.com', workspace = 'soc' }: Options = {}) {
    const location = 'westeurope';
    const settings = { backfillHours: 1, conversationId: place, createdBy: { id: 'x', name: 'Ada' } };
    const given = { workspace: { id: `/w/${this.id}/${workspace}`, name: workspace, customerId: 'c', location } };
    const whole = { ...settings, ...given } as unknown as Settings;
    const made = await createConnector(store.pool, { tenantId: this.id, name, domain, settings: whole }, this.now);
    return made ?? assert.fail('the name is taken');
  }

  /** What a poll of the connector has come to: this problem, or none. */
  async polled(connector: Connector, reason: Reason | null, health: Problem['health'] = 'error'): Promise<void> {
    const problem = reason && { reason, health, since: this.now, evidence: {} };
    const current = (await getConnector(store.pool, connector.id)) ?? connector;
    const told = { ...current, status: { ...current.status, problem } };
    const audience = async (_: unknown, { settings }: Connector, { health }: Problem) =>
      [settings.conversationId, 'errors'].filter((place) => place !== 'errors' || health === 'error');
    await transaction(store.pool, (tx) => followIncident(tx, told, { audience, now: this.now }));
  }

  async #cards(kind: OutboxCard['kind'], place: string): Promise<OutboxCard[]> {
    const { rows } = await store.pool.query<OutboxRow>(
      `select outbox.* from outbox join alerts on alerts.id = alert_id
        where tenant_id = $1 and kind = $2 and conversation_id = $3 order by created_at`,
      [this.id, kind, place],
    );
    return rows.map(cardOf);
  }

  async #texts(kind: OutboxCard['kind'], place: string): Promise<string[]> {
    const runtime = { cloud: clouds.public, now: () => this.now } as never;
    const cards = await this.#cards(kind, place);
    const drawn = await Promise.all(cards.map((card) => drawOutboxCard({ runtime, pool: store.pool }, card)));
    return drawn.map((drawing) => (drawing ? textOf(drawing.card) : 'nothing to show'));
  }

  /** The alert cards of a place as they look now, all of which stand there from now on. */
  async cards(place = 'soc'): Promise<string[]> {
    await store.pool.query(
      `update outbox set posted = true, activity_id = coalesce(activity_id, id::text), shown_version = version, due_at = $2
        where conversation_id = $1 and alert_id in (select id from alerts where tenant_id = $3)`,
      [place, new Date(this.now), this.id],
    );
    return this.#texts('alert', place);
  }

  replies(place = 'soc'): Promise<string[]> {
    return this.#texts('reply', place);
  }

  /** How many alerts there are, open or over. */
  async alerts(): Promise<{ open: number; all: number }> {
    const { rows } = await store.pool.query<{ open: number; all: number }>(
      'select count(*) filter (where resolved_at is null) as open, count(*) as all from alerts where tenant_id = $1',
      [this.id],
    );
    return rows[0] ?? { open: 0, all: 0 };
  }

  async alertOf({ id }: Connector): Promise<string> {
    return (await getOpenIncident(store.pool, id))?.alertId ?? assert.fail('nothing is open');
  }
}

test('three connectors of one org that can’t be reached are one alert with one card, which recovers once, with the last', async () => {
  const tenant = new Tenant();
  const three = await Promise.all(['Acme', 'Labs', 'Zeta'].map((name) => tenant.connector(name)));
  const [acme, labs, zeta] = three as [Connector, Connector, Connector];
  await tenant.polled(acme, 'okta-unreachable');
  const [alone] = await tenant.cards();
  assert.match(alone ?? '', /✕ Okta[\s\S]*Acme · since/);
  tenant.now += minute;
  await tenant.polled(labs, 'okta-unreachable');
  await tenant.polled(zeta, 'rate-limited', 'warning');
  const [open, ...more] = await tenant.cards();
  assert.deepEqual(more, [], 'one card');
  assert.match(open ?? '', /3 connectors · since .*\(2026-11-24 12:00 UTC\)/);
  assert.match(open ?? '', /They all read the Okta org acme\.okta\.com/);
  assert.match(open ?? '', /Acme: since [\s\S]*Labs: since [\s\S]*Zeta: [^\n]+, since/);
  assert.deepEqual(await tenant.replies(), [], 'who joins is no message');
  tenant.now += minute;
  await tenant.polled(acme, null);
  await tenant.polled(zeta, null);
  const [partly] = await tenant.cards();
  assert.match(partly ?? '', /1 connector · since[\s\S]*2 of 3 are well again/);
  assert.doesNotMatch(partly ?? '', /Acme: since/);
  assert.deepEqual(await tenant.replies(), []);
  tenant.now += minute;
  await tenant.polled(labs, null);
  const [over] = await tenant.cards();
  assert.match(over ?? '', /✓ Recovered after 3 minutes\nAcme, Labs and 1 more are well again/);
  const [recovered, ...others] = await tenant.replies();
  assert.deepEqual(others, []);
  assert.match(recovered ?? '', /Acme, Labs and 1 more have recovered after 3 minutes/);
  assert.deepEqual(await tenant.alerts(), { open: 0, all: 1 });
});

test('what fails when all is over again is another alert, and so is what fails by itself beside it', async () => {
  const tenant = new Tenant();
  const [acme, labs] = [await tenant.connector('Acme'), await tenant.connector('Labs')];
  await tenant.polled(acme, 'okta-unreachable');
  await tenant.polled(labs, 'token-refused');
  assert.deepEqual(await tenant.alerts(), { open: 2, all: 2 });
  await tenant.polled(acme, null);
  await tenant.polled(acme, 'okta-unreachable');
  assert.deepEqual(await tenant.alerts(), { open: 2, all: 3 });
  assert.equal((await tenant.cards()).length, 3);
});

for (const [reason, minutes, alerts] of [
  ['token-refused', 19, 1],
  ['token-refused', 21, 2],
  ['okta-unreachable', 600, 1],
] as const)
  test(`two connectors of one org with ${reason}, the second after ${minutes} minutes, are ${alerts}`, async () => {
    const tenant = new Tenant();
    const [acme, labs] = [await tenant.connector('Acme'), await tenant.connector('Labs')];
    await tenant.polled(acme, reason);
    tenant.now += minutes * minute;
    await tenant.polled(labs, reason);
    assert.deepEqual(await tenant.alerts(), { open: alerts, all: alerts });
  });

test('who fails for the same cause in another way, which needs another remedy, is news; who does in a like way is none', async () => {
  const tenant = new Tenant();
  const four = await Promise.all(['Acme', 'Labs', 'Zeta', 'Yota'].map((name) => tenant.connector(name)));
  const [acme, labs, zeta, yota] = four as [Connector, Connector, Connector, Connector];
  await tenant.polled(acme, 'not-visible');
  await tenant.cards();
  await tenant.polled(labs, 'not-visible');
  assert.deepEqual(await tenant.replies(), []);
  await tenant.polled(zeta, 'table-missing');
  await tenant.polled(yota, 'table-missing');
  const [also, ...more] = await tenant.replies();
  assert.match(also ?? '', /Zeta: The table is gone\. Nobody is on it yet/);
  assert.deepEqual(more, []);
  assert.match((await tenant.cards()).join(), /4 connectors[\s\S]*Zeta: The table is gone, since/);
});

test('a cause that two tenants share is told in each of its own', async () => {
  const [one, other] = [new Tenant(), new Tenant()];
  const [acme, labs] = [await one.connector('Acme'), await other.connector('Labs')];
  await one.polled(acme, 'identity-failed');
  await other.polled(labs, 'identity-failed');
  for (const [tenant, name, not] of [
    [one, /Acme/, /Labs/],
    [other, /Labs/, /Acme/],
  ] as const) {
    const [card, ...more] = await tenant.cards();
    assert.deepEqual(more, []);
    assert.match(card ?? '', name);
    assert.doesNotMatch(card ?? '', not);
  }
});

test('each place lists the connectors that it is told of, and hears that these are well again, and that one is not', async () => {
  const tenant = new Tenant();
  const [eu, us] = [await tenant.connector('EU', { place: 'eu' }), await tenant.connector('US', { place: 'us' })];
  const more = await tenant.connector('More', { place: 'eu' });
  for (const connector of [eu, us, more]) await tenant.polled(connector, 'okta-unreachable');
  assert.deepEqual(await tenant.alerts(), { open: 1, all: 1 });
  assert.match((await tenant.cards('eu')).join(), /2 connectors[\s\S]*EU: since[\s\S]*More: since/);
  const [alone, ...others] = await tenant.cards('us');
  assert.deepEqual(others, []);
  assert.match(alone ?? '', /US · since/, 'a card of one looks as it always did');
  assert.doesNotMatch(alone ?? '', /EU|More|connectors/);
  assert.match((await tenant.cards('errors')).join(), /3 connectors/);

  tenant.now += minute;
  await tenant.polled(us, null);
  assert.match((await tenant.cards('us')).join(), /✓ Recovered after 1 minute/);
  assert.match((await tenant.replies('us')).join(), /US has recovered after 1 minute/);
  assert.deepEqual(await tenant.replies('eu'), []);
  assert.match((await tenant.cards('errors')).join(), /2 connectors[\s\S]*1 of 3 is well again/);

  tenant.now += minute;
  await tenant.polled(us, 'okta-unreachable');
  const [again, ...copies] = await tenant.cards('us');
  assert.deepEqual(copies, []);
  assert.match(again ?? '', /✕ [\s\S]*US · since/);
  assert.match((await tenant.replies('us')).at(-1) ?? '', /US: .*, once more\. Nobody is on it yet/);
  for (const connector of [eu, us, more]) await tenant.polled(connector, null);
  assert.deepEqual(await tenant.alerts(), { open: 0, all: 1 });
  for (const place of ['eu', 'us', 'errors']) assert.match((await tenant.cards(place)).join(), /✓ Recovered/, place);
});

test('a connector alone keeps its alert through a change of its cause; a third that fails for the new one joins it', async () => {
  const tenant = new Tenant();
  const [acme, labs] = [await tenant.connector('Acme'), await tenant.connector('Labs')];
  await tenant.polled(acme, 'rule-missing');
  await tenant.cards();
  tenant.now += minute;
  await tenant.polled(acme, 'okta-unreachable');
  assert.match((await tenant.replies()).join(), /Acme: .*Before: /);
  await tenant.polled(labs, 'okta-unreachable');
  assert.deepEqual(await tenant.alerts(), { open: 1, all: 1 });
  assert.match((await tenant.cards()).join(), /2 connectors · since .*12:00 UTC/);
});

test('whose cause becomes that of an open alert joins it: its own card says so, and its history stays one stretch', async () => {
  const tenant = new Tenant();
  const [acme, labs] = [await tenant.connector('Acme'), await tenant.connector('Labs')];
  await tenant.polled(acme, 'rule-missing');
  await tenant.polled(labs, 'okta-unreachable');
  await tenant.cards();
  tenant.now += minute;
  await tenant.polled(acme, 'okta-unreachable');
  const cards = await tenant.cards();
  assert.equal(cards.length, 2);
  assert.match(cards.join('\n---\n'), /○ Goes on in another alert\nAcme/);
  assert.match(cards.join('\n---\n'), /2 connectors/);
  assert.match((await tenant.replies()).join(), /Acme: .*Before: .*Another alert tells of it from now on/);
  assert.deepEqual(await tenant.alerts(), { open: 1, all: 2 });
  const [stretch, ...others] = await listIncidentsOf(store.pool, acme.id, 5);
  assert.deepEqual(others, []);
  assert.deepEqual(stretch?.reasons, ['rule-missing', 'okta-unreachable']);
  assert.equal(stretch?.beganAt, tenant.now - minute);
});

test('one of several whose own trouble comes to light leaves the alert for one of its own, and does not go to and fro', async () => {
  const tenant = new Tenant();
  const three = await Promise.all(['Acme', 'Labs', 'Zeta'].map((name) => tenant.connector(name)));
  const [acme] = three as [Connector, Connector, Connector];
  for (const connector of three) await tenant.polled(connector, 'okta-unreachable');
  await tenant.cards();
  tenant.now += minute;
  await tenant.polled(acme, 'rule-missing');
  const [shared, own, ...more] = await tenant.cards();
  assert.deepEqual(more, []);
  assert.match(shared ?? '', /2 connectors/);
  assert.doesNotMatch(shared ?? '', /Acme/);
  assert.match(own ?? '', /Acme · since .*\(2026-11-24 12:0\d UTC\)/);
  for (let turn = 0; turn < 3; turn++) {
    tenant.now += minute;
    await tenant.polled(acme, 'okta-unreachable');
    tenant.now += minute;
    await tenant.polled(acme, 'rule-missing');
  }
  assert.equal((await tenant.cards()).length, 2, 'no post for each turn');
  assert.deepEqual(await tenant.alerts(), { open: 2, all: 2 });
  assert.equal((await tenant.replies()).length, 1, 'reasons that take turns are told once');
});

test('a warning that becomes an error is told to those who want errors only, and once to the others', async () => {
  const tenant = new Tenant();
  const [acme, labs] = [await tenant.connector('Acme'), await tenant.connector('Labs')];
  for (const connector of [acme, labs]) await tenant.polled(connector, 'rate-limited', 'warning');
  assert.deepEqual(await tenant.cards('errors'), []);
  assert.match((await tenant.cards()).join(), /▲/);
  const alertId = await tenant.alertOf(acme);
  assert.equal((await getAlert(store.pool, alertId))?.dueAt, null, 'nobody is reminded of warnings');
  tenant.now += minute;
  await tenant.polled(labs, 'rate-limited');
  assert.match((await tenant.cards('errors')).join(), /✕ [\s\S]*Labs · since/);
  assert.doesNotMatch((await tenant.cards('errors')).join(), /Acme/);
  await tenant.polled(acme, 'rate-limited');
  assert.match((await tenant.cards('errors')).join(), /2 connectors/);
  const grown = (await tenant.replies()).filter((text) => /was a warning, and is an error now/.test(text));
  assert.equal(grown.length, 1);
  assert.ok((await getAlert(store.pool, alertId))?.dueAt);
});

test('many that fail and recover at the same moment, each in a transaction of its own, are one alert and one recovery', async () => {
  const tenant = new Tenant();
  const many: Connector[] = [];
  for (let index = 0; index < 24; index++) many.push(await tenant.connector(`Acme ${index}`));
  await Promise.all(many.map((connector) => tenant.polled(connector, 'okta-unreachable')));
  assert.deepEqual(await tenant.alerts(), { open: 1, all: 1 });
  const [card, ...more] = await tenant.cards();
  assert.deepEqual(more, []);
  assert.match(card ?? '', /24 connectors[\s\S]*and 14 more: say “connectors” to see all/);
  await Promise.all(many.map((connector) => tenant.polled(connector, null)));
  assert.deepEqual(await tenant.alerts(), { open: 0, all: 1 });
  assert.equal((await tenant.replies()).length, 1);
  // To and fro between two causes, against each other.
  await Promise.all(many.map((one, at) => tenant.polled(one, at % 2 ? 'okta-unreachable' : 'azure-unreachable')));
  await Promise.all(many.map((one, at) => tenant.polled(one, at % 2 ? 'azure-unreachable' : 'okta-unreachable')));
  assert.deepEqual(await tenant.alerts(), { open: 2, all: 3 });
  for (const connector of many) await tenant.polled(connector, null);
  assert.deepEqual(await tenant.alerts(), { open: 0, all: 3 });
});

test('a card that many change is edited once in ten seconds; what ends it does not wait', async () => {
  const tenant = new Tenant();
  const three = await Promise.all(['Acme', 'Labs', 'Zeta'].map((name) => tenant.connector(name)));
  const [acme, labs, zeta] = three as [Connector, Connector, Connector];
  const dueAt = async () =>
    (
      await store.pool.query<{ due_at: number }>(
        `select due_at from outbox where conversation_id = 'soc' and alert_id = $1 and kind = 'alert'`,
        [await tenant.alertOf(acme)],
      )
    ).rows[0]?.due_at;
  await tenant.polled(acme, 'okta-unreachable');
  assert.equal(await dueAt(), tenant.now, 'the first is told at once');
  const until = new Date(tenant.now + 60_000);
  await store.pool.query('update outbox set due_at = $1 where alert_id = $2', [until, await tenant.alertOf(acme)]);
  const fourth = await tenant.connector('Fourth');
  await tenant.polled(fourth, 'okta-unreachable');
  assert.equal(await dueAt(), tenant.now, 'what waits in a silence is looked at again when another joins');
  await tenant.cards();
  const rest = tenant.now + 10_000;
  await store.pool.query(`update outbox set due_at = $1 where alert_id = $2`, [
    new Date(rest),
    await tenant.alertOf(acme),
  ]);
  tenant.now += 1000;
  for (const connector of [labs, zeta]) await tenant.polled(connector, 'okta-unreachable');
  assert.equal(await dueAt(), rest);
  await tenant.polled(zeta, null);
  assert.equal(await dueAt(), rest);
  await transaction(store.pool, async (tx) =>
    acknowledgeAlert(tx, await tenant.alertOf(acme), { by: { id: 'p', name: 'Ada' }, now: tenant.now }),
  );
  assert.ok(((await dueAt()) ?? Infinity) < tenant.now, 'what somebody does shows at once');
});

test('an alert is acknowledged, snoozed and reminded of as a whole, and whoever joins is covered by it', async () => {
  const tenant = new Tenant();
  const [acme, labs] = [await tenant.connector('Acme'), await tenant.connector('Labs')];
  const ada = { id: 'p', name: 'Ada' };
  await tenant.polled(acme, 'okta-unreachable');
  await tenant.cards();
  const alertId = await tenant.alertOf(acme);
  tenant.now += 61 * minute;
  await transaction(store.pool, (tx) => remindOfAlert(tx, alertId, tenant.now));
  await transaction(store.pool, (tx) => acknowledgeAlert(tx, alertId, { by: ada, now: tenant.now }));
  await tenant.polled(labs, 'okta-unreachable');
  assert.match((await tenant.cards()).join(), /✓ Acknowledged by Ada[\s\S]*Labs: since/);
  assert.deepEqual((await getOpenIncident(store.pool, labs.id))?.acknowledged?.by, ada, 'its status says so, too');
  assert.equal((await getAlert(store.pool, alertId))?.dueAt, null);
  const until = tenant.now + 60 * minute;
  await transaction(store.pool, (tx) => snoozeAlert(tx, alertId, { by: ada, until, now: tenant.now }));
  tenant.now = until;
  await transaction(store.pool, (tx) => remindOfAlert(tx, alertId, tenant.now));
  const replies = await tenant.replies();
  assert.equal(replies.length, 4, replies.join('\n'));
  assert.match(replies.join('\n'), /Nobody has acknowledged this.*: Acme/);
  assert.match(replies.join('\n'), /The snooze by Ada has ended, and it is still so: Acme and Labs/);
});

test('a muted connector is no news on the card of the others, and of muted ones alone nobody is reminded', async () => {
  const tenant = new Tenant();
  const [acme, labs] = [await tenant.connector('Acme'), await tenant.connector('Labs')];
  for (const connector of [acme, labs]) await tenant.polled(connector, 'okta-unreachable');
  const until = tenant.now + 90 * minute;
  const mute = { by: { id: 'p', name: 'Ada' }, at: tenant.now, until };
  await transaction(store.pool, (tx) => muteConnector(tx, labs.id, mute));
  const [card] = await tenant.cards();
  assert.match(
    card ?? '',
    /1 connector · since[\s\S]*Acme: since[\s\S]*◔ Muted: Labs, until .*; it is so there as well/,
  );
  assert.doesNotMatch(card ?? '', /Labs: since/);
  await transaction(store.pool, (tx) => muteConnector(tx, acme.id, mute));
  tenant.now += 61 * minute;
  await transaction(store.pool, async (tx) => remindOfAlert(tx, await tenant.alertOf(acme), tenant.now));
  assert.deepEqual(await tenant.replies(), []);
  assert.equal((await getAlert(store.pool, await tenant.alertOf(acme)))?.dueAt, until);
});

test('who is paused or deleted is out of it, and the others go on; a card whose last one is, is over', async () => {
  const tenant = new Tenant();
  const three = await Promise.all(['Acme', 'Labs', 'Zeta'].map((name) => tenant.connector(name)));
  const [acme, labs, zeta] = three as [Connector, Connector, Connector];
  for (const connector of three) await tenant.polled(connector, 'okta-unreachable');
  await tenant.cards();
  tenant.now += minute;
  const by = { id: 'p', name: 'Ada' };
  await transaction(store.pool, (tx) =>
    closeIncident(tx, acme.id, { closing: { cause: 'deleted', by }, now: tenant.now }),
  );
  assert.match((await tenant.cards()).join(), /2 connectors/);
  assert.deepEqual(await tenant.replies(), []);
  await transaction(store.pool, (tx) => forgetConnector(tx, acme, tenant.now));
  await tenant.polled(labs, null);
  await transaction(store.pool, (tx) =>
    closeIncident(tx, zeta.id, { closing: { cause: 'paused', by }, now: tenant.now }),
  );
  const [over] = await tenant.cards();
  assert.match(over ?? '', /○ Over[\s\S]*1 of 2 are well again[\s\S]*Zeta: paused by Ada/);
  assert.match((await tenant.replies()).join(), /Over: the last of Labs and Zeta was paused by Ada/);
  assert.deepEqual(await tenant.alerts(), { open: 0, all: 1 });
  for (const connector of [labs, zeta])
    await transaction(store.pool, (tx) => forgetConnector(tx, connector, tenant.now));
  assert.deepEqual(await tenant.alerts(), { open: 0, all: 0 }, 'nothing is left of it');
});

test('what is open when the store is upgraded goes on as it was: its card, who is on it, and its buttons', async () => {
  const { url: databaseUrl } = await freshDatabase(server, { bare: true });
  const older = migrations.slice(
    0,
    migrations.findIndex((text) => text.includes('create table alerts')),
  );
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const numbers = older.map((_, number) => `(${number})`).join();
  await client.query(`create schema patchbay; set search_path to patchbay; ${older.join('\n')};
    create table migrations (number int primary key, at timestamptz default now()); insert into migrations values ${numbers}`);
  const [connectorId, incidentId, now] = [randomUUID(), randomUUID(), Date.UTC(2026, 10, 24, 12)];
  const problem = { reason: 'okta-unreachable', health: 'error', since: now, evidence: {} };
  const by = { id: 'p', name: 'Ada' };
  await client.query(
    `insert into connectors (id, tenant_id, name, domain, created_at, due_at, settings, provisioning, status)
     values ($1, 't', 'Acme', 'acme.okta.com', now(), now(), $2, '{}', $3)`,
    [connectorId, { workspace: { id: '/w', name: 'w' } }, { problem }],
  );
  await client.query(
    `insert into incidents (id, connector_id, began_at, opened_at, problem, reasons, told, acknowledged, reminders, was_error)
     values ($1, $2, $3, $3, $4, '{okta-unreachable}', '{}', $5, 2, true)`,
    [incidentId, connectorId, new Date(now), problem, { by, at: now }],
  );
  await client.query(
    `insert into outbox (id, kind, connector_id, incident_id, conversation_id, created_at, due_at, posted, activity_id, shown_version)
     values (gen_random_uuid(), 'incident', $1, $2, 'soc', now(), now(), true, 'm', 1)`,
    [connectorId, incidentId],
  );
  await client.end();

  const upgraded = await openDatabase({ databaseUrl, dataDir: '' });
  try {
    const { pool } = upgraded;
    const alert = (await getAlert(pool, incidentId)) ?? assert.fail('buttons of before do not find it');
    assert.deepEqual([alert.health, alert.acknowledged?.by, alert.reminders], ['error', by, 2]);
    assert.equal((await getOpenIncident(pool, connectorId))?.alertId, alert.id);
    const connector = (await getConnector(pool, connectorId)) ?? assert.fail();
    await transaction(pool, (tx) =>
      followIncident(
        tx,
        { ...connector, status: { ...connector.status, problem: null } },
        { audience: async () => [], now: now + minute },
      ),
    );
    const { rows } = await pool.query<OutboxRow>('select * from outbox order by kind');
    assert.deepEqual(
      rows.map(({ kind, version, activity_id, connector_ids }) => [kind, version > 1, activity_id, connector_ids]),
      [
        ['alert', true, 'm', [connectorId]],
        ['reply', false, null, [connectorId]],
      ],
    );
    assert.equal((await getAlert(pool, incidentId))?.resolvedAt, now + minute);
  } finally {
    await upgraded.close();
  }
});
