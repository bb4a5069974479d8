import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { contentOf } from '../../bot/commands/content.ts';
import { type Content, readContent } from '../../ingestion/azure/content/content.ts';
import type { Connector } from '../../ingestion/connector/connector.ts';
import { newborn } from '../../ingestion/connector/lifecycle.ts';
import { clouds } from '../../ingestion/runtime/clouds.ts';
import { openReadings } from '../../ingestion/runtime/readings.ts';
import type { Runtime } from '../../ingestion/runtime/runtime.ts';
import { limitMs } from '../scene/limit.ts';
import { actionsIn, closeServer, Scene } from '../scene/scene.ts';
import type { Workspace } from '../sims/azure/estate.ts';
import { AzureSim } from '../sims/azure.ts';
import { Clock } from '../sims/clock.ts';
import { simulatedIdentity } from '../sims/credential.ts';
import { simulatedNetwork } from '../sims/network.ts';
import { textOf } from '../sims/teams/cards.ts';

after(closeServer);

/** What a SOC's workspace may hold, of every kind. */
function fill(azure: AzureSim, workspace: Workspace): void {
  azure.addAlertRule(workspace, { displayName: 'Okta MFA fatigue', query: 'OktaSSO | where eventType_s has "mfa"' });
  azure.addAlertRule(workspace, { displayName: 'Okta old rule', query: 'Okta_CL | take 1', enabled: false });
  azure.addAlertRule(workspace, { displayName: 'Okta new admin', kind: 'NRT', query: 'OktaSystemLogs_CL | take 1' });
  azure.addAlertRule(workspace, { displayName: 'Any password spray', query: '_Im_Authentication | count' });
  azure.addAlertRule(workspace, { displayName: 'Azure sign-ins', query: 'SigninLogs // OktaSSO' });
  azure.addAlertRule(workspace, { displayName: 'Fusion', kind: 'Fusion' });
  azure.addAlertRule(workspace, { displayName: 'Defender', kind: 'MicrosoftSecurityIncidentCreation' });
  const category = 'Hunting Queries';
  azure.addSearch(workspace, { displayName: 'Rare Okta users', category, query: 'Logins | where n < 3' });
  azure.addSearch(workspace, { displayName: 'A query that nobody calls', query: 'Okta_CL' });
  azure.addSearch(workspace, {
    displayName: 'SSO',
    functionAlias: 'OktaSSO',
    query: 'union isfuzzy=true Okta_CL, OktaV2_CL',
  });
  azure.addSearch(workspace, { displayName: 'Logins', functionAlias: 'Logins', query: 'OktaSSO | project n = 1' });
  azure.addSearch(workspace, { displayName: 'Seen', functionAlias: 'Seen', query: 'PatchbayOktaSSO | take 1' });
}

test('content lists what misses the data of a connector with the remedy, then what sees it, a page at a time', async (t) => {
  const scene = await Scene.open({ azure: { settings: { pageSize: 2 } } });
  t.after(() => scene.close());
  await scene.connected();
  const ask = async (text: string, user = scene.ben) => (await scene.ask(user, text)).cards.map(textOf).join('\n');
  assert.match(await ask('content Acme'), /Not possible, Ben Reader.*SecurityInsights\/alertRules\/read/s);
  scene.azure.grant(scene.ben.aadObjectId, 'Microsoft Sentinel Reader', scene.workspace.id);
  assert.match(await ask('content Acme'), /Nothing here is about Okta yet.*Content hub/s);
  assert.match(await ask('content'), /Nothing here is about Okta yet/);
  assert.match(await ask('contents Acme'), /Did you mean content\?/);
  assert.match(await ask('content Acme', scene.guest), /Guests can only read the help/);

  fill(scene.azure, scene.workspace);
  const first = await scene.ask(scene.ben, 'content acme');
  const text = first.cards.map(textOf).join('\n');
  assert.match(text, /Content of soc-workspace/);
  assert.match(text, /▲ 6 miss the data of Acme/);
  assert.match(text, /Read: 5 rules, 1 hunting query, 3 functions · ✕ 6 miss it · ✓ 2 see it · 1 not about Okta/);
  const order = [...text.matchAll(/^[✕✓] (.*)$/gm)].map(([, name]) => name);
  assert.deepEqual(order, [
    'Okta MFA fatigue',
    'Okta old rule',
    'Rare Okta users',
    'Logins',
    'OktaSSO',
    'Any password spray',
  ]);
  assert.match(
    text,
    /Analytics rule · reads OktaSSO\nWrite PatchbayOktaSSO in the place of OktaSSO: .* Or mend OktaSSO itself/,
  );
  assert.match(text, /Analytics rule, disabled · reads Okta_CL/);
  assert.match(text, /Hunting query · reads Logins\nIt reads through Logins: mend that one/);
  assert.match(text, /Add this line at the end of its text.*\n\| union isfuzzy=true \(PatchbayOktaSSO\)/);
  assert.match(text, /Save a function Im_AuthenticationCustom with the parameters of vimAuthenticationOktaPatchbay/);
  assert.match(text, /And 2 more/);

  const next = actionsIn(first.cards).find(({ title }) => title === 'Next') ?? assert.fail('no Next');
  const pressed = await scene.teams.execute(scene.ben, scene.channel, first, next);
  const second = textOf(pressed.kind === 'card' ? pressed.card : assert.fail(pressed.kind));
  assert.match(second, /These see it\n✓ Okta new admin\nAnalytics rule · reads OktaSystemLogs_CL/);
  assert.match(second, /✓ Seen/);
  assert.doesNotMatch(second, /MFA fatigue|more ·/);
  assert.deepEqual(scene.azure.unexpected, []);
});

/** The bot's identity with these roles on a workspace of its own, without the app. */
async function place(t: { after(close: () => Promise<void>): void }, role = 'Log Analytics Reader') {
  const clock = new Clock();
  const azure = await AzureSim.open({ now: clock.now, hold: clock.patience.hold, settings: { pageSize: 2 } });
  t.after(() => azure.close());
  const subscription = azure.addSubscription('Security');
  const made = azure.addWorkspace({ name: 'soc', resourceGroup: 'soc', subscription, location: 'westeurope' });
  azure.grant(azure.identity.principalId, role, made.id);
  const runtime: Runtime = {
    ...simulatedNetwork(clock, { azure, okta: { url: azure.url } }),
    credential: simulatedIdentity(azure),
    cloud: clouds.public,
  };
  const { id, name, customerId, location } = made;
  const settings = { workspace: { id, name, customerId, location }, table: { plan: 'Analytics' } };
  const connector = { ...newborn(), id: 'c', name: 'Acme', settings } as unknown as Connector;
  return { azure, made, runtime, readings: openReadings<Content[]>(runtime), connector };
}

test('the smallest role is enough to read, rules come in pages, and the ones without a query are left out', async (t) => {
  const { azure, made, runtime, connector } = await place(t);
  fill(azure, made);
  const content = await readContent(runtime, connector.settings.workspace, AbortSignal.timeout(limitMs));
  const counted = (kind: string) => content.filter((each) => each.kind === kind).length;
  assert.deepEqual(['rule', 'hunting', 'function'].map(counted), [5, 1, 3]);
  const pages = azure.requests.filter(({ path }) => path.endsWith('/alertRules'));
  assert.equal(pages.length, 4);
  assert.deepEqual(azure.unexpected, []);
});

test('what Azure refuses is said on the card in the words of the hint, with the role that is enough', async (t) => {
  const { azure, made, runtime, readings, connector } = await place(t, 'Monitoring Metrics Publisher');
  const say = async (signal = AbortSignal.timeout(limitMs)) =>
    textOf(await contentOf({ runtime, readings }, connector, { deadline: { signal } }));
  assert.match(
    await say(),
    /Patchbay lacks a right in Azure.*workspace soc.*role Log Analytics Reader.*AuthorizationFailed/s,
  );
  azure.grant(azure.identity.principalId, 'Log Analytics Reader', made.id);
  assert.match(await say(), /Nothing here is about Okta yet/);

  const fail = (effect: object | 'hang', path = '/alertRules') =>
    azure.faults.add({ where: 'arm', when: (call) => call.path.endsWith(path), do: effect as never });
  const during = async (effect: object | 'hang', deadline?: AbortSignal) => {
    const end = fail(effect);
    const text = await say(deadline);
    end();
    return text;
  };
  const throttled = { status: 429, body: { error: { code: 'TooManyRequests', message: 'Slow down.' } } };
  assert.match(await during(throttled), /Azure is slowing Patchbay down.*TooManyRequests/s);
  const elsewhere = { status: 200, body: { value: [], nextLink: 'https://evil.example/alertRules' } };
  assert.match(
    await during(elsewhere),
    /Azure does not answer.*not as Microsoft documents it.*nextLink is a text, and no link to the same host/s,
  );
  assert.ok(!azure.requests.some(({ host }) => host.includes('evil')));
  assert.match(await during({ status: 200, body: '<html>' }), /it is no JSON/);
  assert.match(await during({ status: 200, body: { value: 1 } }), /value is a number, and no list/);

  const patient = { ...throttled, headers: { 'retry-after': '3600' } };
  assert.match(await during(patient), /Azure is slowing Patchbay down/, 'nobody waits for an hour');
  assert.match(await say(AbortSignal.abort()), /Azure takes too long/);

  made.sentinel = false;
  assert.match(await say(), /not onboarded to Microsoft Sentinel/);
  made.sentinel = true;
  azure.estate.workspaces.clear();
  assert.match(await say(), /The workspace is gone/);
  azure.estate.workspaces.set(made.id.toLowerCase(), made);

  const slow = fail({ delayMs: 1_500 });
  assert.match(await say(AbortSignal.timeout(700)), /Azure takes too long.*press Retry/s);
  slow();
  const asked = azure.requests.length;
  assert.match(await say(), /Nothing here is about Okta yet/, 'it was read on meanwhile');
  assert.ok(
    azure.requests.slice(asked).every(({ path }) => !path.endsWith('/alertRules')),
    'and not asked for again',
  );
  const silent = { ...runtime, credential: { getToken: () => new Promise<never>(() => {}) } };
  const deadline = { signal: AbortSignal.timeout(300) };
  assert.match(textOf(await contentOf({ runtime: silent, readings }, connector, { deadline })), /Azure takes too long/);
});

test('somebody else’s function under the name of ours is told, and a data lake table too', async (t) => {
  const { azure, made, runtime, readings, connector } = await place(t);
  azure.addSearch(made, { displayName: 'x', functionAlias: 'PatchbayOktaSSO', query: 'Heartbeat' });
  const lake = { ...connector, provisioning: { ...connector.provisioning, table: { plan: 'Auxiliary' } } } as Connector;
  const text = textOf(await contentOf({ runtime, readings }, lake));
  assert.match(text, /somebody else’s saved search has the name: PatchbayOktaSSO/);
  assert.match(text, /not in the workspace: OktaSystemLogsDistinct, vimAuthenticationOktaPatchbay, ASim/);
  assert.match(text, /data lake/);
});
