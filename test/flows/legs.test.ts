import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { connectorLease } from '../../ingestion/connector/leases.ts';
import { limitMs } from '../scene/limit.ts';
import { bringsEvents, closeServer, goodDetails, Scene } from '../scene/scene.ts';
import type { Effect } from '../sims/azure/faults.ts';
import type { Fault } from '../sims/okta/faults.ts';
import type { OktaOrg } from '../sims/okta/org.ts';
import { textOf } from '../sims/teams/cards.ts';

after(closeServer);

const minute = 60_000;

type Kinds = { okta: Record<string, Fault>; azure: Record<string, Effect> };

/** What can go wrong with an answer of Okta and of Azure: at once … */
const quick: Kinds = {
  okta: { fails: { kind: 'error', status: 500, code: 'E0000009' }, resets: { kind: 'reset' } },
  azure: {
    fails: { status: 503 },
    throttles: { status: 429, headers: { 'retry-after': '20' } },
    resets: 'reset',
  },
};

/** … and so that it has to be waited for. Apart, as nobody's patience counts while others have their answers. */
const silent: Kinds = {
  okta: { drips: { kind: 'slow', everyMs: 20, pieces: 1_000_000 }, hangs: { kind: 'blackHole' } },
  azure: { drips: 'drip', hangs: 'hang' },
};

// A poll that began just before a limit may wait twice for an answer, 45 s each, and a moment in between; time passes in steps
// of two seconds, so that each of the three may end a step late, and the poll after it begin so.
const longestPollMinutes = 1.5 + 0.2;

/** The pace of a clock that, but for its steps, all but stands: what a machine takes between them is nobody's time. */
const slowest = 0.01;

/** Connects an org of its own by name, and waits until that is done. */
async function connected(scene: Scene, name: string): Promise<OktaOrg> {
  const domain = `${name.toLowerCase()}.okta.com`;
  const org = scene.okta.addOrg(domain, { orgLimitPerMinute: 1e6 });
  org.publishMade(5);
  const wizard = await scene.openWizard(scene.ada);
  await wizard.submit({ name, domain, key: org.addToken() });
  await wizard.submit({ products: 'siem' });
  await wizard.submit(goodDetails(scene));
  await scene.eventually(`select 1 as done from connectors where name = $1 and status->>'lastPollAt' is not null`, [
    name,
  ]);
  return org;
}

type Row = { id: string; name: string; due: number; health: string; at: number; since: number | null };

const howTheyAre = `select id, name, extract(epoch from due_at) * 1000 as due, status->>'health' as health,
    (status->>'lastPollAt')::float8 as at, (status->'failing'->>'since')::float8 as since from connectors`;

/**
 * Lets time pass: up to the next poll that is due; while one is under way, by `stepMs`, and only while all that are wait for time
 * to pass, so that how long a machine takes does not count.
 */
async function passes(scene: Scene, stepMs = 2_000): Promise<Row[]> {
  const { clock } = scene;
  for (const end = performance.now() + limitMs; ; ) {
    assert.ok(performance.now() < end, 'a poll neither ends nor waits');
    const rows = await scene.rows<Row>(howTheyAre);
    const held = await scene.held(rows.map(({ id }) => connectorLease(id)));
    const begins = rows.some(({ id, due }) => due <= clock.now() && !held.has(connectorLease(id)));
    const { isAtWork, waiting, hasFollowed } = clock.patience;
    const atWork = isAtWork || waiting < held.size || !hasFollowed;
    if (begins || atWork) await scene.rows('select pg_sleep(0.02)');
    else {
      const next = Math.min(...rows.map(({ due }) => due)) - clock.now();
      clock.advance(held.size > 0 ? stepMs : Math.max(1, next));
      return rows;
    }
  }
}

for (const [what, { okta, azure }] of [
  ['refused or cut off', quick],
  ['not given at all, or in drips', silent],
] as const)
  test(`an answer that is ${what} takes the same time to the warning and to the error, on either leg`, async (t) => {
    const scene = await Scene.open();
    t.after(() => scene.close());
    const orgs = new Map<string, OktaOrg>();
    for (const kind of Object.keys(okta)) orgs.set(`okta-${kind}`, await connected(scene, `okta-${kind}`));
    for (const kind of Object.keys(azure)) orgs.set(`azure-${kind}`, await connected(scene, `azure-${kind}`));
    await scene.poll();
    for (const org of orgs.values()) org.publishMade(5);
    for (const [kind, fault] of Object.entries(okta)) orgs.get(`okta-${kind}`)?.faults.add({ do: fault });
    for (const [kind, effect] of Object.entries(azure)) {
      const [found] = await scene.rows<{ id: string }>(
        `select provisioning->'rule'->>'immutableId' as id from connectors where name = $1`,
        [`azure-${kind}`],
      );
      assert.ok(found);
      const when = (call: { path: string }) => bringsEvents(call) && call.path.includes(found.id);
      scene.azure.faults.add({ where: 'ingestion', when, do: effect });
    }
    scene.clock.speed = slowest;
    const told = new Map<string, Record<string, number>>();
    while ([...orgs.keys()].some((name) => told.get(name)?.error === undefined))
      for (const { name, health, at, since } of await passes(scene)) {
        const minutes = told.get(name) ?? {};
        if (since !== null) minutes[health] ??= (at - since) / minute;
        told.set(name, minutes);
      }
    for (const [name, { warning = 0, error = 0 }] of told) {
      assert.ok(warning >= 2 && warning < 2 + longestPollMinutes, `${name}: a warning after ${warning} minutes`);
      assert.ok(error >= 15 && error < 15 + longestPollMinutes, `${name}: an error after ${error} minutes`);
    }
    scene.clock.speed = 1;
    await scene.card('✕', 'Okta does not answer');
    await scene.card('✕', 'Azure does not answer');
    scene.azure.faults.clear();
    for (const org of orgs.values()) org.faults.clear();
  });

test('while a check waits for an answer, nobody is told that all is caught up, nor once it has failed', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  const said = async () => {
    const texts = [];
    for (const what of ['status Acme', 'connectors', 'verify Acme'])
      texts.push(textOf((await scene.ask(scene.ada, what)).cards[0] ?? {}));
    return texts as [string, string, string];
  };
  const caughtUp = await said();
  assert.match(caughtUp[0], /✓ Connected\n[\s\S]*Behind: no, caught up/);
  assert.match(caughtUp[2], /Behind: no, caught up/);

  scene.org.publishMade(5);
  const end = scene.org.faults.add({ do: { kind: 'blackHole' } });
  const [due] = await scene.rows<{ at: Date }>('select due_at as at from connectors');
  scene.clock.advance(Number(due?.at) - scene.clock.now());
  await scene.reached(() => scene.org.inFlight > 0);
  scene.clock.advance(20_000);
  for (const text of await said()) assert.doesNotMatch(text, /✓ Connected|caught up/);
  assert.match((await said())[0], /◐ Connected, check under way[\s\S]*Behind: not known: the check that was due at/);
  scene.clock.advance(30_000);
  await scene.eventually(`select 1 as done from connectors where status->'failing'->>'reason' = 'okta-unreachable'`);
  for (const text of await said()) assert.doesNotMatch(text, /✓ Connected|caught up/);
  assert.match(
    (await said())[0],
    /◐ Connected, last check failed[\s\S]*Okta does not answer\. Patchbay is trying again/,
  );
  end();
  await scene.poll();
  assert.match((await said())[0], /✓ Connected\n[\s\S]*Behind: no, caught up/);
});

test('a backlog that grows though both legs answer is told with how far behind it is, until it is worked off', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  const org = await connected(scene, 'Busy');
  await scene.poll();
  // Twice as many events come as can go through Azure in the time.
  org.faults.add({ do: { kind: 'shortPage', events: 20 } });
  scene.azure.faults.add({ where: 'ingestion', when: bringsEvents, do: { delayMs: 10_000 } });
  org.generate({ perMinute: 1_000 });
  for (let steps = 0; steps < 900 && (await scene.rows('select id from incidents')).length === 0; steps++)
    await passes(scene, 10_000);
  const alert = await scene.card('▲ Events come faster than they arrive', 'Behind', 'and not catching up');
  const text = textOf((await scene.ask(scene.ben, 'status Busy')).cards[0] ?? {});
  assert.match(text, /▲ Connected, with a warning[\s\S]*Behind: (1[5-9]|[2-9]\d) minutes, and not catching up/);
  assert.match(textOf(alert.cards[0] ?? {}).replaceAll(/\s+/g, ' '), /Okta → ✕? ?▲? ?Patchbay/);
  org.stopEvents();
  org.faults.clear();
  scene.azure.faults.clear();
  await scene.poll();
  assert.equal((await scene.card('Recovered after', 'Events come faster than they arrive')).id, alert.id);
  assert.match(textOf((await scene.ask(scene.ben, 'status Busy')).cards[0] ?? {}), /✓ Connected\n[\s\S]*no, caught up/);
});
