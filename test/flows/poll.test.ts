import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { bringsEvents, closeServer, Scene } from '../scene/scene.ts';
import { sharedAcme } from '../scene/shared.ts';
import type { Fault } from '../sims/okta/faults.ts';

const acme = sharedAcme();
after(closeServer);

const once = (uuids: string[]) => uuids.map(() => 1);

const passing: [string, Fault][] = [
  ['Okta cuts the page off', { kind: 'cut', at: 0.5, contentLength: true }],
  ['Okta cuts the page off without saying how long it is', { kind: 'cut', at: 0.5, contentLength: false }],
  ['the connection is reset in the page', { kind: 'cut', at: 0.5, contentLength: true, reset: true }],
  ['Okta answers with something else than a list', { kind: 'body', body: '{"errorCode":"none"}' }],
  ['Okta answers null', { kind: 'body', body: 'null' }],
  ['a gateway answers HTML', { kind: 'html', status: 502 }],
  ['Okta times out', { kind: 'error', status: 500, code: 'E0000009' }],
  ['Okta is read-only', { kind: 'error', status: 503, code: 'E0000010' }],
];

test('a page that fails on its way is read again in the same poll; nothing is lost or repeated', async () => {
  const scene = acme();
  // A poll has a minute for all tries, which on a busy machine must last for them.
  scene.clock.speed = 10;
  for (const [what, fault] of passing) {
    const uuids = scene.org.publishMade(3);
    const polls = scene.org.faults.add({ times: 2, do: fault });
    await scene.poll();
    polls();
    assert.deepEqual(scene.copies(uuids), once(uuids), what);
    const [row] = await scene.rows<{ health: string }>(`select status->>'health' as health from connectors`);
    assert.equal(row?.health, 'ok', what);
  }
});

test('a link that leads elsewhere is not followed, and the token does not go there', async () => {
  const scene = acme();
  scene.clock.speed = 50;
  const forThreads = [
    (next: string) => next.replace('https://acme.okta.com', 'https://acme.okta.com.evil.example'),
    (next: string) => next.replace('https://', 'http://'),
    (next: string) => next.replace('acme.okta.com', 'acme.okta.com:8443'),
    (next: string) => next.replace('https://', 'https://ada:pw@'),
    (next: string) => next.replace('/api/v1/logs', '/api/v1/users'),
  ];
  for (const to of forThreads) {
    const end = scene.org.faults.add({ do: { kind: 'next', to } });
    scene.org.publishMade(1);
    await scene.poll();
    end();
    const [row] = await scene.rows<{ reason: string; next: string }>(
      `select status->'problem'->>'reason' as reason, next_url as next from connectors, checkpoints`,
    );
    assert.equal(row?.reason, 'domain-refused');
    assert.match(row?.next ?? '', /^https:\/\/acme\.okta\.com\/api\/v1\/logs\?/);
  }
  const redirect = scene.org.faults.add({ do: { kind: 'redirect', to: 'https://evil.example/api/v1/logs' } });
  await scene.poll();
  redirect();
  assert.deepEqual(scene.okta.strangers, [], 'no other host was asked');
  await scene.poll();
  await scene.card('Recovered after');
});

test('a stored link that Okta refuses is replaced once, and what is read again is not sent again', async () => {
  const scene = acme();
  scene.clock.speed = 50;
  const old = scene.org.publishMade(1200);
  await scene.poll();
  scene.org.links.forget();
  const uuids = scene.org.publishMade(3);
  await scene.poll();
  assert.deepEqual(scene.copies([...old, ...uuids]), once([...old, ...uuids]));
  const reread = scene.okta.requests.filter(({ url }) => !url.includes('after=')).at(-1);
  const since = Date.parse(new URL(`https://acme.okta.com${reread?.url}`).searchParams.get('since') ?? '');
  assert.ok(since < scene.clock.now() - 600_000, 'from well before what is known to be delivered');
  assert.match(JSON.stringify((await scene.ask(scene.ada, 'status Acme')).cards), /Warning/);
});

test('an event that Okta serves again, on the same page, a later one or after a restart, is sent once', async () => {
  const scene = acme();
  const event = (uuid: string, text: string) => ({
    uuid,
    published: new Date(scene.clock.now()).toISOString(),
    displayMessage: text,
  });
  scene.org.publish(event('one', 'first'));
  scene.org.publish(event('one', 'the same, on the same page'));
  scene.org.publish(event('two', 'first'));
  await scene.poll();
  scene.org.publish(event('one', 'the same, on a later page'));
  await scene.poll();
  await scene.stop();
  await scene.start();
  scene.org.publish(event('two', 'the same, after a restart'));
  const other = scene.org.publishMade(1);
  await scene.poll();
  assert.deepEqual(scene.copies(['one', 'two', ...other]), [1, 1, 1]);
});

test('an app that is stopped in the middle of uploads waits for their answers, and repeats none', async () => {
  const scene = acme();
  const uuids = scene.org.publishMade(3000);
  scene.azure.faults.add({ where: 'ingestion', do: { delayMs: 400 } });
  const before = scene.azure.requests.length;
  scene.clock.advance(61_000);
  await scene.arrived(() => scene.azure.requests.slice(before).some(bringsEvents));
  await scene.stop();
  scene.azure.faults.clear();
  await scene.start();
  await scene.poll();
  await scene.poll();
  assert.deepEqual(scene.copies(uuids), once(uuids));
});

test('a store that cuts all connections does not end the app, and a NUL in an error text still gets a verdict', async () => {
  const scene = acme();
  scene.mayFail = true;
  await scene.rows(
    `select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()`,
  );
  const uuids = scene.org.publishMade(2);
  await scene.poll();
  assert.deepEqual(scene.copies(uuids), once(uuids));
  scene.azure.faults.add({
    where: 'ingestion',
    do: { status: 404, body: { error: { code: 'NotFound', message: 'a\u0000b' } } },
  });
  scene.org.publishMade(1);
  await scene.poll();
  await scene.card('✕ The data collection rule is gone');
});

test('a spent rate budget ends the poll before the last calls, which are left to others, and the next one goes on', async () => {
  const scene = acme();
  // A window of its own.
  scene.clock.advance(61_000);
  scene.org.rate.eat(scene.org.rate.limitPerMinute - 4, scene.clock.now());
  const uuids = scene.org.publishMade(2500);
  const before = scene.okta.requests.length;
  scene.clock.advance(1000);
  await scene.rows('update connectors set due_at = to_timestamp(0)');
  await scene.eventually(`select 1 as done from connectors where status->'failing'->>'reason' = 'rate-limited'`);
  assert.ok(scene.okta.requests.length - before <= 3);
  assert.ok(scene.okta.requests.slice(before).every(({ status }) => status !== 429));
  await scene.poll();
  await scene.poll();
  assert.deepEqual(scene.copies(uuids), once(uuids));
});

test('a 429 of either form waits, and is no error', async () => {
  const scene = acme();
  for (const form of ['budget', 'concurrency'] as const) {
    const uuids = scene.org.publishMade(2);
    scene.org.faults.add({ times: 1, do: { kind: 'tooMany', form } });
    await scene.poll();
    scene.clock.advance(60_000);
    await scene.poll();
    assert.deepEqual(scene.copies(uuids), once(uuids), form);
    const [row] = await scene.rows<{ health: string }>(`select status->>'health' as health from connectors`);
    assert.equal(row?.health, 'ok', form);
  }
});

test('a stopped app goes on where it was, and two apps on one store do the work once', async () => {
  const scene = acme();
  await scene.stop();
  const uuids = scene.org.publishMade(1500);
  await scene.start();
  const second = await scene.another();
  await scene.poll();
  await scene.poll();
  await second.close();
  assert.deepEqual(scene.copies(uuids), once(uuids));
  await scene.poll();
});

test('two connectors of one org share half of its budget, and leave the other half alone', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  scene.org.rate.limitPerMinute = 20;
  await scene.connected('One');
  await scene.connect(scene.ada, 'Two');
  await scene.eventually(`select 1 as done from connectors where name = 'Two' and status->>'lastPollAt' is not null`);
  scene.clock.advance(61_000);
  const uuids = scene.org.publishMade(8_000);
  const before = scene.okta.requests.length;
  for (let i = 0; i < 4; i++) {
    await scene.rows('update connectors set due_at = to_timestamp(0)');
    await scene.eventually(
      `select 1 as done where not exists (select from connectors where due_at <= to_timestamp(0))`,
    );
  }
  const asked = scene.okta.requests.slice(before);
  assert.ok(asked.length <= 10, `${asked.length} calls in one window`);
  assert.ok(asked.every(({ status }) => status === 200));
  for (let i = 0; i < 4; i++) await scene.poll();
  const { ledger } = scene.azure.table(scene.workspace, 'OktaSystemLogs_CL');
  assert.deepEqual(
    uuids.map((uuid) => ledger.get(uuid)?.copies),
    uuids.map(() => 2),
    'once by each connector',
  );
});
