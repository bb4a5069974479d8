import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import deployed from '../../deploy/version.json' with { type: 'json' };
import { takeDuePolls } from '../../ingestion/connector/checkpoints.ts';
import type { Connector, Settings } from '../../ingestion/connector/connector.ts';
import { connectorLease } from '../../ingestion/connector/leases.ts';
import { createOutboxCard } from '../../ingestion/connector/outbox/telling.ts';
import { createConnector } from '../../ingestion/connector/registration.ts';
import { digestJob } from '../../ingestion/jobs/digest.ts';
import { restMs, takeDue } from '../../ingestion/jobs/due.ts';
import { incidentReminderJob } from '../../ingestion/jobs/incident-reminder.ts';
import type { Job, JobParts } from '../../ingestion/jobs/job.ts';
import { Jobs, type JobsGiven, jobs } from '../../ingestion/jobs/jobs.ts';
import { polls } from '../../ingestion/jobs/poll.ts';
import { openLog } from '../../ingestion/runtime/log.ts';
import { openMetrics } from '../../ingestion/runtime/metrics.ts';
import type { EverySecond } from '../../ingestion/runtime/runtime.ts';
import { noTraces, type Traces } from '../../ingestion/runtime/traces.ts';
import type { Database } from '../../ingestion/store/database.ts';
import { Leases } from '../../ingestion/store/leases.ts';
import { openTestStore } from '../scene/store.ts';

const minute = 60_000;
const now = Date.parse('2026-03-02T14:00:00Z');
const workspaceId = '/subscriptions/s/resourcegroups/soc/providers/microsoft.operationalinsights/workspaces/w';

let store: Database;
let connector: Connector;

before(async () => {
  store = await openTestStore();
  const settings = { backfillHours: 1, workspace: { id: workspaceId.toUpperCase(), name: 'w' } } as Settings;
  const given = { tenantId: 't', name: 'Acme', domain: 'acme.okta.com', settings };
  const made = await createConnector(store.pool, given, now);
  assert.ok(made);
  connector = made;
  await createOutboxCard(store.pool, { kind: 'progress', connectorId: made.id, conversationId: 'c' }, now);
});

after(async () => {
  await store.close();
});

/** A connector that runs, and of which nothing is due for an hour; no card, record or secret waits. */
async function atRest(): Promise<void> {
  const later = now + 60 * minute;
  const errorLog = { refused: null, dueAt: null };
  const finished = { finishedAt: now - minute, version: deployed.version, errorLog };
  await store.pool.query(
    `update connectors set desired = 'run', due_at = $1, reported_at = $2, provisioning = provisioning || $3,
            status = status || $4, observation = $5`,
    [
      new Date(later),
      new Date(now),
      { ...finished, failedUpgrade: null },
      { lastPollAt: now, unseenSince: null },
      seen(now),
    ],
  );
  await store.pool.query('update outbox set shown_version = version, due_at = $1', [new Date(now)]);
  await store.pool.query(`update health_rules set rule = '{}', due_at = '-infinity'`);
  await store.pool.query('delete from health_records');
  await store.pool.query('update older_feeds set due_at = $1', [new Date(later)]);
  await store.pool.query('delete from secrets');
  await store.pool.query('delete from incidents');
  await store.pool.query('delete from alerts');
  await store.pool.query('delete from digests');
}

const seen = (triedAt: number, more = {}) => ({ triedAt, seen: null, problem: null, there: null, gone: null, ...more });

/** How a piece of each kind comes to be due at `now`: the kind, the statement, its values. */
const ways: [kind: string, sql: string, ...values: unknown[]][] = [
  [
    'provision',
    `update connectors set due_at = $1, provisioning = provisioning || '{"finishedAt": null}'`,
    new Date(now),
  ],
  ['poll', 'update connectors set due_at = $1', new Date(now)],
  ['deprovision', `update connectors set due_at = $1, desired = 'delete'`, new Date(now)],
  ['upgrade', `update connectors set provisioning = provisioning || '{"version": 0}'`],
  [
    'upgrade',
    `update connectors set settings = settings || '{"tableChangedAt": 5}', provisioning = provisioning || '{"tableAt": 4}'`,
  ],
  [
    'upgrade',
    `update connectors set provisioning = provisioning || $1`,
    { errorLog: { refused: { status: 403 }, dueAt: now } },
  ],
  ['visibility-check', 'update connectors set observation = null'],
  [
    'visibility-check',
    'update connectors set status = status || $1, observation = $2',
    { unseenSince: now - minute },
    seen(now - minute / 2),
  ],
  ['visibility-check', 'update connectors set observation = $1', seen(now - 5 * minute)],
  ['visibility-check', 'update connectors set observation = $1', seen(now - minute, { requestedAt: now })],
  ['health-report', 'update connectors set reported_at = $1', new Date(now - 60 * minute)],
  [
    'health-report',
    `insert into health_records (id, workspace_id, at, hourly, record) select gen_random_uuid(), id, now(), false, '{}' from health_rules`,
  ],
  ['older-feeds', 'update older_feeds set due_at = $1', new Date(now)],
  ['card-delivery', 'update outbox set version = version + 1'],
  [
    'incident-reminder',
    `insert into alerts (id, tenant_id, health, opened_at, due_at) values (gen_random_uuid(), 't', 'error', $1, $1)`,
    new Date(now),
  ],
  ['digest', `insert into digests values ('c', 't', '08:00', 'UTC', $1)`, new Date(now)],
  [
    'secret-clearing',
    `insert into secrets (id, vault, name, version, created_at, forgotten_at, due_at)
     values (gen_random_uuid(), 'v', 'okta-1', '1', $1, $1, $1)`,
    new Date(now),
  ],
];

/** Takes what is due of these kinds, and of polls, and gives it back; what there was. */
async function due(at: number, of: readonly Job[] = jobs): Promise<{ kind: string; key: string; lease: string }[]> {
  const { pool, leases } = store;
  const free = of.map((job) => ({ job, most: 9 }));
  const found = await takeDue(pool, leases, { free, now: at });
  const items = found.map(({ job, key, lease }) => ({ kind: job.kind, key, lease }));
  for (const { connector } of await takeDuePolls(pool, leases, { now: at, most: 9 }))
    items.push({ kind: polls.kind, key: connector.id, lease: connectorLease(connector.id) });
  for (const { lease } of items) await leases.release(lease);
  return items;
}

const rest = () => restMs(store.pool, jobs, now);

test('what is due is found once, not while somebody works on it, rests after a bug, and is found again', async () => {
  const kinds = new Map([polls, ...jobs].map((kind) => [kind.kind, kind]));
  assert.deepEqual(new Set(ways.map(([kind]) => kind)), new Set(kinds.keys()));
  await atRest();
  assert.deepEqual(await due(now), []);
  assert.equal(await rest(), 10_000);
  const other = new Leases(store.pool);
  for (const [kind, sql, ...values] of ways) {
    await atRest();
    await store.pool.query(sql, values);
    const found = await due(now);
    const [item] = found;
    assert.deepEqual(
      found.map((one) => one.kind),
      [kind],
      sql,
    );
    assert.ok(item);
    assert.equal(await rest(), 0, sql);
    await other.whileHeld(item.lease, async () => {
      assert.deepEqual(await due(now), [], sql);
      assert.equal(await rest(), 0, `${sql}: who works on it could die`);
    });
    await kinds.get(kind)?.postpone(store.pool, item.key, { now, until: now + minute });
    assert.deepEqual(await due(now), [], `${sql}: it would spin`);
    assert.equal(await rest(), 10_000, sql);
    const later = await due(now + minute);
    assert.ok(
      later.some((one) => one.kind === kind && one.key === item.key),
      `${sql}: it is not forgotten`,
    );
    await store.pool.query(`update connectors set settings = settings - 'tableChangedAt'`);
  }
});

test('nobody rests beyond the next poll, nor while other work will be due within the rest', async () => {
  for (const [sql, at, expected] of [
    ['update connectors set due_at = $1', now + 4_000, 4_000],
    ['update connectors set due_at = $1', now - 4_000, 0],
    ['update older_feeds set due_at = $1', now + 9_000, 0],
    ['update older_feeds set due_at = $1', now + 11_000, 10_000],
  ] as const) {
    await atRest();
    await store.pool.query(sql, [new Date(at)]);
    assert.equal(await rest(), expected, `${sql}, ${at - now}`);
  }
});

test('whatever is done to a connector is done one thing at a time, but its upgrade goes on beside its polls', () => {
  const leases = new Map(jobs.map(({ kind, lease }) => [kind, lease(connector.id)]));
  assert.equal(leases.get('provision'), connectorLease(connector.id));
  assert.equal(leases.get('deprovision'), connectorLease(connector.id));
  assert.equal(new Set(leases.values()).size, jobs.length - 1);
});

const unused = () => assert.fail('nothing is due');

/** The work of an instance, which looks for what is due when it is told to. */
async function openJobs(given: Partial<JobsGiven>): Promise<{ jobs: Jobs; look(): Promise<void> }> {
  let look = async () => {};
  const everySecond: EverySecond = (ticking) => {
    look = ticking.tick;
    return { wake: () => undefined, stop: async () => undefined };
  };
  const opened = Jobs.open({
    runtime: { now: () => now, everySecond, metrics: openMetrics() } as unknown as JobsGiven['runtime'],
    database: store,
    secrets: { keep: unused, read: unused, doubt: unused, clear: unused },
    log: openLog('error', { write: (line: string) => assert.fail(line) }),
    deliver: unused,
    describe: unused,
    audience: unused,
    oktaShare: 1,
    uploadBytes: 1,
    compression: 'gzip',
    memoryBytes: 16_000_000,
    traces: noTraces,
    sweep: unused,
    ...given,
  });
  return { jobs: opened, look };
}

test('however much is due at once, it is done without a pause', { timeout: 25_000 }, async () => {
  const pieces = 60;
  await atRest();
  for (let piece = 0; piece < pieces; piece++) {
    const card = {
      kind: 'progress',
      connectorId: connector.id,
      conversationId: `c${piece}`,
    } as const;
    await createOutboxCard(store.pool, card, now);
  }
  // Nobody is done before all is found: whoever works hears of all the rest as of one piece.
  const found = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  let left = pieces;
  const traced: string[] = [];
  const traces: Traces = {
    ...noTraces,
    span(name, told, work) {
      traced.push(name);
      return noTraces.span(name, told, work);
    },
  };
  const opened = await openJobs({
    traces,
    deliver: async (id) => {
      await found.promise;
      await store.pool.query('update outbox set shown_version = version where id = $1', [id]);
      left -= 1;
      if (left === 0) done.resolve();
    },
  });
  await opened.look();
  found.resolve();
  await done.promise;
  await opened.jobs.close();
  assert.deepEqual(new Set(traced), new Set(['card-delivery']));
  assert.equal(traced.length, pieces);
});

/** The store, whose connection is cut when it is asked by the statement with this name. */
function cutAt(name: string): Database {
  const looks = {
    async query(asked: pg.QueryConfig) {
      if (asked.name?.startsWith(name)) throw new Error('Connection terminated unexpectedly');
      return store.pool.query(asked);
    },
  };
  return { ...store, looks: looks as unknown as pg.Pool };
}

test('a connection that is cut at one look keeps nobody from what the other has found', async () => {
  for (const [cut, found] of [
    ['take-due', 'poll'],
    ['take-polls', 'card'],
  ] as const) {
    await atRest();
    await store.pool.query('update connectors set due_at = $1', [new Date(now)]);
    await store.pool.query(`update outbox set version = version + 1 where conversation_id = 'c'`);
    const began: string[] = [];
    const begin = (what: string) => {
      began.push(what);
      return Promise.reject(new Error('Connection terminated unexpectedly'));
    };
    const opened = await openJobs({
      database: cutAt(cut),
      secrets: { keep: unused, read: () => begin('poll'), doubt: unused, clear: unused },
      deliver: () => begin('card'),
    });
    await opened.look();
    await opened.jobs.close();
    assert.deepEqual(began, [found], cut);
    assert.equal(store.leases.count, 0, `${cut}: what is held and not begun is held for ever`);
  }
});

test('a digest and a reminder that are found twice are sent once', async () => {
  const parts = { pool: store.pool, runtime: { now: () => now } } as unknown as JobParts;
  for (const [job, kind, sql] of [
    [digestJob, 'digest', `insert into digests values ('c', 't', '08:00', 'UTC', $1)`],
    [
      incidentReminderJob,
      'reply',
      `with alert as (
         insert into alerts (id, tenant_id, health, opened_at, due_at) values (gen_random_uuid(), 't', 'error', $1, $1) returning id),
       incident as (
         insert into incidents (id, connector_id, alert_id, began_at, opened_at, problem, reasons)
         select gen_random_uuid(), connectors.id, alert.id, $1, $1, '{"health": "error"}', '{}' from connectors, alert
         returning alert_id, connector_id)
       insert into outbox (id, kind, alert_id, connector_ids, conversation_id, created_at, due_at, posted)
       select gen_random_uuid(), 'alert', alert_id, array[connector_id], 'c', $1, $1, true from incident`,
    ],
  ] as const) {
    await atRest();
    await store.pool.query(sql, [new Date(now)]);
    const [found] = await due(now, [job]);
    assert.ok(found);
    await Promise.all([1, 2, 3].map(() => job.run(parts, found.key)));
    const { rowCount } = await store.pool.query('select from outbox where kind = $1', [kind]);
    assert.equal(rowCount, 1, kind);
  }
});
