import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { proxyHere } from '../scene/proxied/here.ts';
import { actionsIn, closeServer, Dialogue, Scene } from '../scene/scene.ts';
import { roleNamed } from '../sims/azure/roles.ts';
import {
  type Failure,
  removal,
  sending,
  throttled,
  tooLong,
  unanswered,
  untilGrant,
  untilRule,
  untilTable,
} from './failures/list.ts';
import { type Cure, Place } from './failures/place.ts';
import { keyVaultUrl, untilKey, untilKeyRemoved } from './failures/vault.ts';

after(closeServer);

const minute = 60_000;

test('whatever stops a connector in Azure, its card names step, cause and remedy, and Retry goes on', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  scene.org.publishMade(5);
  const places: Place[] = [];
  /** Connects while `failure` is in force, and goes on through the others to the end. */
  const through = async (name: string, [first, ...others]: Failure[], location?: string) => {
    const at = new Place(scene, name, location);
    places.push(at);
    const cure = await first?.produce(at);
    await at.connect();
    return { at, cure, walk: () => walkToTheEnd(at, first ? [first, ...others] : [], cure) };
  };

  const hung = await through('Hang', [unanswered]);
  const restsFrom = scene.clock.now();
  const rested = await through('Rest', [throttled]);
  const sender = await through('Sender', sending.slice(0, 1));
  const walkers = [
    await through('Functions', untilRule.slice(0, 5), 'northeurope'),
    await through('Grant', untilGrant),
    await through('Rights', untilTable.slice(0, 6)),
    await through('Table', untilTable.slice(6)),
    await through('Rule', untilRule.slice(5), 'northeurope'),
  ];
  const gone = new Place(scene, 'Gone');
  await gone.connect();
  const forbidden: (Cure | undefined)[] = [];
  const forbid = async () => {
    forbidden.push(await sending[1]?.produce(sender.at));
    await sender.cure?.();
  };
  await Promise.all([...walkers.map(({ walk }) => walk()), gone.built().then(() => walkAway(gone, removal))]);
  await hung.at.asked('PUT', '/dataCollectionRules/');
  // Patchbay gives up after half a minute, which counts only while nothing else is under way.
  scene.clock.advance(minute);
  await hung.walk();
  await sender.at.card('Waiting for Azure: the new data collection rule takes up to 15 minutes to be known');
  const slow = await through('Slow', [tooLong]);
  await rested.at.card(throttled.says, throttled.remedy, `${throttled.step}: failed`, 'tries again at {{TIME(');
  assert.ok((await rested.at.dueAt()) >= restsFrom + 60 * minute, 'not before Azure wants it');
  await slow.at.card('Create the table OktaSystemLogs_CL …');
  await slow.at.asked('PUT', '/tables/');
  scene.clock.advance(2 * minute + 1_000);
  await slow.walk();
  await rested.cure?.();
  scene.clock.advance(60 * minute);
  // Nobody presses anything.
  await rested.at.built();
  await walk(sender.at, sending.slice(0, 1), forbid);
  await sender.at.card('Waiting for Azure: the new permission takes up to 30 minutes to take effect');
  scene.clock.advance(31 * minute);
  await walkToTheEnd(sender.at, sending.slice(1), forbidden[0]);

  // Each workspace is looked into every five minutes; a look that came just before the rows saw none. And a connector that
  // Okta slowed down rests for up to 100 seconds.
  const unseen = () => scene.rows(`select from connectors where coalesce(observation->'seen'->'rows', '0') = '0'`);
  for (let polls = 0; polls < 6 && (await unseen()).length > 0; polls++) {
    scene.clock.advance(4 * minute);
    await scene.poll();
  }
  scene.clock.advance(minute);
  await scene.poll();
  for (const at of places) await at.card(`✓ ${at.name} is connected`);
  assert.deepEqual(scene.azure.unexpected, []);
});

test('whatever the Key Vault does, the card of the connector says it, and Retry goes on; when it is removed as well', async (t) => {
  // Each has a vault of its own, as what is done to one meets all that use it.
  const walking = async (building: Failure[], removing: Failure[]) => {
    const scene = await Scene.open({ keyVaultUrl });
    t.after(() => scene.close());
    const at = new Place(scene, 'Vault');
    const cure = await building[0]?.produce(at);
    await at.connect();
    await walkToTheEnd(at, building, cure);
    if (removing.length === 0) return;
    await walkAway(at, removing);
    assert.deepEqual([...scene.vault.secrets.values()], [], 'deleted and purged');
  };
  await Promise.all([walking(untilKey.slice(0, 5), []), walking(untilKey.slice(5), []), walking([], untilKeyRemoved)]);
});

/** Goes from failure to failure: the next is there before the last is cured and Retry is pressed. */
async function walk(at: Place, failures: readonly Failure[], cure: Cure | undefined): Promise<void> {
  let cured = cure;
  for (const [index, failure] of failures.entries()) {
    const { name, step, again, foreseen } = failure;
    const { says, remedy } = (proxyHere() && failure.byProxy) || failure;
    const words = [says, remedy, foreseen ? '' : 'For support: '];
    const stopped = ['could not be', `${step}: failed`];
    const polled = sending.includes(failure);
    // What a poll has met has a card of its own.
    if (polled) await at.card(...stopped, says, 'The alert about it says what to do');
    const card = polled ? await at.card(...words) : await at.card(...stopped, ...words, 'tries again');
    const pauseMs = (await at.dueAt()) - at.scene.clock.now();
    assert.ok(pauseMs <= (again === 'soon' ? 5 : 15) * minute, `${name}: tried again in ${pauseMs} ms`);
    const next = await failures[index + 1]?.produce(at);
    await cured?.();
    cured = next;
    await at.retry(card);
  }
}

async function walkToTheEnd(at: Place, failures: readonly Failure[], cure: Cure | undefined): Promise<void> {
  await walk(at, failures, cure);
  await at.built();
}

/** Removes a connector, past what stops that. */
async function walkAway(at: Place, failures: readonly Failure[]): Promise<void> {
  const { scene } = at;
  await scene.ask(scene.ada, `delete ${at.name}`);
  // The last message may be somebody else's card by now.
  const opens = ({ data }: Record<string, unknown>) => (data as { dialog?: string })?.dialog === 'delete';
  const message = scene.teams.messages(scene.channel).find(({ cards }) => actionsIn(cards).some(opens));
  assert.ok(message);
  const data = actionsIn(message.cards).find(opens)?.data;
  const dialogue = await Dialogue.open(scene, scene.ada, message, data as Record<string, unknown>);
  const cure = await failures[0]?.produce(at);
  await dialogue.submit({ confirm: at.name });
  await walk(at, failures, cure);
  await at.card(`✓ ${at.name} was deleted`);
  assert.equal(at.ruleId, '');
}

test('what passes at once costs no card, and what an earlier attempt left half done is found and used', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  const at = new Place(scene, 'Half');
  const { principalId } = scene.azure.identity;
  at.table({ plan: 'Auxiliary' });
  at.fault('GET', '/tables/', { status: 429, headers: { 'retry-after': '1' } }, 1);
  at.fault('PUT', '/tables/', 'lost-answer', 1);
  at.fault('PUT', '/dataCollectionRules/', 'lost-answer', 1);
  await at.connect();
  await at.built();
  await at.card('The table was there already, in the data lake tier, which Azure never changes');
  const failed = () => scene.rows(`select 1 from connectors where (provisioning->>'attempts')::int > 0`);
  assert.deepEqual(await failed(), []);
  // A poll that was under way would put its own time for the next over the one below.
  await scene.eventually(`select 1 as done from connectors where status->>'lastPollAt' is not null`);

  // A process that died between Azure's answers and its own notes; and somebody gave the role by hand, under another name.
  for (const [key, { scope }] of scene.azure.directory.assignments) {
    if (scope === at.ruleId) scene.azure.directory.assignments.delete(key);
  }
  const role = roleNamed('Monitoring Metrics Publisher');
  const later = { scope: at.ruleId, role, principalId, effectiveAfterMs: minute };
  const byHand = scene.azure.directory.assign(randomUUID(), later);
  await scene.rows(
    `update connectors set due_at = $1, provisioning = provisioning || '{"done": ["rights"], "running": "table", "rule": null, "finishedAt": null}'`,
    [new Date(scene.clock.now())],
  );
  await at.built();
  assert.deepEqual(await failed(), []);
  assert.equal([...scene.azure.estate.rules.keys()].filter((id) => id.includes('/patchbay-okta-')).length, 1);
  const held = [...scene.azure.directory.assignments.values()].filter(({ scope }) => scope === at.ruleId);
  assert.deepEqual(held, [byHand]);
});

test('the table in the documentation lists each of these failures as it is shown, and no other', () => {
  const building = [
    ...untilTable,
    tooLong,
    throttled,
    ...untilRule,
    unanswered,
    ...untilGrant,
    ...untilKey,
    ...sending,
  ];
  const all = [...building, ...removal, ...untilKeyRemoved];
  const again = { soon: 'within minutes', rarely: 'within 15 minutes', 'as Azure asks': 'when Azure asked for it' };
  const rows = all.map(
    ({ name, answers, step, says, remedy, ...failure }) =>
      `| ${[name, answers, step, says, remedy, again[failure.again]].join(' | ')} |`,
  );
  const document = readFileSync(new URL('../../deploy/FAILURES.md', import.meta.url), 'utf8');
  assert.deepEqual(document.match(/^\| .*\|$/gm)?.slice(2), rows);
});
