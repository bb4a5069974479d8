import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { bringsEvents, closeServer, Scene } from '../scene/scene.ts';
import type { Fault } from '../sims/okta/faults.ts';

after(closeServer);

/** How often each of these events stands in the workspace. */
function copies(scene: Scene, uuids: string[]): (number | undefined)[] {
  const { ledger } = scene.azure.table(scene.workspace, 'OktaSystemLogs_CL');
  return uuids.map((uuid) => ledger.get(uuid)?.copies);
}

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

test('a page that fails on its way is read again in the same poll; nothing is lost or repeated', async (t) => {
  const scene = await Scene.open({ speed: 50 });
  t.after(() => scene.close());
  await scene.connected();
  for (const [what, fault] of passing) {
    const uuids = scene.org.publishMade(3);
    const polls = scene.org.faults.add({ times: 2, do: fault });
    await scene.poll();
    polls();
    assert.deepEqual(copies(scene, uuids), once(uuids), what);
    const [row] = await scene.rows<{ health: string }>(`select status->>'health' as health from connectors`);
    assert.equal(row?.health, 'ok', what);
  }
});

test('a link that leads elsewhere is not followed, and the token does not go there', async (t) => {
  const scene = await Scene.open({ speed: 50 });
  t.after(() => scene.close());
  await scene.connected();
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

test('a stored link that Okta refuses is replaced once, and what is read again is not sent again', async (t) => {
  const scene = await Scene.open({ speed: 50 });
  t.after(() => scene.close());
  const old = scene.org.publishMade(1200);
  await scene.connected();
  scene.org.links.forget();
  const uuids = scene.org.publishMade(3);
  await scene.poll();
  assert.deepEqual(copies(scene, [...old, ...uuids]), once([...old, ...uuids]));
  const reread = scene.okta.requests.filter(({ url }) => !url.includes('after=')).at(-1);
  const since = Date.parse(new URL(`https://acme.okta.com${reread?.url}`).searchParams.get('since') ?? '');
  assert.ok(since < scene.clock.now() - 600_000, 'from well before what is known to be delivered');
  assert.match(JSON.stringify((await scene.ask(scene.ada, 'status Acme')).cards), /Warning/);
});

test('an event that Okta serves again, on the same page, a later one or after a restart, is sent once', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
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
  assert.deepEqual(copies(scene, ['one', 'two', ...other]), [1, 1, 1]);
});

test('when Azure refuses every event, none is put aside: the connector is in Error, and goes on when Azure takes them', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  const uuids = scene.org.publishMade(40);
  const end = scene.azure.faults.add({
    where: 'ingestion',
    do: { status: 400, body: { error: { code: 'BadRequest', message: 'no' } } },
  });
  await scene.poll();
  await scene.card('✕', 'Retry');
  assert.deepEqual(await scene.rows('select * from quarantine'), []);
  const refusals = scene.azure.requests.filter(({ status }) => status === 400).length;
  assert.ok(refusals < 100, `${refusals} refused calls`);
  end();
  await scene.poll();
  assert.deepEqual(copies(scene, uuids), once(uuids));
});

test('a rule that begins to refuse everything puts nothing aside but what it refused before it was noticed', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  let arrived = 0;
  scene.azure.faults.add({
    where: 'ingestion',
    when: (call) => bringsEvents(call) && ++arrived > 2,
    do: { status: 400 },
  });
  const uuids = scene.org.publishMade(1500);
  await scene.poll();
  await scene.card('✕', 'Retry');
  assert.deepEqual(await scene.rows('select * from quarantine'), []);
  scene.azure.faults.clear();
  await scene.poll();
  await scene.poll();
  assert.deepEqual(copies(scene, uuids), once(uuids));
});

test('oversize events without a uuid are all kept, byte for byte, also when nothing else is on the page', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  const published = new Date(scene.clock.now()).toISOString();
  for (const letter of 'abc')
    scene.org.publish(Buffer.from(JSON.stringify({ published, big: letter.repeat(1_000_001) })));
  await scene.poll();
  const aside = await scene.rows<{ size: number }>('select length(event) as size from quarantine');
  assert.equal(aside.length, 3);
});

test('a value that Azure will cut off is told of before anybody misses its end', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  const published = new Date(scene.clock.now()).toISOString();
  scene.org.publish({ uuid: 'long-but-whole', published, a: 'x'.repeat(40_000), b: 'y'.repeat(40_000) });
  await scene.poll();
  assert.doesNotMatch(JSON.stringify((await scene.ask(scene.ada, 'status Acme')).cards), /Azure cuts/);
  scene.org.publish({ uuid: 'too-long', published, debugContext: { debugData: { state: 'z'.repeat(70_000) } } });
  await scene.poll();
  assert.match(JSON.stringify((await scene.ask(scene.ada, 'status Acme')).cards), /Azure cuts long values off/);
  assert.deepEqual(copies(scene, ['long-but-whole', 'too-long']), [1, 1]);
});

test('an app that is stopped in the middle of uploads waits for their answers, and repeats none', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  const uuids = scene.org.publishMade(3000);
  scene.azure.faults.add({ where: 'ingestion', do: { delayMs: 400 } });
  scene.clock.advance(61_000);
  const before = scene.azure.requests.length;
  await scene.arrived(() => scene.azure.requests.slice(before).some(bringsEvents));
  await scene.stop();
  scene.azure.faults.clear();
  await scene.start();
  await scene.poll();
  await scene.poll();
  assert.deepEqual(copies(scene, uuids), once(uuids));
});

test('a store that cuts all connections does not end the app, and a NUL in an error text still gets a verdict', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  scene.mayFail = true;
  await scene.rows(
    `select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()`,
  );
  const uuids = scene.org.publishMade(2);
  await scene.poll();
  assert.deepEqual(copies(scene, uuids), once(uuids));
  scene.azure.faults.add({
    where: 'ingestion',
    do: { status: 404, body: { error: { code: 'NotFound', message: 'a\u0000b' } } },
  });
  scene.org.publishMade(1);
  await scene.poll();
  await scene.card('✕ The data collection rule is gone');
});

test('a spent rate budget ends the poll before the last calls, which are left to others, and the next one goes on', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  scene.org.rate.eat(scene.org.rate.limitPerMinute - 4, scene.clock.now());
  const uuids = scene.org.publishMade(2500);
  const before = scene.okta.requests.length;
  scene.clock.advance(1000);
  await scene.rows('update connectors set due_at = to_timestamp(0)');
  await scene.eventually(`select 1 as done from connectors where status->'failing'->>'reason' = 'rate-limited'`);
  assert.ok(scene.okta.requests.length - before <= 3);
  assert.ok(scene.okta.requests.every(({ status }) => status !== 429));
  await scene.poll();
  await scene.poll();
  assert.deepEqual(copies(scene, uuids), once(uuids));
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

test('a 429 of either form waits, and is no error', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  for (const form of ['budget', 'concurrency'] as const) {
    const uuids = scene.org.publishMade(2);
    scene.org.faults.add({ times: 1, do: { kind: 'tooMany', form } });
    await scene.poll();
    scene.clock.advance(60_000);
    await scene.poll();
    assert.deepEqual(copies(scene, uuids), once(uuids), form);
    const [row] = await scene.rows<{ health: string }>(`select status->>'health' as health from connectors`);
    assert.equal(row?.health, 'ok', form);
  }
});

test('uploads that Azure throttles, breaks or loses are sent again in the same poll', async (t) => {
  const scene = await Scene.open({ speed: 50 });
  t.after(() => scene.close());
  await scene.connected();
  const passingAtAzure = [
    { status: 429, headers: { 'retry-after': '5' } },
    { status: 429 },
    { status: 503 },
    'reset',
  ] as const;
  for (const fault of passingAtAzure) {
    const uuids = scene.org.publishMade(3);
    scene.azure.faults.add({ where: 'ingestion', when: bringsEvents, times: 2, do: fault });
    await scene.poll();
    assert.deepEqual(copies(scene, uuids), once(uuids), JSON.stringify(fault));
  }
  const uuids = scene.org.publishMade(3);
  scene.azure.faults.add({ where: 'ingestion', when: bringsEvents, times: 1, do: 'lost-answer' });
  await scene.poll();
  assert.deepEqual(
    copies(scene, uuids),
    uuids.map(() => 2),
    'the answer was lost after the rows were stored',
  );
  const [row] = await scene.rows<{ possiblyDuplicated: number }>(
    'select possibly_duplicated_events::int as "possiblyDuplicated" from checkpoints',
  );
  assert.equal(row?.possiblyDuplicated, 6, 'these are counted as possibly twice, and those of the resets');
});

test('an event that can not be sent is put aside byte for byte, and the rest flows', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  const huge = {
    uuid: 'huge',
    published: new Date(scene.clock.now()).toISOString(),
    eventType: 'x',
    big: 'y'.repeat(1_100_000),
  };
  const before = scene.org.publishMade(2);
  scene.org.publish(huge);
  const behind = scene.org.publishMade(2);
  const poison = scene.org.publishMade(1)[0];
  scene.azure.faults.add({
    where: 'ingestion',
    when: ({ body }) => gunzipSync(body).includes(poison ?? ''),
    do: { status: 400, body: { error: { code: 'InvalidPayload', message: 'no' } } },
  });
  await scene.poll();
  assert.deepEqual(copies(scene, [...before, ...behind]), once([...before, ...behind]));
  const aside = await scene.rows<{ uuid: string; size: number }>(
    'select uuid, length(event) as size from quarantine order by size',
  );
  assert.deepEqual(
    aside.map(({ uuid }) => uuid),
    [poison, 'huge'],
  );
  assert.equal(aside[1]?.size, JSON.stringify(huge).length);
  assert.match(JSON.stringify((await scene.ask(scene.ada, 'status Acme')).cards), /Put aside/);
});

test('a stopped app goes on where it was, and two apps on one store do the work once', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  await scene.stop();
  const uuids = scene.org.publishMade(1500);
  await scene.start();
  const second = await scene.another();
  await scene.poll();
  await scene.poll();
  await second.close();
  assert.deepEqual(copies(scene, uuids), once(uuids));
  await scene.poll();
});

test('a token that Azure no longer takes is asked for again, and the upload goes on', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  const uuids = scene.org.publishMade(3);
  scene.azure.faults.add({ where: 'ingestion', when: bringsEvents, times: 1, do: { status: 401 } });
  await scene.poll();
  assert.deepEqual(copies(scene, uuids), once(uuids));
  const [row] = await scene.rows<{ health: string }>(`select status->>'health' as health from connectors`);
  assert.equal(row?.health, 'ok');
});

test('a size that Azure calls too large is halved, remembered, and tried again in small steps', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  const refused: number[] = [];
  const end = scene.azure.faults.add({
    where: 'ingestion',
    do: { status: 413, body: { error: { code: 'ContentLengthLimitExceeded', message: 'no' } } },
    when: ({ body }) => {
      const { length } = gunzipSync(body);
      if (length > 300_000) refused.push(length);
      return length > 300_000;
    },
  });
  const sent: string[] = [];
  for (let poll = 0; poll < 3; poll++) {
    sent.push(...scene.org.publishMade(900));
    await scene.poll();
  }
  assert.deepEqual(copies(scene, sent), once(sent));
  const [limit] = await scene.rows<{ bytes: number }>('select chunk_bytes as bytes from checkpoints');
  assert.ok(limit && limit.bytes > 100_000 && limit.bytes < 330_000, `${limit?.bytes} bytes`);
  assert.ok(refused.length < 12, `${refused.length} refusals, where each chunk of three polls would have had its own`);

  end();
  for (let poll = 0; poll < 20; poll++) {
    sent.push(...scene.org.publishMade(1));
    await scene.poll();
  }
  const [none] = await scene.rows<{ bytes: number | null }>('select chunk_bytes as bytes from checkpoints');
  assert.equal(none?.bytes, null, 'as large as before');
  assert.deepEqual(copies(scene, sent), once(sent));
});

test('one event that Azure calls too large is put aside, and the others go on in large bodies', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  const published = new Date(scene.clock.now()).toISOString();
  scene.org.publish({ uuid: 'too-large-for-azure', published });
  scene.azure.faults.add({
    where: 'ingestion',
    do: { status: 413, body: { error: { code: 'ContentLengthLimitExceeded', message: 'no' } } },
    when: ({ body }) => gunzipSync(body).includes('too-large-for-azure'),
  });
  const sent = scene.org.publishMade(400);
  await scene.poll();
  assert.deepEqual(copies(scene, sent), once(sent));
  const [left] = await scene.rows('select uuid, chunk_bytes from quarantine, checkpoints');
  assert.deepEqual(left, { uuid: 'too-large-for-azure', chunk_bytes: null });
});
