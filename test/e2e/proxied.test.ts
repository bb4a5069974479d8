import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { limitMs } from '../scene/limit.ts';
import { Program, programDirectory } from '../scene/program.ts';
import { Authority } from '../scene/proxied/authority.ts';
import { InterceptingProxy } from '../scene/proxied/proxy.ts';
import { hosts, isAzure } from '../sims/azure/hosts.ts';
import { AzureSim } from '../sims/azure.ts';
import { isTeams } from '../sims/teams/hosts.ts';
import { Teams } from '../sims/teams.ts';

type Report = {
  tunnels: string[];
  refused: string[];
  plain: string[];
  forwarded: { host: string; path: string }[];
  came: { okta: number; azure: string[]; teams: number };
  askedHere: number;
  wrong: unknown[];
  said: string[];
};

/** A program in proxied mode: it knows the proxy's CA, and no other way out. */
async function proxied(program: string): Promise<Report> {
  const authority = await (await Authority.open()).write();
  const preload = join(import.meta.dirname, '../scene/proxied/preload.ts');
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', `--import=${preload}`, join(import.meta.dirname, program)],
    {
      env: { ...process.env, TEST_PROXY_CA: authority.directory, NODE_EXTRA_CA_CERTS: authority.file },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let out = '';
  child.stdout.on('data', (piece) => {
    out += piece;
  });
  const code = await new Promise((done) => child.once('close', done));
  await authority.remove();
  assert.equal(code, 0);
  return JSON.parse(out) as Report;
}

test('behind a proxy with a CA of its own a connector lives from its wizard to its removal, and every request goes that way', async () => {
  const { tunnels, refused, plain, forwarded, came, askedHere, wrong, said } =
    await proxied('../scene/proxied/life.ts');
  assert.deepEqual([plain, wrong], [[], []]);
  const { manager, ingestion, query } = hosts.public;
  const to = (fits: (host: string) => boolean) => forwarded.filter(({ host }) => fits(host)).length;
  const cameTo = (fits: (host: string) => boolean) => came.azure.filter(fits).length;

  // What the simulators got is what the proxy forwarded, leg by leg.
  const legs: ((host: string) => boolean)[] = [
    (host) => host === manager,
    (host) => host.endsWith(ingestion),
    (host) => query.includes(host),
    (host) => host === 'login.microsoftonline.com',
  ];
  for (const leg of legs) {
    assert.ok(to(leg) > 0);
    assert.equal(to(leg), cameTo(leg));
  }
  assert.equal(
    to((host) => host === 'acme.okta.com'),
    came.okta,
  );
  assert.equal(
    to((host) => host === 'smba.trafficmanager.net'),
    came.teams,
  );
  const keys = forwarded.filter(({ host }) => host === 'login.botframework.com').map(({ path }) => path);
  assert.deepEqual(keys, ['/v1/.well-known/openidconfiguration', '/v1/.well-known/keys']);
  assert.ok(tunnels.length < forwarded.length, 'tunnels are kept and used again');

  // The managed identity is asked on this machine, and never through it.
  assert.ok(askedHere > 0);
  // Refused on the way to Teams, the alert came later, and the log says why.
  assert.deepEqual(refused, ['smba.trafficmanager.net']);
  assert.match(said.join(''), /proxy-refused \(403\): the proxy shows a page, 403, for smba\.trafficmanager\.net/);
  assert.match(said.join(''), /proxy-refused \(403\): the proxy answers 403 Forbidden for smba\.trafficmanager\.net/);
});

const insightsHost = 'westeurope-5.in.applicationinsights.azure.com';

/** An Application Insights that takes all that it gets. */
async function openInsights() {
  const envelopes: Envelope[] = [];
  const changes = new EventEmitter<{ change: [] }>();
  /** Waits until a span of this name has come: those below it have, too, as they end before it. */
  const got = async (span: string) => {
    const signal = AbortSignal.timeout(limitMs);
    while (!envelopes.some(({ data }) => data.baseData.name === span)) await once(changes, 'change', { signal });
  };
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    const sent: Envelope[] = JSON.parse(`${text}`);
    envelopes.push(...sent);
    changes.emit('change');
    const answer = { itemsReceived: sent.length, itemsAccepted: sent.length, errors: [] };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, envelopes, got, close: () => server.close() };
}

type Envelope = {
  tags: Record<string, string>;
  data: { baseData: { name: string; id: string; responseCode?: string } };
};

test('the program as it is started answers a person in Teams by the proxy alone, and traces it without a word of it', async (t) => {
  const authority = await Authority.open();
  const [files, proxy, azure] = [
    await authority.write(),
    await InterceptingProxy.open(authority),
    await AzureSim.open(),
  ];
  const bot = { appId: randomUUID(), tenantId: azure.identity.tenantId };
  const teams = await Teams.open({ ...bot, now: Date.now, cloud: 'public' });
  const insights = await openInsights();
  const password = randomUUID();
  const principalId = azure.directory.addPrincipal('ServicePrincipal');
  azure.entra.register({ clientId: bot.appId, principalId, proof: { kind: 'secret', secret: password } });
  const { url, traffic } = proxy.admit((host) =>
    isTeams(host) ? teams.origin : isAzure(host) ? azure.url : host === insightsHost ? insights.url : null,
  );

  const directory = await programDirectory();
  const program = new Program(directory.path, {
    MICROSOFT_APP_ID: bot.appId,
    MICROSOFT_APP_TENANT_ID: bot.tenantId,
    MICROSOFT_APP_PASSWORD: password,
    HTTPS_PROXY: url,
    APPLICATIONINSIGHTS_CONNECTION_STRING: `InstrumentationKey=${randomUUID()};IngestionEndpoint=https://${insightsHost}/`,
    NODE_EXTRA_CA_CERTS: files.file,
    ...azure.environment,
  });
  t.after(async () => {
    await program.stop();
    proxy.close();
    insights.close();
    await Promise.all([teams.close(), azure.close(), files.remove(), directory.remove()]);
  });
  const { port } = await program.listening();
  teams.connect(`http://127.0.0.1:${port}/api/messages`);
  const team = teams.addTeam('SOC');
  const channel = team.addChannel('Alerts');
  const ada = teams.addUser({ name: 'Ada Admin', aadObjectId: azure.addUser() });
  await teams.install(team, { by: ada, channel });
  const { answers } = await teams.say(ada, channel, 'hi', { mention: true });
  assert.match(JSON.stringify(answers.at(-1)?.cards), /connect/);
  // Spans go every few seconds.
  const asked = new Set(traffic.forwarded.map(({ host }) => host).filter((host) => host !== insightsHost));
  assert.deepEqual([...asked].sort(), [
    'login.botframework.com',
    'login.microsoftonline.com',
    'smba.trafficmanager.net',
  ]);
  assert.deepEqual([traffic.refused, proxy.plain, teams.violations], [[], [], []]);

  await insights.got('activity message');
  assert.equal(await program.stop(), 0);
  const spans = insights.envelopes.map(({ tags, data }) => ({
    ...data.baseData,
    parent: tags['ai.operation.parentId'],
  }));
  const activity = spans.find(({ name }) => name === 'activity message');
  const below = spans.filter(({ parent }) => parent === activity?.id).map(({ name }) => name);
  assert.equal(activity?.responseCode, '200', JSON.stringify(spans));
  assert.ok(below.includes('POST teams'), JSON.stringify(spans));
  assert.doesNotMatch(JSON.stringify(insights.envelopes), /Ada Admin|Bearer|secret|\/v3\/|conversations/i);
});
