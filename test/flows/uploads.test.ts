import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { bringsEvents, closeServer } from '../scene/scene.ts';
import { sharedAcme } from '../scene/shared.ts';

const acme = sharedAcme();
after(closeServer);

const once = (uuids: string[]) => uuids.map(() => 1);

test('when Azure refuses every event, none is put aside: the connector is in Error, and goes on when Azure takes them', async () => {
  const scene = acme();
  const before = scene.azure.requests.length;
  const uuids = scene.org.publishMade(40);
  const end = scene.azure.faults.add({
    where: 'ingestion',
    do: { status: 400, body: { error: { code: 'BadRequest', message: 'no' } } },
  });
  await scene.poll();
  await scene.card('✕', 'Retry');
  assert.deepEqual(await scene.rows('select * from quarantine'), []);
  const refusals = scene.azure.requests.slice(before).filter(({ status }) => status === 400).length;
  assert.ok(refusals < 100, `${refusals} refused calls`);
  end();
  await scene.poll();
  assert.deepEqual(scene.copies(uuids), once(uuids));
});

test('a rule that begins to refuse everything puts nothing aside but what it refused before it was noticed', async () => {
  const scene = acme();
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
  assert.deepEqual(scene.copies(uuids), once(uuids));
});

test('oversize events without a uuid are all kept, byte for byte, also when nothing else is on the page', async () => {
  const scene = acme();
  const published = new Date(scene.clock.now()).toISOString();
  for (const letter of 'abc')
    scene.org.publish(Buffer.from(JSON.stringify({ published, big: letter.repeat(1_000_001) })));
  await scene.poll();
  const aside = await scene.rows<{ size: number }>('select length(event) as size from quarantine');
  assert.equal(aside.length, 3);
});

test('what is no event in a page is put aside byte for byte, once, and the events around it flow', async () => {
  const scene = acme();
  const [before] = scene.org.publishMade(1);
  for (const odd of ['null', '"a text, {}"', '[ {"uuid":"in a list"} ]', '-7.5e1']) scene.org.publish(Buffer.from(odd));
  const [behind] = scene.org.publishMade(1);
  await scene.poll();
  await scene.poll();
  assert.deepEqual(scene.copies([before, behind] as string[]), [1, 1]);
  const aside = await scene.rows<{ event: Buffer; reason: string }>('select event, reason from quarantine order by id');
  assert.deepEqual(
    aside.map(({ event }) => event.toString()),
    ['null', '"a text, {}"', '[ {"uuid":"in a list"} ]', '-7.5e1'],
  );
  assert.equal(aside[0]?.reason, 'not an event: it is no JSON object');
  const [row] = await scene.rows<{ health: string }>(`select status->>'health' as health from connectors`);
  assert.equal(row?.health, 'warning', 'somebody is told');
});

test('a value that Azure will cut off is told of before anybody misses its end', async () => {
  const scene = acme();
  const published = new Date(scene.clock.now()).toISOString();
  scene.org.publish({ uuid: 'long-but-whole', published, a: 'x'.repeat(40_000), b: 'y'.repeat(40_000) });
  await scene.poll();
  assert.doesNotMatch(JSON.stringify((await scene.ask(scene.ada, 'status Acme')).cards), /Azure cuts/);
  scene.org.publish({ uuid: 'too-long', published, debugContext: { debugData: { state: 'z'.repeat(70_000) } } });
  await scene.poll();
  assert.match(JSON.stringify((await scene.ask(scene.ada, 'status Acme')).cards), /Azure cuts long values off/);
  assert.deepEqual(scene.copies(['long-but-whole', 'too-long']), [1, 1]);
});

test('uploads that Azure throttles, breaks or loses are sent again in the same poll', async () => {
  const scene = acme();
  // A poll has a minute for all tries, which on a busy machine must last for them.
  scene.clock.speed = 10;
  const counted = async () => {
    const [row] = await scene.rows<{ possiblyDuplicated: number }>(
      'select possibly_duplicated_events::int as "possiblyDuplicated" from checkpoints',
    );
    return row?.possiblyDuplicated ?? 0;
  };
  const before = await counted();
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
    assert.deepEqual(scene.copies(uuids), once(uuids), JSON.stringify(fault));
  }
  const uuids = scene.org.publishMade(3);
  scene.azure.faults.add({ where: 'ingestion', when: bringsEvents, times: 1, do: 'lost-answer' });
  await scene.poll();
  assert.deepEqual(
    scene.copies(uuids),
    uuids.map(() => 2),
    'the answer was lost after the rows were stored',
  );
  const more = (await counted()) - before;
  assert.equal(
    more,
    7,
    'these are counted as possibly twice, those of the reset, and the one sent alone after it that met the second',
  );
});

test('what answers in the stead of Azure that all is well is not believed: nothing is lost', async () => {
  const scene = acme();
  scene.clock.speed = 50;
  const uuids = scene.org.publishMade(3);
  const portal = { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Sign in to the network</html>' };
  const gone = scene.azure.faults.add({ where: 'ingestion', when: bringsEvents, do: portal });
  await scene.poll();
  const [row] = await scene.rows<{ reason: string }>(`select status->'failing'->>'reason' as reason from connectors`);
  assert.equal(row?.reason, 'azure-unreachable');
  gone();
  // As after any answer that says nothing of what was stored, one event goes first, and not at once.
  scene.clock.advance(11 * 60_000);
  await scene.poll();
  assert.deepEqual(scene.copies(uuids), once(uuids));
});

test('an event that can not be sent is put aside byte for byte, and the rest flows', async () => {
  const scene = acme();
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
  assert.deepEqual(scene.copies([...before, ...behind]), once([...before, ...behind]));
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

test('a token that Azure no longer takes is asked for again, and the upload goes on', async () => {
  const scene = acme();
  const uuids = scene.org.publishMade(3);
  scene.azure.faults.add({ where: 'ingestion', when: bringsEvents, times: 1, do: { status: 401 } });
  await scene.poll();
  assert.deepEqual(scene.copies(uuids), once(uuids));
  const [row] = await scene.rows<{ health: string }>(`select status->>'health' as health from connectors`);
  assert.equal(row?.health, 'ok');
});

test('a size that Azure calls too large is halved, remembered, and tried again in small steps', async () => {
  const scene = acme();
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
  assert.deepEqual(scene.copies(sent), once(sent));
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
  assert.deepEqual(scene.copies(sent), once(sent));
});

test('one event that Azure calls too large is put aside, and the others go on in large bodies', async () => {
  const scene = acme();
  const published = new Date(scene.clock.now()).toISOString();
  scene.org.publish({ uuid: 'too-large-for-azure', published });
  scene.azure.faults.add({
    where: 'ingestion',
    do: { status: 413, body: { error: { code: 'ContentLengthLimitExceeded', message: 'no' } } },
    when: ({ body }) => gunzipSync(body).includes('too-large-for-azure'),
  });
  const sent = scene.org.publishMade(400);
  await scene.poll();
  assert.deepEqual(scene.copies(sent), once(sent));
  const [left] = await scene.rows('select uuid, chunk_bytes from quarantine, checkpoints');
  assert.deepEqual(left, { uuid: 'too-large-for-azure', chunk_bytes: null });
});
