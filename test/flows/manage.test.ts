// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a name that looks like a template of Adaptive Cards.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { actionsIn, closeServer, Dialogue, Scene } from '../scene/scene.ts';
import { oktaEvent } from '../sims/events.ts';
import { type Card, press } from '../sims/teams/cards.ts';
import type { Message, User } from '../sims/teams/tenant.ts';

after(closeServer);

/** Opens the manage dialog from a card's own button. */
function openFrom(scene: Scene, user: User, message: Message): Promise<Dialogue> {
  const action = actionsIn(message.cards).find(({ title }) => /^(Manage|Rotate token)…$/.test(String(title)));
  assert.ok(action, JSON.stringify(message.cards));
  return Dialogue.open(scene, user, message, action.data as Card);
}

async function openManage(scene: Scene, user = scene.ada, name = 'Acme'): Promise<Dialogue> {
  return openFrom(scene, user, await scene.ask(user, `manage ${name}`));
}

/** Changes these fields and leaves the others as the page shows them, as a client does. */
async function save(dialog: Dialogue, typed: Record<string, string>, user?: User): Promise<Card> {
  const { data } = press(dialog.page, 'Save', typed);
  await dialog.submit({}, { data, ...(user ? { user } : {}) });
  return data;
}

type Kept = { name: string; domain: string; settings: Card; next_url: string; since: Date; version: string };

function kept(scene: Scene): Promise<Kept[]> {
  return scene.rows<Kept>(
    `select name, domain, settings, next_url, since, version from connectors join checkpoints on connector_id = id`,
  );
}

function audited(scene: Scene): Promise<{ result: string }[]> {
  return scene.rows(`select actor_name, target, result from audit where result like 'changed%' order by id`);
}

test('a dead token is replaced from the alert: at once, at the same place in the log, and nothing is repeated', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  scene.org.revoke(scene.token);
  await scene.poll();
  const alert = await scene.card('✕ Okta refuses the API token');
  const [before] = await kept(scene);
  const secrets = await scene.rows('select * from secrets');
  const wrong = `00${'w'.repeat(40)}`;

  const dialog = await openFrom(scene, scene.ada, alert);
  for (const [key, says] of [
    [wrong, /does not take this token/],
    [scene.org.addToken({ permission: 'none' }), /may not read the System Log/],
    ['too short', /no blanks/],
  ] as const) {
    await save(dialog, { key });
    assert.match(dialog.text, says);
    assert.ok(!dialog.text.includes(key), 'the key is not sent back');
  }
  assert.deepEqual(await scene.rows('select * from secrets'), secrets, 'the old key stands');
  assert.deepEqual(await kept(scene), [before]);

  scene.org.publishMade(3);
  const asked = scene.okta.requests.length;
  const fresh = scene.org.addToken();
  const data = await save(dialog, { key: `SSWS ${fresh}`, interval: '300' });
  assert.match(dialog.sentence, /^Acme was changed: the API token, which is used at once; how often it looks/);
  const first = dialog.sentence;
  assert.match(first, /; how often it looks for new events: every 5 minutes instead of every minute\.$/);
  await scene.card('✎ ', 'Ada Admin changed Acme: the API token, which is used at once; how often it looks');
  await dialog.submit({}, { data });
  assert.equal(dialog.sentence, first, 'a second submit says the same');
  assert.deepEqual(await audited(scene), [
    { actor_name: 'Ada Admin', target: 'Acme (acme.okta.com)', result: 'changed token, interval' },
  ]);

  await scene.eventually('select 1 as done from checkpoints where sent_events = 8');
  const recovered = await scene.card('✓ Recovered after');
  assert.equal(recovered.id, alert.id);
  const [probe, poll] = scene.okta.requests.slice(asked);
  assert.match(probe?.url ?? '', /limit=1&/);
  assert.equal(poll?.url, before?.next_url, 'it went on from the stored link');
  const { rows } = scene.azure.table(scene.workspace, 'OktaSystemLogs_CL');
  assert.equal(new Set(rows.map(({ EventOriginalUid }) => EventOriginalUid)).size, rows.length);
  assert.equal(rows.length, 8);

  const [now] = await scene.rows<{ id: string; key: string; seconds: number }>(
    `select s.id, c.settings->>'keyId' as key, c.settings->'intervalSeconds' as seconds from secrets s, connectors c`,
  );
  assert.equal(now?.id, now?.key, 'one key is left, and it is the connector’s');
  assert.notEqual(now?.key, before?.settings.keyId);
  assert.equal(now?.seconds, 300);
  const told = [...scene.logLines, ...scene.teams.traffic.map(({ body }) => body)].join('\n');
  for (const key of [wrong, fresh]) assert.ok(!told.includes(key), 'no token in a log line or card');
});

test('another domain changes nothing without a yes; with it the rule follows, and what was delivered is not sent again', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  const renamed = scene.okta.addOrg('globex.okta.com');
  const event = (index: number) =>
    Buffer.from(JSON.stringify(oktaEvent({ seed: 7, index, publishedAt: scene.clock.now() - 1_000 })));
  const both = [event(1), event(2), event(3)];
  for (const bytes of both) {
    scene.org.publish(bytes);
    renamed.publish(bytes);
  }
  await scene.poll();
  await scene.eventually('select 1 as done from checkpoints where sent_events = 8');
  for (const bytes of [event(4), event(5)]) renamed.publish(bytes);
  const before = await kept(scene);
  const rules = () =>
    JSON.stringify([...scene.azure.estate.rules.values()].filter(({ name }) => name.includes('okta')));
  const ruleBefore = rules();

  const dialog = await openFrom(scene, scene.ada, await scene.ask(scene.ada, 'status Acme'));
  await save(dialog, { domain: 'acme-admin.okta.com' });
  assert.match(dialog.text, /Did you mean acme\.okta\.com/);
  await save(dialog, { domain: 'https://globex.okta.com/' });
  assert.match(dialog.text, /does not take this token/, 'the stored token is of another org');
  const calls = scene.okta.requests.length + scene.okta.strangers.length;
  await save(dialog, { domain: 'sso.globex.example' });
  assert.match(dialog.text, /Paste the API token for sso\.globex\.example/);
  assert.equal(scene.okta.requests.length + scene.okta.strangers.length, calls, 'the stored token went nowhere');
  await save(dialog, { domain: 'globex.okta.com', key: renamed.addToken() });
  assert.match(dialog.text, /The token works/);
  assert.match(dialog.text, /reading begins anew at globex\.okta\.com, ten minutes before/);
  for (const confirm of ['false', '', 'yes']) {
    await save(dialog, { confirm });
    assert.match(dialog.text, /✕ Nothing was changed yet\. Reading anew at globex\.okta\.com needs your yes/);
  }
  assert.deepEqual(await kept(scene), before, 'nothing was changed');
  assert.equal(rules(), ruleBefore);
  assert.deepEqual(await audited(scene), []);

  const polls = scene.okta.requests.length;
  await save(dialog, { confirm: 'globex.okta.com' });
  assert.match(dialog.sentence, /Acme was changed: .*the Okta domain/);
  await scene.eventually(`select 1 as done from connectors where provisioning->>'finishedAt' is not null`);
  await scene.eventually('select 1 as done from checkpoints where sent_events = 10');
  const { rows } = scene.azure.table(scene.workspace, 'OktaSystemLogs_CL');
  const domains = rows.map(({ OktaDomain }) => OktaDomain);
  assert.deepEqual(domains, [...Array(8).fill('acme.okta.com'), ...Array(2).fill('globex.okta.com')]);
  assert.equal(new Set(rows.map(({ EventOriginalUid }) => EventOriginalUid)).size, 10, 'no event twice');
  assert.equal(JSON.parse(rules()).length, 1);
  assert.match(rules(), /globex\.okta\.com/);
  assert.ok(scene.okta.requests.slice(polls).every(({ host }) => host === 'globex.okta.com'));
  const since = /since=([^&]+)/.exec(scene.okta.requests.at(polls + 1)?.url ?? '')?.[1] ?? '';
  assert.equal(Date.parse(since), (before[0]?.since.getTime() ?? 0) - 600_000);
  assert.equal((await scene.rows('select * from secrets')).length, 1);
  assert.match(JSON.stringify((await scene.ask(scene.ben, 'status Acme')).cards), /globex\.okta\.com/);
  await scene.poll();
  assert.equal((await scene.rows(`select * from incidents`)).length, 0);
});

test('only what a person changed is changed, every wrong field says what is wrong, and others are refused', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connect(scene.ada, 'Acme');
  await scene.connect(scene.ada, 'Other');
  await scene.eventually(
    `select 1 as done where not exists (select from connectors where status->'lastPollAt' = 'null')`,
  );
  const shown = await scene.ask(scene.ada, 'manage acme');
  assert.match(JSON.stringify(shown.cards), /How long the table keeps its rows can be changed here too/);
  const button = actionsIn(shown.cards).find(({ title }) => title === 'Manage…')?.data as Card;
  const of = async (user: User) => (await Dialogue.open(scene, user, shown, button)).text;
  assert.match(await of(scene.ben), /you lack Log Analytics Contributor and Microsoft Sentinel Contributor/);
  assert.match(await of(scene.guest), /Guests can only read the help/);
  assert.match(JSON.stringify((await scene.ask(scene.ada, 'mange Acme')).cards), /Did you mean manage/);

  const dialog = await openManage(scene);
  const asked = scene.okta.requests.length;
  const whole = press(dialog.page, 'Save').data;
  const wrong: [inputs: Card, says: RegExp][] = [
    [{ name: '' }, /Give the connector a name/],
    [{ name: 'OTHER' }, /There is a connector named OTHER already/],
    [{ name: 'x'.repeat(61) }, /60 characters/],
    [{ interval: '9' }, /Choose how often/],
    [{ surges: 'perhaps' }, /Choose whether to tell/],
    [{ interval: { $gt: 1 } }, /Choose how often/],
    [{ conversation: '19:elsewhere' }, /Choose where the alerts go/],
    [{ domain: '10.0.0.1' }, /An IP address/],
    [{ key: `Authorization: SSWS short`, name: 'Fine' }, /does not look like an Okta API token/],
  ];
  for (const [inputs, says] of wrong) {
    await dialog.submit(inputs, { data: whole });
    assert.match(dialog.text, says, JSON.stringify(inputs));
  }
  assert.equal(scene.okta.requests.length, asked, 'Okta was not asked');
  await save(dialog, { name: 'Acme' });
  assert.match(dialog.sentence, /Nothing was changed: Acme is as it was/);

  const [first, second] = [await openManage(scene), await openManage(scene)];
  const odd = 'R&D ${name}';
  await save(second, { name: ` ${odd} ` });
  assert.equal(second.sentence, `${odd} was changed: the name, which was Acme.`);
  const again = await openManage(scene, scene.ada, odd);
  await save(again, {});
  assert.match(again.sentence, /Nothing was changed/, 'a name that looks like a template is not changed by its field');
  await save(await openManage(scene, scene.ada, odd), { name: 'Okta  production' });
  await save(first, { interval: '10' });
  const now = await scene.rows(`select name, settings->'intervalSeconds' as seconds from connectors order by name`);
  assert.deepEqual(now, [
    { name: 'Okta production', seconds: 10 },
    { name: 'Other', seconds: 60 },
  ]);

  const [{ id } = { id: '' }] = await scene.rows<{ id: string }>(`select id from connectors where name = 'Other'`);
  const held = await scene.hold(`connector:${id}`);
  await scene.rows(`update connectors set provisioning = provisioning || '{"finishedAt": null}' where id = $1`, [id]);
  const [moving, slow] = [await openManage(scene, scene.ada, 'Other'), await openManage(scene, scene.ada, 'Other')];
  await save(moving, { domain: 'globex.okta.com', key: scene.okta.addOrg('globex.okta.com').addToken() });
  await Promise.all([save(moving, { confirm: 'globex.okta.com' }), save(slow, { interval: '300' })]);
  assert.match(moving.text, /setting Other up in Azure at this moment\. Nothing was changed/);
  assert.match(slow.sentence, /Other was changed: how often/, 'what can’t collide is not kept waiting for long');
  await scene.rows(`update connectors set provisioning = provisioning || '{"finishedAt": 1}' where id = $1`, [id]);
  const place = () => scene.rows<Kept>('select version, next_url from checkpoints where connector_id = $1', [id]);
  const [before] = await place();
  await save(moving, { confirm: 'globex.okta.com' });
  assert.match(moving.sentence, /Other was changed: .*globex/, 'a poll that goes on for long is fenced off');
  assert.deepEqual(await place(), [{ version: `${Number(before?.version) + 1}`, next_url: null }]);
  await held.release();
  await scene.eventually(`select 1 as done from checkpoints where next_url like 'https://globex%'`);

  const dialogs = await Promise.all([1, 2, 3, 4].map(() => openManage(scene, scene.ada, 'Other')));
  const [theirs, late, revoked, gone] = dialogs as [Dialogue, Dialogue, Dialogue, Dialogue];
  for (const role of ['Log Analytics Contributor', 'Microsoft Sentinel Contributor']) {
    scene.azure.grant(scene.ben.aadObjectId, role, scene.workspace.id);
  }
  await save(theirs, { name: 'Stolen' }, scene.ben);
  assert.match(theirs.sentence, /opened by somebody else/);
  const wizard = await scene.openWizard(scene.ada);
  await theirs.submit({}, { data: { ...whole, draft: wizard.buttonData().draft } });
  assert.match(theirs.sentence, /has expired/, 'a draft of another dialog is none');
  scene.azure.revoke(scene.ada.aadObjectId, 'Microsoft Sentinel Contributor');
  scene.clock.advance(61_000);
  await save(revoked, { name: 'Taken away' });
  assert.match(revoked.sentence, /you lack Microsoft Sentinel Contributor/);
  scene.azure.grant(scene.ada.aadObjectId, 'Microsoft Sentinel Contributor', scene.workspace.id);
  scene.clock.advance(61_000);
  await scene.rows(`update connectors set desired = 'delete', due_at = 'infinity' where name = 'Other'`);
  await save(gone, { name: 'Late' });
  assert.match(gone.sentence, /does not exist any more/);
  await scene.rows(`update connectors set desired = 'run' where name = 'Other'`);
  scene.clock.advance(31 * 60_000);
  await save(late, { name: 'Late' });
  assert.match(late.sentence, /has expired/);
  assert.deepEqual(
    (await scene.rows<{ name: string }>('select name from connectors order by name')).map(({ name }) => name),
    ['Okta production', 'Other'],
  );
});
