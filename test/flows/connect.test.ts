import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { groupOf } from '../../ingestion/azure/access/rights.ts';
import { ownEvents } from '../fixtures/events.ts';
import { deliversWhole } from '../scene/delivery.ts';
import { actionsIn, botRolesNeeded, closeServer, goodDetails, Scene } from '../scene/scene.ts';
import { sharedScene } from '../scene/shared.ts';
import { type Card, inputs, textOf } from '../sims/teams/cards.ts';

const open = sharedScene();
after(closeServer);

test('Ada connects an org by the dialog, and every event arrives byte for byte as Okta served it', async (t) => {
  const scene = await Scene.open({ azure: { keepBytes: true } });
  t.after(() => scene.close());
  await deliversWhole(scene, ownEvents());
});

test('the progress card follows each step in place and ends in Connected; status tells the rest', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  const cards = scene.teams
    .messages(scene.channel)
    .filter(({ cards }) => JSON.stringify(cards).includes('acme.okta.com'));
  assert.equal(cards.length, 1, 'one progress card');
  assert.ok((cards[0]?.edits ?? 0) > 1, 'that was edited in place');

  const status = JSON.stringify((await scene.ask(scene.ben, 'status acme')).cards);
  for (const text of ['Acme', 'Connected', 'soc-workspace', 'acme.okta.com']) assert.match(status, new RegExp(text));
  const list = JSON.stringify((await scene.ask(scene.ben, 'connectors')).cards);
  assert.match(list, /Acme/);
});

test('a wrong domain, a wrong key or a key without permission is said at its field, and changes nothing', async () => {
  const scene = open();
  const secrets = await scene.rows('select * from secrets');
  const wizard = await scene.openWizard(scene.ada);
  const key = scene.token;
  const wrong: [inputs: Record<string, string>, says: RegExp, requests: number][] = [
    [{ name: '', domain: 'acme.okta.com', key }, /Give the connector a name/, 0],
    [{ name: 'Acme', domain: 'acme-admin.okta.com', key }, /acme\.okta\.com/, 0],
    [{ name: 'Acme', domain: '10.0.0.1', key }, /address/i, 0],
    [{ name: 'Acme', domain: 'acme.okta.com', key: '' }, /token/i, 0],
    [{ name: 'Acme', domain: 'nobody.okta.com', key }, /nobody\.okta\.com|Okta org/i, 1],
    [{ name: 'Acme', domain: 'acme.okta.com', key: `00${'x'.repeat(40)}` }, /does not take this token/, 1],
    [{ name: 'Acme', domain: 'acme.okta.com', key: scene.org.addToken({ permission: 'none' }) }, /System Log/i, 1],
  ];
  for (const [inputs, says, requests] of wrong) {
    const before = scene.okta.requests.length + scene.okta.strangers.length;
    await wizard.submit(inputs);
    assert.match(wizard.text, /Step 1 of 3/, JSON.stringify(inputs));
    assert.match(wizard.text, says, JSON.stringify(inputs));
    assert.ok(!inputs.name || wizard.text.includes(`"value":"${inputs.name}"`), 'the name is kept');
    assert.ok(!inputs.key || !wizard.text.includes(inputs.key), 'the key is not sent back');
    const asked = scene.okta.requests.length + scene.okta.strangers.length - before;
    assert.ok(asked >= requests, `${asked} requests`);
  }
  assert.deepEqual(await scene.rows('select * from connectors'), []);
  assert.deepEqual(await scene.rows('select * from secrets'), secrets, 'no key is kept that Okta refused');

  await wizard.submit({ name: 'Acme', domain: 'HTTPS://acme.okta.com/', key: `SSWS ${key}` });
  assert.match(wizard.text, /Step 2 of 3/);
  assert.match(wizard.text, /The token works/);
  assert.match(wizard.text, /left out what stood around the token, such as “Authorization”/);
});

test('the pages say what the org allows, what can’t be connected here, and that the data lake is final', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  scene.org.publishMade(5);
  scene.org.dateSkewMs = -5 * 60_000;
  const wizard = await scene.openWizard(scene.ada);
  assert.match(wizard.text, /they must let in 203\.0\.113\.4, from where Patchbay calls/);
  await wizard.submit({ name: 'Lake', domain: 'acme.okta.com', key: scene.token });
  assert.match(wizard.text, /The token works: it may read the System Log/);
  assert.match(wizard.text, /This org allows \d+ System Log calls a minute/);
  assert.match(wizard.text, /clocks of Okta and of this bot differ by 5 minutes/);
  assert.match(wizard.text, /Not available here.*Defender for Identity.*no public interface.*Defender for Cloud/s);
  await wizard.submit({ products: 'siem' });
  assert.match(wizard.text, /Data lake only is final: .*No alert rules/);
  await wizard.submit({ ...goodDetails(scene), tier: 'Auxiliary', total: 365, backfill: 48 });
  await scene.card('Lake is connected');
  const status = textOf((await scene.ask(scene.ben, 'status Lake')).cards[0] ?? {});
  assert.match(status, /Table: OktaSystemLogs_CL, data lake only\nRetention: 365 days\n/);
});

test('an org that does not answer is said at once, and the values are kept', async () => {
  const scene = open();
  scene.org.faults.add({ do: { kind: 'reset' } });
  const wizard = await scene.openWizard(scene.ada);
  await wizard.submit({ name: 'Acme', domain: 'acme.okta.com', key: scene.token });
  assert.match(wizard.text, /Step 1 of 3/);
  assert.match(wizard.text, /No connection to this domain/);
  assert.match(wizard.text, /"value":"acme.okta.com"/);
});

test('a workspace on which Ben lacks rights is listed with the missing roles, and can not be submitted', async () => {
  const scene = open();
  const wizard = await scene.openWizard(scene.ben);
  await wizard.submit({ name: 'Acme', domain: 'acme.okta.com', key: scene.token });
  await wizard.submit({ products: 'siem' });
  assert.match(wizard.text, /soc-workspace/);
  assert.match(wizard.text, /Log Analytics Contributor/);
  assert.match(wizard.text, /Microsoft Sentinel Contributor/);
  assert.equal(
    actionsIn(wizard.page).some(({ title }) => title === 'Connect'),
    false,
  );

  const draft = (await scene.rows<{ id: string }>('select id from drafts order by expires_at desc'))[0]?.id;
  await wizard.submit(goodDetails(scene), { data: { dialog: 'connect', draft, page: 3 } });
  assert.match(wizard.text, /you lack Log Analytics Contributor and Microsoft Sentinel Contributor/);
  assert.deepEqual(await scene.rows('select * from connectors'), []);
});

test('rights count wherever they come from, and where they can not be read it is said why', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  const { azure, ben } = scene;
  const own = ['Log Analytics Contributor', 'Microsoft Sentinel Contributor'];
  const workspace = (name: string, location = 'westeurope', tenantId?: string) => {
    const subscription = azure.addSubscription(name, undefined, tenantId);
    const made = azure.addWorkspace({ name, resourceGroup: `rg-${name}`, subscription, location });
    for (const role of botRolesNeeded) {
      azure.grant(azure.identity.principalId, role, groupOf(made.id), { delegated: tenantId !== undefined });
    }
    return made;
  };
  const give = (principal: string, scope: string, options = {}, names = own) => {
    for (const role of names) azure.grant(principal, role, scope, options);
  };
  const nested = workspace('by-groups', 'northeurope');
  give(azure.addGroup([azure.addGroup([ben.aadObjectId])]), `/subscriptions/${nested.subscription}`);
  const managed = workspace('by-management-group');
  const company = '/providers/Microsoft.Management/managementGroups/company';
  azure.directory.placeUnder(company, managed.subscription);
  give(ben.aadObjectId, company, {}, ['Contributor']);
  give(ben.aadObjectId, groupOf(workspace('by-condition').id), { condition: "@Resource[name] StringEquals 'x'" });
  give(ben.aadObjectId, workspace('by-half').id, {}, ['Log Analytics Contributor']);
  const theirs = randomUUID();
  give(ben.aadObjectId, workspace('delegated', 'westeurope', theirs).id, { delegated: true });
  give(ben.aadObjectId, workspace('delegated-and-shown', 'westeurope', theirs).id);

  const wizard = await scene.openWizard(ben);
  await wizard.submit({ name: 'Acme', domain: 'acme.okta.com', key: scene.token });
  await wizard.submit({ products: 'siem' });
  const offered = inputs(wizard.page).find(({ id }) => id === 'workspace')?.choices as { title: string }[];
  assert.deepEqual(
    offered.map(({ title }) => title.split(' · ').slice(0, 2).join(' in ')),
    ['by-groups in northeurope', 'by-management-group in westeurope', 'delegated-and-shown in westeurope'],
  );
  const said = textOf(wizard.page);
  const lacking = String.raw`you lack Log Analytics Contributor and Microsoft Sentinel Contributor \(for `;
  assert.match(said, new RegExp(`by-condition: ${lacking}`));
  assert.match(said, /by-half: you lack Microsoft Sentinel Contributor \(for Microsoft\.SecurityInsights\/data/);
  assert.match(
    said,
    /delegated: it belongs to another organisation.*Azure Lighthouse.*Have that organisation give you/,
  );

  await wizard.submit({ ...goodDetails(scene), workspace: nested.id });
  assert.match(wizard.sentence, /Acme/);
  await scene.eventually(`select 1 as done from connectors where provisioning->>'finishedAt' is not null`);
  assert.deepEqual(
    new Set([...azure.estate.rules.values()].map(({ location }) => location)),
    new Set(['northeurope']),
    'the rules are in the region of its workspace',
  );
});

test('out of 1,500 workspaces one is found by its name, and a list that breaks off says so', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  const { azure, ada } = scene;
  for (const tenth of ['Nord', 'Sued', 'West']) {
    const subscription = azure.addSubscription(tenth);
    azure.grant(azure.identity.principalId, 'Log Analytics Reader', `/subscriptions/${subscription}`);
    for (let index = 0; index < 500; index++) {
      const name = `${tenth.toLowerCase()}-${String(index).padStart(3, '0')}`;
      azure.addWorkspace({ name, resourceGroup: 'customers', subscription, location: 'westeurope' });
    }
    const mine = [...azure.estate.workspaces.values()].filter(({ name }) => /^sued-1[0-4]\d$/.test(name));
    for (const { id } of mine) {
      for (const role of ['Log Analytics Contributor', 'Microsoft Sentinel Contributor'])
        azure.grant(ada.aadObjectId, role, id);
    }
  }
  const wizard = await scene.openWizard(ada);
  await wizard.submit({ name: 'Acme', domain: 'acme.okta.com', key: scene.token });
  const before = azure.requests.length;
  await wizard.submit({ products: 'siem' });
  assert.match(textOf(wizard.page), /Find the workspace among 1501/);
  assert.ok(azure.requests.length - before <= 3, 'before anything is typed, rights are not asked for');

  await wizard.submit({ find: 'no such' });
  assert.match(textOf(wizard.page), /No workspace with Microsoft Sentinel has “no such”/);
  await wizard.submit({ find: 'CUSTOMERS sued-1' });
  const offered = () => inputs(wizard.page).find(({ id }) => id === 'workspace')?.choices as Card[];
  assert.equal(offered().length, 40);
  assert.match(textOf(wizard.page), /60 more fit/);
  await wizard.submit({}, { title: 'Find another' });
  assert.match(textOf(wizard.page), /Find the workspace among 1501/);
  await wizard.submit({ find: 'sued-14' });
  assert.equal(offered().length, 10);

  const isLater = ({ body }: { body: Buffer }) => body.includes('$skipToken');
  azure.faults.add({ where: 'arm', when: isLater, do: { status: 403 } });
  await wizard.submit({ find: 'nord-001' }, { data: { ...wizard.buttonData('Find another') } });
  assert.match(textOf(wizard.page), /Not all workspaces could be read from Azure, so some may be missing here/);
  assert.match(textOf(wizard.page), /nord-001/);
  const { finds: _, find: __, ...connect } = wizard.buttonData('Find another');
  const last = [...azure.estate.workspaces.values()].at(-1);
  await wizard.submit({ ...goodDetails(scene), workspace: last?.id }, { data: connect });
  assert.match(textOf(wizard.page), /The workspaces could not be read from Azure/);
  assert.deepEqual(await scene.rows('select * from connectors'), []);
});

test('a right that is taken away between the last page and Connect stops it', async () => {
  const scene = open();
  const wizard = await scene.openWizard(scene.ada);
  await wizard.submit({ name: 'Acme', domain: 'acme.okta.com', key: scene.token });
  await wizard.submit({ products: 'siem' });
  scene.azure.revoke(scene.ada.aadObjectId, 'Microsoft Sentinel Contributor');
  await wizard.submit(goodDetails(scene));
  assert.match(wizard.text, /you lack Microsoft Sentinel Contributor/);
  assert.deepEqual(await scene.rows('select * from connectors'), []);
  scene.azure.grant(scene.ada.aadObjectId, 'Microsoft Sentinel Contributor', scene.workspace.id);
});

test('rights that can not be read mean no, with the reason', async (t) => {
  const scene = await Scene.open({ botRoles: [] });
  t.after(() => scene.close());
  scene.azure.grant(scene.azure.identity.principalId, 'Log Analytics Reader', groupOf(scene.workspace.id));
  scene.azure.faults.add({ where: 'arm', when: ({ path }) => path.includes('roleAssignments'), do: { status: 403 } });
  const wizard = await scene.openWizard(scene.ada);
  await wizard.submit({ name: 'Acme', domain: 'acme.okta.com', key: scene.token });
  await wizard.submit({ products: 'siem' });
  assert.match(wizard.text, /could not be read, so the answer is no/);
});

test('numbers out of bounds are said at their fields', async () => {
  const scene = open();
  const wizard = await scene.openWizard(scene.ada);
  await wizard.submit({ name: 'Acme', domain: 'acme.okta.com', key: scene.token });
  await wizard.submit({ products: 'siem' });
  const wrong = { retention: 3, total: 9999, backfill: 49, conversation: '19:somewhere-else', tier: 'Basic' };
  await wizard.submit({ ...goodDetails(scene), ...wrong });
  for (const says of [/4 to 730/, /4 to 4383/, /0 and 48/, /Analytics or Data lake/]) assert.match(wizard.text, says);
  await wizard.submit({ ...goodDetails(scene), conversation: '19:somewhere-else' });
  assert.match(wizard.text, /where the alerts go/);
  assert.deepEqual(await scene.rows('select * from connectors'), []);
});

test('a forged interval is refused with a sentence at its field, and makes nothing', async () => {
  const scene = open();
  const wizard = await scene.openWizard(scene.ada);
  await wizard.submit({ name: 'Acme', domain: 'acme.okta.com', key: scene.token });
  await wizard.submit({ products: 'siem' });
  const forged = [
    '9',
    '901',
    '0',
    '-60',
    '60.5',
    '1e2',
    '0x3c',
    'often',
    '',
    5,
    1e9,
    null,
    {},
    ['60'],
    '60 '.repeat(99),
  ];
  for (const interval of forged) {
    await wizard.submit({ ...goodDetails(scene), interval });
    assert.match(wizard.text, /Choose how often to look for new events: every 10 seconds/, JSON.stringify(interval));
  }
  assert.deepEqual(await scene.rows('select * from connectors'), []);
});

test('an expired dialog says so and changes nothing', async () => {
  const scene = open();
  const before = scene.okta.requests.length;
  const wizard = await scene.openWizard(scene.ada);
  scene.clock.advance(31 * 60_000);
  await wizard.submit({ name: 'Acme', domain: 'acme.okta.com', key: scene.token });
  assert.match(wizard.sentence, /expired/);
  assert.equal(scene.okta.requests.length, before);
});

test("a second person can't use the dialog that Ada opened", async () => {
  const scene = open();
  const before = scene.okta.requests.length;
  const wizard = await scene.openWizard(scene.ada);
  await wizard.submit({ name: 'Acme', domain: 'acme.okta.com', key: scene.token }, { user: scene.ben });
  assert.match(wizard.sentence, /somebody else/);
  assert.equal(scene.okta.requests.length, before);
});

test('a guest reads the help and nothing else', async () => {
  const scene = open();
  const help = await scene.ask(scene.guest, 'help');
  assert.equal(
    actionsIn(help.cards).some(({ title }) => title === 'Connect a connector'),
    false,
  );
  assert.match(JSON.stringify((await scene.ask(scene.guest, 'connectors')).cards), /Guests can only read the help/);
  const wizard = await scene.teams.fetchDialog(scene.guest, scene.channel, help, { dialog: 'connect' });
  assert.equal(wizard.kind === 'message' && wizard.text, 'Guests can only read the help. Ask a member of your SOC.');
});

test('all rights that the bot lacks are named on the progress card at once, then Sentinel, and Retry goes on', async (t) => {
  const scene = await Scene.open({ botRoles: ['Log Analytics Reader'] });
  t.after(() => scene.close());
  const { azure, workspace } = scene;
  await scene.connect(scene.ada);
  const onGroup = ['Monitoring Contributor', 'Monitoring Metrics Publisher'];
  const failed = await scene.card('could not be connected');
  const said = failed.cards.map(textOf).join();
  assert.match(said, /No data flows yet\. Nothing has been read or sent yet/);
  assert.match(said, /workspace soc-workspace › Access control.*role Log Analytics Contributor/);
  for (const role of onGroup) assert.match(said, new RegExp(`resource group soc › Access control.*role ${role}`));
  for (const action of ['tables/write', 'savedSearches/write', 'dataCollectionRules/write', 'Telemetry/Write']) {
    assert.ok(said.includes(action), action);
  }
  assert.doesNotMatch(
    said,
    /query\/read|role Microsoft Sentinel Contributor/,
    'what it has, or gets with another role',
  );
  const retry = actionsIn(failed.cards).find(({ title }) => title === 'Retry');
  assert.ok(retry);

  const refused = await scene.teams.execute(scene.ben, scene.channel, failed, retry);
  assert.match(refused.kind === 'message' ? refused.text : '', /you lack Log Analytics Contributor/);

  azure.grant(azure.identity.principalId, 'Log Analytics Contributor', workspace.id);
  for (const role of onGroup) azure.grant(azure.identity.principalId, role, groupOf(workspace.id));
  workspace.sentinel = false;
  await scene.teams.execute(scene.ada, scene.channel, failed, retry);
  await scene.card('could not be connected', 'Microsoft Sentinel is not on', 'Microsoft Sentinel › Create');
  assert.equal(workspace.tables.size, 0, 'nothing was made');

  Object.assign(workspace, { sentinel: true, solutionOnly: true });
  await scene.teams.execute(scene.ada, scene.channel, failed, retry);
  await scene.eventually(`select 1 as done from connectors where provisioning->>'finishedAt' is not null`);
});

test('a refused upload while the role takes effect is waiting, not an error', async (t) => {
  const scene = await Scene.open({ azure: { settings: { rolePropagationMs: 10 * 60_000 } } });
  t.after(() => scene.close());
  scene.org.publishMade(5);
  await scene.connect(scene.ada);
  await scene.card(/waiting|take effect|takes effect/i);
  assert.match(JSON.stringify((await scene.ask(scene.ada, 'status Acme')).cards), /Pending/);
  scene.clock.advance(11 * 60_000);
  await scene.poll();
  await scene.eventually(`select 1 as done from checkpoints where sent_events >= 5`);
});

// Last, as they are the only ones on the shared scene that make connectors.

test('the interval that was chosen is kept and shown', async () => {
  const scene = open();
  await scene.connect(scene.ada, 'Slow', { interval: '900' });
  await scene.connect(scene.ada, 'Usual');
  const kept = await scene.rows(
    `select name, settings->'intervalSeconds' as seconds from connectors where name in ('Slow', 'Usual') order by name`,
  );
  assert.deepEqual(kept, [
    { name: 'Slow', seconds: 900 },
    { name: 'Usual', seconds: 60 },
  ]);
  assert.match(JSON.stringify((await scene.ask(scene.ben, 'status Slow')).cards), /every 15 minutes/);
  assert.match(JSON.stringify((await scene.ask(scene.ben, 'status Usual')).cards), /every minute/);
});

test('a double submit makes one connector and gives the same answer', async () => {
  const scene = open();
  const wizard = await scene.openWizard(scene.ada);
  await wizard.submit({ name: 'Twice', domain: 'acme.okta.com', key: scene.token });
  await wizard.submit({ products: 'siem' });
  const data = wizard.buttonData();
  const details = { ...goodDetails(scene), again: scene.workspace.id };
  await wizard.submit(details);
  const first = wizard.sentence;
  await wizard.submit(details, { data });
  assert.equal(wizard.sentence, first);
  assert.equal((await scene.rows(`select from connectors where name = 'Twice'`)).length, 1);
});

test('a name that is taken is said at its field', async () => {
  const scene = open();
  await scene.connect(scene.ada, 'Acme');
  const wizard = await scene.openWizard(scene.ada);
  await wizard.submit({ name: 'ACME', domain: 'acme.okta.com', key: scene.token });
  assert.match(wizard.text, /There is a connector named ACME already/);
});
