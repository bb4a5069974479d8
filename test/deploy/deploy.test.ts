import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import template from '../../deploy/azuredeploy.json' with { type: 'json' };
import { kept } from '../../deploy/bundle.ts';
import form from '../../deploy/createUiDefinition.json' with { type: 'json' };
import { missing, type Need } from '../../ingestion/azure/access/rights.ts';
import { contentNeeds } from '../../ingestion/azure/content/content.ts';
import { needsOn } from '../../ingestion/azure/resources/resource.ts';
import { resources } from '../../ingestion/provisioning/resources.ts';
import { actionsIn, closeServer, Dialogue, Scene } from '../scene/scene.ts';
import { allowsAction } from '../sims/azure/roles.ts';
import { columnsFrom, compileQuery } from '../sims/kql.ts';
import type { Message } from '../sims/teams/tenant.ts';
import { environmentOf, judge, type Members, onPaper, workspaceId } from './judge.ts';
import { mistakes } from './mistakes.ts';
import { mistakesInside } from './private-mistakes.ts';
import { asPermission, grantsOf } from './rights.ts';
import { list, members } from './template.ts';

after(closeServer);

const text = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const fresh = () => structuredClone(template) as unknown as Members;

test('nothing is wrong with the template', () => {
  assert.deepEqual(judge(fresh(), null), []);
});

test('with subnets the database has no public address, and no firewall rule', () => {
  const { resources } = onPaper(fresh(), 'private');
  const server = resources.find(({ type }) => type === 'Microsoft.DBforPostgreSQL/flexibleServers');
  const names = Object.keys(members(members(server?.body.properties).network));
  assert.deepEqual(names.sort(), ['delegatedSubnetResourceId', 'privateDnsZoneArmResourceId']);
  assert.equal(resources.find(({ type }) => type.endsWith('/firewallRules'))?.deployed, false);
});

test('a network that is given by half is refused in words, and what is given whole is not', () => {
  const database = ['databaseSubnetId', 'databaseDnsZoneId'];
  const endpoints = ['endpointsSubnetId', 'vaultDnsZoneId', 'registryDnsZoneId'];
  const all = ['appSubnetId', ...database, ...endpoints];
  const rules = [
    { refuses: /^databaseSubnetId_and/, needs: database },
    { refuses: /^endpointsSubnetId_vaultDnsZoneId_and/, needs: endpoints },
  ];
  for (let bits = 0; bits < 2 ** all.length; bits++) {
    const given = all.filter((_name, bit) => bits & (1 << bit));
    const { rules: broken, checked } = checkOf(Object.fromEntries(given.map((name) => [name, `/net/${name}`])));
    const wrong = rules.filter(({ needs }) => {
      const there = needs.filter((name) => given.includes(name)).length;
      return there > 0 && (there < needs.length || !given.includes('appSubnetId'));
    });
    assert.equal(checked, wrong.length > 0, given.join());
    assert.equal(broken.length, wrong.length, given.join());
    for (const { refuses } of wrong)
      assert.ok(
        broken.some((rule) => refuses.test(rule)),
        given.join(),
      );
  }
});

test('a member that nobody puts out is refused, and an address without a network to go out from', () => {
  assert.deepEqual(checkOf({ appSubnetID2: '/net/apps' }).rules, [
    'network_has_only_members_that_network_json_puts_out',
  ]);
  assert.deepEqual(checkOf({ outboundAddresses: ['203.0.113.7'] }).rules, ['outboundAddresses_need_appSubnetId']);
  assert.deepEqual(checkOf({ appSubnetId: '/net/apps', outboundAddresses: ['203.0.113.7'] }).rules, []);
});

/** By which of its rules the check refuses a network, and whether it is made at all. */
function checkOf(network: Members): { rules: string[]; checked: boolean } {
  const { faults, resources } = onPaper(fresh(), 'first', { network });
  const rules = faults.flatMap((fault) => /parameters\.(\w+) is not allowed/.exec(fault)?.[1] ?? []);
  return { rules, checked: resources.find(({ id }) => id.endsWith('-network-parameters'))?.deployed === true };
}

test('backups go to the paired region too where that is asked for', () => {
  const { resources } = onPaper(fresh(), 'tagged');
  const server = resources.find(({ type }) => type === 'Microsoft.DBforPostgreSQL/flexibleServers');
  assert.equal(members(members(server?.body.properties).backup).geoRedundantBackup, 'Enabled');
});

test('after a restore everything leads to the new server, whose login, firewall and size are set again', () => {
  const { resources, outputs } = onPaper(fresh(), 'restored');
  const database = 'Microsoft.DBforPostgreSQL/flexibleServers';
  const own = resources.filter(({ type }) => type.startsWith(database));
  assert.deepEqual(own.map(({ type }) => type.slice(database.length)).sort(), [
    '',
    '/administrators',
    '/databases',
    '/firewallRules',
  ]);
  for (const { id } of own) assert.match(id, /\/flexibleServers\/patchbay-restored(\/|$)/);
  const server = own.find(({ type }) => type === database);
  assert.equal(members(members(server?.body.properties).storage).storageSizeGB, 64);
  const environment = new Map(environmentOf(onPaper(fresh(), 'restored')).map(({ name, value }) => [name, value]));
  const host = new URL(environment.get('DATABASE_URL') ?? '').hostname;
  assert.equal(host, 'patchbay-restored.postgres.database.azure.com');
  assert.equal(outputs.get('database'), 'patchbay-restored');
});

const rolesGiven = [
  ['first', 'roles of its own', 2],
  ['built-in roles', 'built-in roles', 3],
] as const;

for (const [way, what, count] of rolesGiven) {
  test(`with ${what}, each on a workspace or its group is needed: without it the code lacks a right`, () => {
    const grants = grantsOf(onPaper(fresh(), way)).filter(({ scope }) => workspaceId.startsWith(scope));
    assert.equal(grants.length, count);
    const needs: Need[] = [...needsOn(resources, 'workspace'), ...contentNeeds, ...needsOn(resources, 'group')];
    const lacking = (given: typeof grants) =>
      missing(
        needs,
        given.map(({ role }) => asPermission(role)),
      );
    assert.deepEqual(lacking(grants), []);
    for (const each of grants)
      assert.notDeepEqual(lacking(grants.filter((other) => other !== each)), [], each.description);
  });

  test(`with ${what}, and no others, a connector is made, fed, looked at with its content, and taken apart`, async (t) => {
    const scene = await Scene.open({ botRoles: [] });
    t.after(() => scene.close());
    const granted = grantAsDeployed(scene, way);
    await scene.connected();
    const content = await scene.ask(scene.ada, 'content Acme');
    await press(scene, await press(scene, await press(scene, content, 'Change functions…'), 'Save it'), 'Take it back');
    await scene.ask(scene.ada, 'verify Acme');
    assert.ok(scene.azure.table(scene.workspace, 'OktaSystemLogs_CL').rows.length > 0);
    const message = await scene.ask(scene.ada, 'delete Acme');
    const action = actionsIn(message.cards).find(({ data }) => (data as { dialog?: string })?.dialog === 'delete');
    const deletion = await Dialogue.open(scene, scene.ada, message, action?.data as Members);
    await deletion.submit({ confirm: 'Acme' });
    await scene.eventually('select 1 as gone where not exists (select from health_rules)');
    const refused = scene.azure.requests.filter(({ status }) => status === 403);
    assert.deepEqual(
      refused.map(({ method, path }) => `${method} ${path}`),
      [],
    );
    if (way === 'built-in roles') return;
    const tried = [...(scene.azure.directory.tried.get(scene.azure.identity.principalId) ?? [])];
    const beyond = (action: string) => !tried.some((each) => allowsAction({ ...noRole, actions: [action] }, each));
    assert.deepEqual(granted.filter(beyond), [], 'a right that is never used');
    const manual = text('deploy/README.md');
    for (const action of granted) assert.ok(manual.includes(action), `${action} is not in the manual`);
  });
}

/** Presses a button of Ada's; the card that takes its place. */
async function press(scene: Scene, message: Message, title: string): Promise<Message> {
  const action = actionsIn(message.cards).find((each) => each.title === title) ?? assert.fail(title);
  const answer = await scene.teams.execute(scene.ada, scene.channel, message, action);
  return { ...message, cards: [answer.kind === 'card' ? (answer.card as Members) : assert.fail(title)] };
}

const noRole = { guid: '', name: '', actions: [], notActions: [], dataActions: [], notDataActions: [] };

/** What the template gives on the workspace and its group, put on those of the scene; the actions. */
function grantAsDeployed(scene: Scene, way: string): string[] {
  const { azure } = scene;
  const grants = grantsOf(onPaper(fresh(), way)).filter(({ scope }) => workspaceId.startsWith(scope));
  for (const { role, scope } of grants) {
    const on = scene.workspace.id.split('/').slice(0, scope.split('/').length).join('/');
    azure.directory.assign(randomUUID(), {
      scope: on,
      role,
      principalId: azure.identity.principalId,
      effectiveAfterMs: 0,
    });
  }
  return grants.flatMap(({ role }) => [...role.actions, ...role.dataActions]);
}

const sources = ['bot', 'ingestion'].flatMap((folder) =>
  readdirSync(new URL(`../../${folder}`, import.meta.url), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => text(`${folder}/${file}`)),
);

/** The query of a watcher, and the words that it looks for in the console. */
function watcher(name: string): { query: string; words: string[] } {
  const rule = onPaper(fresh(), 'first').resources.find(({ id }) => id.endsWith(name));
  const [condition] = list(members(members(rule?.body.properties).criteria).allOf);
  const query = String(members(condition).query);
  return { query, words: [...query.matchAll(/Log has '([^']+)'/g)].map(([, words = '']) => words) };
}

const written = (words: string) => sources.some((source) => source.includes(`'${words}'`));

test('the watcher of failures looks for words that the app logs', () => {
  const { words } = watcher('-failing');
  assert.equal(words.length, 2);
  for (const each of words) assert.ok(written(each), each);
});

test('the watcher of silence looks for words that the app logs', () => {
  const { words } = watcher('-silent');
  assert.equal(words.length, 1);
  for (const each of words) assert.ok(written(each), each);
});

// As documented for the table; those that the queries read.
const consoleColumns = columnsFrom([
  { name: 'TimeGenerated', type: 'datetime' },
  { name: 'ContainerAppName', type: 'string' },
  { name: 'Log', type: 'string' },
]);

test("the watchers count the app's own lines with these words, and no others", () => {
  const row = (app: string, msg: string) => ({
    TimeGenerated: Date.now(),
    ContainerAppName: app,
    Log: JSON.stringify({ level: 30, time: Date.now(), msg }),
  });
  for (const name of ['-silent', '-failing']) {
    const { query, words } = watcher(name);
    const run = compileQuery(query, new Map([['ContainerAppConsoleLogs', consoleColumns]]));
    const rows = [...words.map((each) => row('patchbay', each)), row('patchbay', 'Patchbay listens to Teams')];
    const others = words.map((each) => row('another', each));
    const found = run(new Map([['ContainerAppConsoleLogs', [...rows, ...others]]]), Date.now()).rows;
    assert.equal(found.length, words.length, name);
  }
});

test('the form of the portal gives what the template takes, from fields that it has', () => {
  const { basics, steps, outputs } = members((form as unknown as Members).parameters);
  const fields = new Set([
    ...list(basics).map((field) => `basics('${members(field).name}')`),
    ...list(steps).flatMap((step) =>
      list(members(step).elements).map((field) => `steps('${members(step).name}').${members(field).name}`),
    ),
  ]);
  const { parameters } = fresh();
  for (const [name, value] of Object.entries(members(outputs))) {
    assert.ok(name in members(parameters), `${name} is no parameter`);
    if (name !== 'location') assert.ok(fields.has(String(value).slice(1, -1)), `${value} is no field`);
  }
  for (const [name, parameter] of Object.entries(members(parameters))) {
    if (!('defaultValue' in members(parameter))) assert.ok(name in members(outputs), `${name} is not asked for`);
  }
});

test('the container runs the bundle as npm start runs the sources, as nobody in particular, with the packages that are kept', () => {
  const lines = text('deploy/Containerfile');
  const command = JSON.parse(/^CMD (\[.*\])$/m.exec(lines)?.[1] ?? '[]') as string[];
  const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> };
  assert.equal(command.join(' '), scripts.start?.replace('bot/index.ts', 'index.mjs'));
  assert.match(lines, /^USER [1-9]\d*:[1-9]\d*$/m);
  assert.equal(lines.match(/^FROM node:24-slim\b/gm)?.length, 2);
  assert.deepEqual(lines.match(/\bnpm .*$/gm), ['npm ci', 'npm run bundle']);
  assert.match(lines, new RegExp(`cp -r ${kept.join(' ')} `));
  assert.match(lines, /^COPY --from=bundle \/app\/dist\/app \.\/$/m);
});

test('no secret of a checkout gets into the image', () => {
  const ignored = text('.dockerignore').split('\n');
  for (const path of ['.env', '.data', '.git', 'node_modules', 'test']) assert.ok(ignored.includes(path), path);
  const copied = [...text('deploy/Containerfile').matchAll(/^COPY (?:--\S+ )*(.+) \S+$/gm)].flatMap(([, from = '']) =>
    from.split(' '),
  );
  assert.ok(!copied.includes('.'), 'all of the checkout is copied');
});

test('the manual names every parameter, gives those that must be given, and names every output', () => {
  const manual = text('deploy/README.md');
  const { parameters, outputs } = fresh();
  for (const [name, parameter] of Object.entries(members(parameters))) {
    const named = 'defaultValue' in members(parameter) ? `\`${name}[\`=]` : `\\b${name}=`;
    assert.match(manual, new RegExp(named), name);
  }
  for (const name of Object.keys(members(outputs))) assert.ok(manual.includes(name), name);
});

for (const [name, { make, found, schema }] of [...mistakes, ...mistakesInside]) {
  if (schema) continue;
  test(`found in the template: ${name}`, () => {
    const wrong = fresh();
    make(wrong);
    const faults = judge(wrong, null);
    assert.ok(
      faults.some((fault) => found.test(fault)),
      `not found; but ${JSON.stringify(faults, null, 2)}`,
    );
  });
}
