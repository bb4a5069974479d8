import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createServer } from 'node:tls';
import { generate } from 'selfsigned';
import { programFile } from '../scene/bundled.ts';
import { Authority } from '../scene/proxied/authority.ts';
import { InterceptingProxy, type Traffic } from '../scene/proxied/proxy.ts';
import { isAzure } from '../sims/azure/hosts.ts';
import { AzureSim } from '../sims/azure.ts';

// Each identity in a process of its own, because the SDK keeps what it knows of one for the life of the process.

let azure: AzureSim;
let proxy: InterceptingProxy;
let directory: string;
let ca: Authority;
let authority: Awaited<ReturnType<Authority['write']>>;
let group: string;

before(async () => {
  azure = await AzureSim.open();
  ca = await Authority.open();
  authority = await ca.write();
  proxy = await InterceptingProxy.open(ca);
  directory = await mkdtemp(join(tmpdir(), 'patchbay-identity-'));
  const subscription = azure.addSubscription('Security');
  const found = { name: 'soc', resourceGroup: 'soc', subscription, location: 'westeurope', sentinel: true };
  azure.addWorkspace(found);
  group = `/subscriptions/${subscription}/resourceGroups/soc`;
});

after(async () => {
  proxy.close();
  await Promise.all([azure.close(), authority.remove(), rm(directory, { recursive: true })]);
});

/** Somebody new whom Azure knows, and who may look at the workspace. */
function principal(): string {
  const id = azure.directory.addPrincipal('ServicePrincipal');
  azure.grant(id, 'Reader', group);
  return id;
}

/** The same proxy behind TLS, under a certificate of its own CA. */
async function behindTls(url: string): Promise<{ url: string; close(): void }> {
  const way = new URL(url);
  const port = Number(way.port);
  const front = createServer(await ca.issue('localhost'), (socket) => {
    const onward = connect(port, '127.0.0.1');
    for (const end of [socket, onward]) end.on('error', () => {}); // either side may hang up
    socket.pipe(onward).pipe(socket);
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  way.protocol = 'https:';
  way.host = `localhost:${(front.address() as AddressInfo).port}`;
  return { url: way.href, close: () => front.close() };
}

/** What the product is in this environment, behind the proxy, which stands in a file like .env, or behind TLS, if they say so. */
async function who(
  env: Record<string, string>,
  { inFile = false, tls = false } = {},
): Promise<{ oid?: string; seen?: string[]; err: string; traffic: Traffic }> {
  const { url, traffic } = proxy.admit((host) => (isAzure(host) ? azure.url : null));
  const front = tls ? await behindTls(url) : null;
  const { PATH = '' } = process.env;
  const network = { HTTPS_PROXY: front?.url ?? url, HTTP_PROXY: url, NODE_EXTRA_CA_CERTS: authority.file };
  const program = programFile('test/scene/proxied/who.ts');
  const dotenv = join(directory, '.env');
  const lines = Object.entries(network).map((pair) => pair.join('='));
  await writeFile(dotenv, lines.join('\n'));
  const options = ['--disable-warning=ExperimentalWarning', ...(inFile ? [`--env-file=${dotenv}`] : [])];
  const child = spawn(process.execPath, [...options, program], {
    env: { PATH, HOME: directory, ...(inFile ? {} : network), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (piece) => {
    out += piece;
  });
  child.stderr.on('data', (piece) => {
    err += piece;
  });
  await new Promise((done) => child.once('close', done));
  front?.close();
  return { ...(out ? JSON.parse(out) : {}), err, traffic };
}

async function expectIdentity(env: Record<string, string>, oid: string, asked: string[], how = {}): Promise<void> {
  const { traffic, err, ...found } = await who(env, how);
  assert.deepEqual(found, { oid, seen: ['soc'] }, err);
  assert.deepEqual([...new Set(traffic.tunnels)].sort(), asked);
  assert.deepEqual([traffic.refused, proxy.plain], [[], []]);
}

const byEntra = ['login.microsoftonline.com', 'management.azure.com'];
const byThisMachine = ['management.azure.com'];
const application = () => ({ clientId: randomUUID(), principalId: principal() });
const names = (clientId: string) => ({ AZURE_CLIENT_ID: clientId, AZURE_TENANT_ID: azure.identity.tenantId });

test('an app registration signs in by its secret, and one whose secret is wrong is told so', async () => {
  const app = application();
  azure.entra.register({ ...app, proof: { kind: 'secret', secret: 'right' } });
  const env = { ...names(app.clientId), AZURE_TOKEN_CREDENTIALS: 'EnvironmentCredential' };
  await expectIdentity({ ...env, AZURE_CLIENT_SECRET: 'right' }, app.principalId, byEntra);
  const { err } = await who({ ...env, AZURE_CLIENT_SECRET: 'wrong' });
  assert.match(err, /identity-failed[\s\S]*AADSTS7000215: Invalid client secret/);
});

test('an app registration signs in by its certificate, and the proxy may stand behind TLS', async () => {
  const app = application();
  const made = await generate([{ name: 'commonName', value: 'patchbay' }], { algorithm: 'sha256', keySize: 2048 });
  azure.entra.register({ ...app, proof: { kind: 'certificate', pem: made.cert } });
  const AZURE_CLIENT_CERTIFICATE_PATH = join(directory, 'app.pem');
  await writeFile(AZURE_CLIENT_CERTIFICATE_PATH, made.private + made.cert);
  await expectIdentity({ ...names(app.clientId), AZURE_CLIENT_CERTIFICATE_PATH }, app.principalId, byEntra, {
    tls: true,
  });
});

test('a workload in Kubernetes signs in by the token in its file', async () => {
  const app = application();
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const [issuer, subject] = ['https://oidc.example/cluster', 'system:serviceaccount:soc:patchbay'];
  azure.entra.register({ ...app, proof: { kind: 'federated', issuer, subject, key: publicKey } });
  const exp = Math.floor(Date.now() / 1000) + 600;
  const parts = [{ alg: 'RS256' }, { iss: issuer, sub: subject, aud: 'api://AzureADTokenExchange', exp }];
  const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const AZURE_FEDERATED_TOKEN_FILE = join(directory, 'token');
  const signature = sign('sha256', Buffer.from(signed), privateKey).toString('base64url');
  await writeFile(AZURE_FEDERATED_TOKEN_FILE, `${signed}.${signature}`);
  await expectIdentity({ ...names(app.clientId), AZURE_FEDERATED_TOKEN_FILE }, app.principalId, byEntra);
});

test('a managed identity is asked on this machine, never by the proxy: App Service’s way and a virtual machine’s', async () => {
  azure.grant(azure.identity.principalId, 'Reader', group);
  const { environment } = azure;
  await expectIdentity(environment, azure.identity.principalId, byThisMachine);
  const AZURE_POD_IDENTITY_AUTHORITY_HOST = new URL(environment.IDENTITY_ENDPOINT).origin;
  await expectIdentity({ AZURE_POD_IDENTITY_AUTHORITY_HOST }, azure.identity.principalId, byThisMachine);
});

test('a developer is who az says, and the proxy and its CA may stand in .env', async () => {
  const user = azure.addUser();
  azure.grant(user, 'Reader', group);
  const expires = Math.floor(Date.now() / 1000) + 3600;
  const answer = { accessToken: azure.tokenFor(user, 'https://management.azure.com'), expires_on: expires };
  const text = JSON.stringify({ ...answer, tenant: azure.identity.tenantId, tokenType: 'Bearer' });
  await writeFile(join(directory, 'az'), `#!/bin/sh\ncat <<'END'\n${text}\nEND\n`);
  await chmod(join(directory, 'az'), 0o755);
  await expectIdentity({ PATH: `${directory}:${process.env.PATH}` }, user, byThisMachine, { inFile: true });
});
