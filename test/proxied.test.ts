import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { Authority } from './proxied/authority.ts';
import { hosts } from './sims/azure/hosts.ts';

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
  const preload = join(import.meta.dirname, 'proxied/preload.ts');
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
  const { tunnels, refused, plain, forwarded, came, askedHere, wrong, said } = await proxied('proxied/life.ts');
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
  assert.match(said.join(''), /proxy-refused \(403\): the proxy answers 403 Forbidden for smba\.trafficmanager\.net/);
});
