import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { closeServer, goodDetails } from '../scene/scene.ts';
import { sharedAcme } from '../scene/shared.ts';
import type { OddReset } from '../sims/okta/rate.ts';

const acme = sharedAcme();
after(closeServer);

/**
 * What went wrong in other collectors of the Okta System Log, and the test that shows that it does not go wrong here. The
 * numbers are those of the lessons that we gathered from public threads.
 */
const lessons: [number, string, file: string, name: string][] = [
  [
    1,
    'a burst that never finishes paging is ingested again for days',
    'flows/poll',
    'a stored link that Okta refuses is replaced once, and what is read again is not sent again',
  ],
  [
    2,
    'the default page of 100 runs into the rate limit',
    'flows/lessons',
    'every request asks for pages of 1000, in persistence order, and never for an end',
  ],
  [3, 'it stops silently', 'flows/alerts', 'polls that nobody finishes are told of as polling that has stopped'],
  [
    4,
    'collection succeeds and the table stays empty',
    'flows/alerts',
    'rows that Azure takes and nobody can see raise an alert that names the workspace leg',
  ],
  [
    5,
    'state that is keyed by token or clock loses and doubles',
    'flows/poll',
    'a stopped app goes on where it was, and two apps on one store do the work once',
  ],
  [6, 'a second org overwrites the first', 'flows/lessons', 'two orgs keep their own links, rules and rows'],
  [7, 'a 429 and a pause become an endless re-sync', 'flows/poll', 'a 429 of either form waits, and is no error'],
  [
    8,
    'most rows are duplicates',
    'flows/poll',
    'an event that Okta serves again, on the same page, a later one or after a restart, is sent once',
  ],
  [
    9,
    'narrow time windows return fewer events',
    'flows/lessons',
    'every request asks for pages of 1000, in persistence order, and never for an end',
  ],
  [
    10,
    'a reset is not enough on a shared bucket',
    'flows/poll',
    'two connectors of one org share half of its budget, and leave the other half alone',
  ],
  [
    11,
    'the last call of a window is a violation',
    'flows/poll',
    'a spent rate budget ends the poll before the last calls, which are left to others, and the next one goes on',
  ],
  [12, 'an odd reset crashes or hangs', 'flows/lessons', 'odd reset headers neither stop a connector nor make it spin'],
  [
    13,
    'bodies are kept alive',
    'faults/chaos',
    'an app that is killed with -9 three times during a sync loses nothing',
  ],
  [
    14,
    'an extra empty request with every poll',
    'flows/lessons',
    'a short page ends the poll, a full one is followed at once',
  ],
  [
    15,
    'it falls behind for good, or reads days again',
    'flows/lessons',
    'a short page ends the poll, a full one is followed at once',
  ],
  [
    16,
    'following the always-present next link hits the limit',
    'flows/lessons',
    'a short page ends the poll, a full one is followed at once',
  ],
  [
    17,
    'pages shrink and drain the budget',
    'flows/poll',
    'two connectors of one org share half of its budget, and leave the other half alone',
  ],
  [18, 'late events are missed', 'flows/lessons', 'an event that comes late and out of order is not missed'],
  [19, 'the state jumps to now', 'flows/lessons', 'an event that comes late and out of order is not missed'],
  [
    20,
    'the state is saved before the send',
    'flows/poll',
    'an app that is stopped in the middle of uploads waits for their answers, and repeats none',
  ],
  [
    21,
    'published is taken for the polling key',
    'flows/lessons',
    'an event that comes late and out of order is not missed',
  ],
  [
    22,
    'a restart ingests again',
    'flows/poll',
    'an event that Okta serves again, on the same page, a later one or after a restart, is sent once',
  ],
  [
    23,
    'what the log says of its keys is taken for a contract',
    'flows/connect',
    'Ada connects an org by the dialog, and every event arrives byte for byte as Okta served it',
  ],
  [24, 'a 429 is not retried and data is missing', 'flows/poll', 'a 429 of either form waits, and is no error'],
  [
    25,
    'an old time is replaced by Azure',
    'flows/lessons',
    'an event older than two days keeps its own time beside the one that Azure gives it',
  ],
  [26, 'there is nothing to test with', 'e2e/browser', 'a newcomer connects an org'],
];

test('every lesson has a test by its name', () => {
  for (const [number, lesson, file, name] of lessons) {
    const text = readFileSync(join(import.meta.dirname, '..', `${file}.test.ts`), 'utf8');
    assert.ok(text.includes(name), `lesson ${number} (${lesson}): no test "${name}" in ${file}.test.ts`);
  }
});

/** The query of a System Log request. */
const queryOf = (url: string) => new URL(`https://acme.okta.com${url}`).searchParams;

test('every request asks for pages of 1000, in persistence order, and never for an end', async () => {
  const scene = acme();
  scene.org.publishMade(1500);
  await scene.poll();
  // The first one is the wizard's, which tries the token with one event.
  const [, ...polls] = scene.okta.requests.map(({ url }) => queryOf(url));
  assert.ok(polls.length >= 3);
  for (const query of polls) {
    assert.deepEqual([query.get('limit'), query.get('sortOrder'), query.has('until')], ['1000', 'ASCENDING', false]);
  }
});

test('a short page ends the poll, a full one is followed at once', async () => {
  const scene = acme();
  const calls = async (events: number) => {
    scene.org.publishMade(events);
    const before = scene.okta.requests.length;
    await scene.poll();
    return scene.okta.requests.length - before;
  };
  assert.equal(await calls(0), 1);
  assert.equal(await calls(10), 1);
  assert.equal(await calls(2500), 3);
});

test('an event that comes late and out of order is not missed', async () => {
  const scene = acme();
  const minute = 60_000;
  const ages = [0, 50 * minute, minute, 26 * 60 * minute, 5 * minute];
  const uuids = ages.map((age, index) => {
    const published = new Date(scene.clock.now() - age).toISOString();
    scene.org.publish({ uuid: `late-${index}`, published, eventType: 'user.session.start' });
    return `late-${index}`;
  });
  await scene.poll();
  assert.deepEqual(
    scene.copies(uuids),
    uuids.map(() => 1),
  );
  const [row] = await scene.rows<{ newest: Date }>('select newest from checkpoints');
  assert.ok(
    (row?.newest.getTime() ?? 0) > scene.clock.now() - 5 * minute,
    'the newest time is the greatest, not the last',
  );
});

test('odd reset headers neither stop a connector nor make it spin', async () => {
  const scene = acme();
  for (const odd of ['missing', 'past', 'negative', 'text', 'milliseconds', 'far'] satisfies OddReset[]) {
    scene.org.rate.oddReset = odd;
    const uuids = scene.org.publishMade(2);
    const end = scene.org.faults.add({ times: 1, do: { kind: 'tooMany', form: 'budget' } });
    const before = scene.okta.requests.length;
    await scene.poll();
    scene.clock.advance(100_000);
    await scene.poll();
    end();
    assert.deepEqual(scene.copies(uuids), [1, 1], odd);
    assert.ok(scene.okta.requests.length - before < 10, `${odd}: ${scene.okta.requests.length - before} calls`);
  }
  scene.org.rate.oddReset = undefined;
});

test('an event older than two days keeps its own time beside the one that Azure gives it', async () => {
  const scene = acme();
  const published = new Date(scene.clock.now() - 3 * 86_400_000);
  scene.org.publish({ uuid: 'old', published: published.toISOString() });
  await scene.poll();
  const row = scene.azure
    .table(scene.workspace, 'OktaSystemLogs_CL')
    .rows.find(({ EventOriginalUid }) => EventOriginalUid === 'old');
  assert.equal(row?.PublishedTime, published.getTime());
  assert.ok(Number(row?.TimeGenerated) > scene.clock.now() - 86_400_000, 'replaced by the time of receipt');
});

test('two orgs keep their own links, rules and rows', async () => {
  const scene = acme();
  const other = scene.okta.addOrg('globex.okta.com');
  const key = other.addToken();
  const before = scene.okta.requests.length;
  const wizard = await scene.openWizard(scene.ada);
  await wizard.submit({ name: 'Globex', domain: 'globex.okta.com', key });
  await wizard.submit({ products: 'siem' });
  await wizard.submit(goodDetails(scene));
  await scene.eventually(
    `select 1 as done from connectors where name = 'Globex' and status->>'lastPollAt' is not null`,
  );
  const published = new Date(scene.clock.now()).toISOString();
  other.publish({ uuid: 'of-globex', published });
  scene.org.publish({ uuid: 'of-acme', published });
  await scene.poll();
  const rows = scene.azure.table(scene.workspace, 'OktaSystemLogs_CL').rows;
  const domainOf = (uuid: string) => rows.filter((row) => row.EventOriginalUid === uuid).map((row) => row.OktaDomain);
  assert.deepEqual([domainOf('of-globex'), domainOf('of-acme')], [['globex.okta.com'], ['acme.okta.com']]);
  assert.equal([...scene.azure.estate.rules.values()].filter(({ name }) => name.includes('okta')).length, 2);
  assert.ok(
    scene.okta.requests.slice(before).every(({ status }) => status === 200),
    'no link went to the other org',
  );
});
