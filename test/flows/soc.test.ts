import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import { connectorLease } from '../../ingestion/connector/leases.ts';
import { actionsIn, closeServer, Dialogue, Scene } from '../scene/scene.ts';
import { sharedAcme } from '../scene/shared.ts';
import { textOf } from '../sims/teams/cards.ts';
import type { Message, User } from '../sims/teams/tenant.ts';

// What a SOC reads: the gallery, which connector, the audit, about, and that a retry has begun.

const open = sharedAcme();
after(closeServer);

const said = async (scene: Scene, text: string, user: User = scene.ada) =>
  (await scene.ask(user, text)).cards.map(textOf).join('\n');

/** Presses the button of that title, and returns the text of the card that it is answered with. */
async function pressed(scene: Scene, message: Message, title: string, user: User = scene.ada): Promise<string> {
  const action = actionsIn(message.cards).find((one) => one.title === title) ?? assert.fail(`no button ${title}`);
  const answer = await scene.teams.execute(user, scene.channel, message, action);
  return answer.kind === 'card' ? textOf(answer.card) : assert.fail(JSON.stringify(answer));
}

/** Copies of Acme by these names, which nothing is done with. */
async function addNamed(scene: Scene, ...names: string[]): Promise<void> {
  await scene.rows(
    `insert into connectors (id, tenant_id, name, domain, created_at, due_at, settings, provisioning, status)
     select gen_random_uuid(), tenant_id, named, domain, created_at, '2100-01-01', settings, provisioning,
            status || '{"lastPollAt": null}' from connectors, unnest($1::text[]) as named where name = 'Acme'`,
    [names],
  );
}

afterEach(async () => {
  await open().rows(`delete from connectors where due_at = '2100-01-01'`);
});

test('connect answers with what to have ready and the button, and goes on to what will be created', async () => {
  const scene = open();
  const message = await scene.ask(scene.ada, 'connect');
  const text = message.cards.map(textOf).join('\n');
  assert.match(text, /Have ready:.*Okta domain.*Read-only Administrator.*Log Analytics Contributor/s);
  assert.doesNotMatch(text, /connectors \[text\]/);
  assert.ok(actionsIn(message.cards).some(({ title }) => title === 'Connect a connector'));
  assert.match(await pressed(scene, message, 'What will be created'), /Will be created:.*OktaSystemLogs_CL/s);
});

test('the gallery shows each kind with how many there are and how they stand, and its details', async () => {
  const scene = open();
  const message = await scene.ask(scene.ben, 'gallery');
  assert.match(message.cards.map(textOf).join('\n'), /Okta Single Sign-On\n1 connector · 1 without a problem/);
  const details = await pressed(scene, message, 'Details', scene.ben);
  assert.match(details, /Collects:.*In Okta:.*Read-only Administrator.*In Azure:.*Microsoft Sentinel Contributor/s);
  assert.match(await said(scene, 'gallery', scene.guest), /Guests can only read the help/);
});

test('a name that several begin with, or none has, is asked back with buttons that run the command in place', async () => {
  const scene = open();
  await addNamed(scene, 'Beta production', 'Beta labs', 'Contoso');
  const several = await scene.ask(scene.ada, 'manage beta');
  assert.match(several.cards.map(textOf).join('\n'), /Several fit .*beta/s);
  assert.match(await pressed(scene, several, 'Beta labs'), /Manage Beta labs/);
  assert.match(
    scene.teams
      .messages(scene.channel)
      .find(({ id }) => id === several.id)
      ?.cards.map(textOf)
      .join() ?? '',
    /Manage Beta labs/,
  );
  for (const said of ['Status: Contoso!', 'STATUS CONTOSO.'])
    assert.match((await scene.ask(scene.ada, said)).cards.map(textOf).join('\n'), /^Contoso\n/, said);
  const ofOrg = await scene.ask(scene.ada, 'status https://acme.okta.com/app/x');
  assert.deepEqual(
    actionsIn(ofOrg.cards).map(({ title }) => title),
    ['Acme', 'Beta labs', 'Beta production', 'Contoso'],
  );
  const near = await scene.ask(scene.ada, 'status Contosso');
  assert.match(near.cards.map(textOf).join('\n'), /no connector named .*Contosso.*Did you mean/s);
  assert.match(await pressed(scene, near, 'Contoso'), /Contoso/);
  const unnamed = await scene.ask(scene.ada, 'status');
  assert.match(unnamed.cards.map(textOf).join('\n'), /Press one, or say which one: status <name>/);
  await addNamed(scene, 'D1', 'D2', 'D3');
  const many = (await scene.ask(scene.ada, 'status')).cards;
  assert.match(many.map(textOf).join('\n'), /To find another of the 7, say more of its name/);
  assert.equal(actionsIn(many).length, 5);
  const mute = await scene.ask(scene.ada, 'mute');
  assert.match(mute.cards.map(textOf).join('\n'), /say which one: mute <name>.*“mute here 2h”/);
  assert.match(await pressed(scene, mute, 'Acme'), /Mute Acme for how long\?/);
});

test('who may not run the command of a question leaves the question as it is, and reads why', async () => {
  const scene = open();
  await addNamed(scene, 'Acme too');
  const message = await scene.ask(scene.ada, 'retry ac');
  const action = actionsIn(message.cards).find(({ title }) => title === 'Acme too') ?? assert.fail('no Acme too');
  const answer = await scene.teams.execute(scene.guest, scene.channel, message, action);
  assert.equal(answer.kind, 'message');

  const refused = await scene.teams.execute(scene.ben, scene.channel, message, action);
  assert.match(refused.kind === 'message' ? refused.text : assert.fail(refused.kind), /you lack/);
  const shown = scene.teams.messages(scene.channel).find(({ id }) => id === message.id);
  assert.match(shown?.cards.map(textOf).join('\n') ?? '', /Which connector\?/);
});

test('without a name the only connector there is is meant', async () => {
  const scene = open();
  assert.match(await said(scene, 'status'), /^Acme\n/);
});

test('My connectors turns its pages, finds by a part of a name, and hands what is ticked to one dialog', async () => {
  const scene = open();
  await addNamed(scene, 'Beta 1', 'Beta 2', 'Beta 3', 'Beta 4', 'Beta 5', 'Gamma');
  const first = await scene.ask(scene.ada, 'connectors');
  const text = first.cards.map(textOf).join('\n');
  assert.match(
    text,
    /7 in all\nOpen Acme: Connected\n✓\nAcme\nConnected\n.* → soc-workspace · OktaSystemLogs_CL, Analytics · .*\n/,
  );
  assert.match(text, /Created .* by Ada Admin/);
  assert.match(text, /Page 1 of 2/);
  assert.match(await pressed(scene, first, 'Next'), /Gamma.*Page 2 of 2/s);
  const find = actionsIn(first.cards).find(({ title }) => title === 'Find') ?? assert.fail('no Find');
  const data = { ...(find.data as object), filter: ' gam ' };
  const found = await scene.teams.execute(scene.ada, scene.channel, first, { ...find, data });
  const list = textOf(found.kind === 'card' ? found.card : assert.fail(found.kind));
  assert.match(list, /1 matching “gam”.*Gamma.*Show all/s);
  assert.doesNotMatch(list, /Acme/);
  assert.match(await said(scene, 'connectors nothing like it'), /No connector matches “nothing like it”.*Show all/s);
  const ids = (await scene.rows<{ id: string }>(`select id from connectors where name like 'Beta%' order by name`)).map(
    ({ id }) => id,
  );
  const ticked = { dialog: 'delete', connectors: ids.slice(0, 2).join(',') };
  const dialog = await Dialogue.open(scene, scene.ada, first, ticked);
  assert.match(JSON.stringify(dialog.page), /Beta 1.*Beta 2/);
  assert.doesNotMatch(JSON.stringify(dialog.page), /Beta 3/);
});

test('My connectors begins with the worst, and a row says state, message, way, alerts, who made it and who changed it', async () => {
  const scene = open();
  await said(scene, 'pause Acme');
  await said(scene, 'resume Acme');
  await addNamed(scene, 'Beta', 'Gamma');
  const health = (name: string) =>
    scene.rows(`update connectors set status = status || $1 where name = 'Gamma'`, [{ health: name }]);
  await health('error');
  const text = await said(scene, 'connectors', scene.ben);
  await health('ok');
  assert.match(text, /3 in all · ✕ 1 with an error/);
  assert.match(text, /Open Gamma: [\s\S]*Open Acme: Connected\n[\s\S]*Open Beta: Connected\n/);
  const [, acme = ''] = /Open Acme: Connected\n([\s\S]*)Open Beta/.exec(text) ?? [];
  assert.match(acme, /acme\.okta\.com → soc-workspace · OktaSystemLogs_CL, Analytics · last event/);
  assert.match(acme, /Alerts go to SOC › Alerts\n/);
  assert.match(acme, /Created .* by Ada Admin · last change: Ada Admin resumed it, \{\{DATE/);
});

test('a name that is like none is answered with those that need a look', async () => {
  const scene = open();
  await addNamed(scene, 'Beta');
  const message = await scene.ask(scene.ada, 'verify something else entirely');
  assert.match(message.cards.map(textOf).join('\n'), /no connector named .*something else entirely.*Did you mean/s);
  assert.deepEqual(
    actionsIn(message.cards).map(({ title }) => title),
    ['Acme', 'Beta'],
  );
});

test('a retry says at once on every card that it began and for whom, and then that it was of no avail', async () => {
  const scene = open();
  scene.org.revoke(scene.token);
  await scene.poll();
  const alert = await scene.card('Okta refuses the API token');
  const [acme] = await scene.rows<{ id: string }>(`select id from connectors where name = 'Acme'`);
  // As long as a poll goes on elsewhere, none begins.
  const { release } = await scene.hold(connectorLease(acme?.id ?? ''));
  assert.match(await pressed(scene, alert, 'Retry'), /Trying again now, asked by Ada/);
  await scene.card('Okta refuses the API token', 'Trying again now, asked by Ada');
  await release();
  const isOver = (text: string) =>
    /refuses the API token[\s\S]*Tried again, asked by Ada[\s\S]*it is still so/.test(text);
  await scene.teams.until(() => scene.news.find(({ cards }) => isOver(JSON.stringify(cards))));
  scene.org.restore(scene.token);
  assert.match(await said(scene, 'retry Acme', scene.ben), /Nothing was changed.*you lack/s);
  assert.match(await said(scene, 'retry'), /Acme/);
});

test('the audit says who did what, from where and what came of it, of one connector or of all, also of one that is gone', async () => {
  const scene = open();
  await said(scene, 'retry Acme', scene.ben);
  const one = await said(scene, 'audit Acme');
  assert.match(one, /Audit of Acme/);
  assert.match(one, /Ben Reader was not allowed to have it tried again\n.* from .*SOC/);
  assert.match(one, /Ada Admin connected it/);
  assert.match(await said(scene, 'audit', scene.ben), /Ada Admin connected Acme \(.*\)/);
  await scene.rows(`insert into audit (at, tenant_id, actor_id, actor_name, action, target, result, connector_id)
    select now(), tenant_id, 'x', 'Cleo', 'delete', 'Gone (gone.okta.com)', 'asked', gen_random_uuid() from connectors limit 1`);
  assert.match(await said(scene, 'audit gone'), /Cleo deleted Gone \(gone\.okta\.com\)/);
  assert.match(await said(scene, 'audit Nobody at all'), /no connector named/);
  assert.match(await said(scene, 'audit', scene.guest), /Guests can only read the help/);
  await scene.rows(
    `insert into audit (at, tenant_id, actor_id, actor_name, action, target, result)
     select now(), tenant_id, 'x', 'Old ' || n, 'alerts', 'SOC', 'here' from connectors, generate_series(1, 10) as n where name = 'Acme'`,
  );
  const all = await scene.ask(scene.ada, 'audit');
  assert.match(await pressed(scene, all, 'Older'), /Page 2 .*As of/s);
});

test('the status says where alerts go by the names of channels alone, what it may ask of Okta, and what was told lately', async () => {
  const scene = open();
  await said(scene, 'alerts here');
  scene.azure.grant(scene.ben.aadObjectId, 'Microsoft Sentinel Responder', scene.workspace.id);
  const chat = scene.teams.personalChat(scene.ben);
  await scene.teams.install(chat, { by: scene.ben });
  await scene.teams.say(scene.ben, chat, 'alerts here');
  scene.org.revoke(scene.token);
  await scene.poll();
  scene.org.restore(scene.token);
  await scene.poll();
  await scene.card('Recovered after');
  const text = await said(scene, 'status Acme', scene.ben);
  assert.match(text, /Alerts go to: SOC › Alerts and a personal chat\n/);
  assert.doesNotMatch(text, /Alerts go to:.*Ben/);
  assert.match(await said(scene, 'connectors', scene.ben), /Alerts go to SOC › Alerts and a personal chat\n/);
  assert.match(text, /API budget: \d+ of the \d+ calls a minute that Patchbay may take/);
  assert.match(text, /Last health messages\n✓ .*over after .*Okta refuses the API token/);
  scene.clock.advance(3_600_000 - (scene.clock.now() % 3_600_000) + 60_000);
  // In whichever hours the tests before were played: it begins in this one.
  await scene.rows('delete from statistics');
  const hour = scene.clock.now() - (scene.clock.now() % 3_600_000);
  await scene.rows('update connectors set created_at = $1', [new Date(hour)]);
  scene.org.publishMade(3);
  await scene.poll();
  scene.clock.advance(3_600_000);
  assert.doesNotMatch(await said(scene, 'status Acme'), /Events per hour/, 'one hour is no course');
  scene.clock.advance(3_600_000);
  const card = (await scene.ask(scene.ada, 'status Acme')).cards[0] ?? {};
  assert.match(textOf(card), /Events per hour, last 24 hours\n/);
  assert.match(textOf(card), /\d+ in the last full hour: what is usual is known after three days/);
  assert.match(JSON.stringify(card), /"type":"Chart.Line"/);
  await said(scene, 'alerts off');
});

test('about says which version this is and how it is', async () => {
  const scene = open();
  assert.match(
    await said(scene, 'about', scene.ben),
    /Version \d+\.\d+\.\d+.*at work since.*its store answers; last poll (just now|\d+ min ago)/s,
  );
});

test('where alerts can no longer be delivered is said on the status and in My connectors', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  const chat = scene.teams.personalChat(scene.ada);
  await scene.teams.install(chat, { by: scene.ada });
  await scene.teams.uninstall(scene.channel.team, { by: scene.ada });
  for (const text of ['status Acme', 'connectors']) {
    const { answers } = await scene.teams.say(scene.ada, chat, text);
    const shown = answers.at(-1)?.cards.map(textOf).join('\n') ?? '';
    assert.match(shown, /▲ Alerts can’t be delivered to SOC › Alerts since \{\{DATE/, text);
    assert.match(shown, /Alerts go to:? nowhere: say “alerts here” where they should go/, text);
  }
  const { answers } = await scene.teams.say(scene.ada, chat, 'alerts list');
  assert.match(answers.at(-1)?.cards.map(textOf).join('\n') ?? '', /SOC › Alerts.*can’t be delivered.* since/is);
});
