import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sweepDrafts } from '../../bot/dialogs/drafts.ts';
import { proxyHere } from '../scene/proxied/here.ts';
import { actionsIn, closeServer, Dialogue, Scene } from '../scene/scene.ts';
import type { Fault } from '../sims/azure/faults.ts';
import type { VaultSecret } from '../sims/azure/vault.ts';
import { noVault } from '../sims/network.ts';
import { press } from '../sims/teams/cards.ts';

after(closeServer);

const keyVaultUrl = 'https://patchbay-soc.vault.azure.net';
const page1 = (scene: Scene) => ({ name: 'Acme', domain: 'acme.okta.com', key: scene.token });

/** What the vault holds, deleted secrets included. */
function secretsOf(scene: Scene): VaultSecret[] {
  return [...scene.vault.secrets.values()];
}

async function dialog(scene: Scene, said: string, which: string): Promise<Dialogue> {
  const message = await scene.ask(scene.ada, said);
  const action = actionsIn(message.cards).find(({ data }) => (data as { dialog?: string })?.dialog === which);
  return Dialogue.open(scene, scene.ada, message, action?.data as Record<string, unknown>);
}

/** Replaces Acme's token in the manage dialog; returns the new one. */
async function rotate(scene: Scene): Promise<string> {
  const token = scene.org.addToken();
  const manage = await dialog(scene, 'manage Acme', 'manage');
  await manage.submit({}, { data: press(manage.page, 'Save', { key: token }).data });
  assert.match(manage.sentence, /the API token, which is used at once/);
  return token;
}

const settled = (scene: Scene) =>
  scene.eventually('select 1 as done where not exists (select from secrets where forgotten_at is not null)');

test('a token is in the vault alone, its successor a new version of it; an outage is borne; removal takes all of it out again', async (t) => {
  const scene = await Scene.open({ keyVaultUrl });
  t.after(() => scene.close());
  await scene.connected();
  const [secret] = secretsOf(scene);
  assert.ok(secret);
  assert.match(secret.name, /^okta-[0-9a-f-]{36}$/);
  assert.deepEqual(
    secret.versions.map(({ value, enabled, contentType, tags }) => ({ value, enabled, contentType, tags })),
    [
      {
        value: scene.token,
        enabled: true,
        contentType: 'Okta credential',
        tags: { product: 'Patchbay', domain: 'acme.okta.com' },
      },
    ],
  );
  const calls = () => scene.azure.requests.filter(({ host }) => host.includes('vault')).length;
  assert.ok(calls() <= 3, `${calls()} calls: a token just stored is not read back, nor read for each poll`);

  const fresh = await rotate(scene);
  await settled(scene);
  assert.equal(secretsOf(scene).length, 1);
  assert.deepEqual(
    secret.versions.map(({ value, enabled }) => [value, enabled]),
    [
      [scene.token, false],
      [fresh, true],
    ],
  );
  scene.org.revoke(scene.token);
  scene.org.publishMade(3);
  await scene.poll();
  await scene.eventually('select 1 as done from checkpoints where sent_events = 8');

  // An outage of the vault is borne for half an hour, and is the verdict after that.
  const back = scene.azure.faults.add({ where: 'vault', do: 'reset' });
  scene.clock.advance(6 * 60_000);
  scene.org.publishMade(2);
  await scene.poll();
  await scene.eventually('select 1 as done from checkpoints where sent_events = 10');
  const asked = calls();
  scene.clock.advance(30 * 60_000);
  await scene.poll();
  await scene.poll();
  await scene.poll();
  assert.ok(calls() - asked <= 8, `${calls() - asked} calls in three or four polls`);
  assert.match(JSON.stringify((await scene.ask(scene.ada, 'status Acme')).cards), /The Key Vault does not answer/);
  scene.clock.advance(15 * 60_000);
  await scene.poll();
  await scene.card('✕ The Key Vault does not answer', 'Nothing is lost');
  scene.org.publishMade(2);
  back();
  await scene.poll();
  await scene.eventually('select 1 as done from checkpoints where sent_events = 12');
  await scene.card('✓ Recovered after');

  const stored = await scene.stored();
  for (const token of [scene.token, fresh]) {
    const hex = Buffer.from(token).toString('hex');
    const found = stored.filter((row) => row.includes(token) || row.includes(hex));
    assert.deepEqual(found, [], 'no token in the store');
  }
  assert.deepEqual(await scene.rows('select * from secrets where sealed is not null'), []);

  scene.vault.deletionMs = 30_000;
  const removal = await dialog(scene, 'delete Acme', 'delete');
  await removal.submit({ confirm: 'Acme' });
  await scene.arrived(() => secret.deletedAt !== null);
  scene.clock.advance(31_000);
  await scene.eventually('select 1 as done where not exists (select from connectors)');
  assert.deepEqual(secretsOf(scene), [], 'deleted, and purged as soon as the vault lets us');
  assert.deepEqual(await scene.rows('select * from secrets'), []);
  assert.deepEqual(scene.azure.unexpected, []);
});

test('a vault that can not take the token is said in the dialog, and nothing is kept anywhere', async (t) => {
  const scene = await Scene.open({ keyVaultUrl });
  t.after(() => scene.close());
  const wizard = await scene.openWizard(scene.ada);
  const { principalId } = scene.azure.identity;
  const refused = async (says: RegExp) => {
    await wizard.submit(page1(scene));
    assert.match(wizard.text, /Step 1 of 3/);
    assert.match(wizard.text, says);
    assert.match(wizard.text, /nothing was changed/);
    assert.ok(wizard.text.includes('"value":"Acme"') && wizard.text.includes('"value":"acme.okta.com"'), 'values kept');
    assert.ok(!wizard.text.includes(scene.token));
  };
  scene.azure.revoke(principalId, 'Key Vault Secrets Officer', scene.vault.id);
  await refused(/role Key Vault Secrets Officer on the vault.*ForbiddenByRbac/);
  scene.azure.grant(principalId, 'Key Vault Secrets User', scene.vault.id);
  await refused(/role Key Vault Secrets Officer/);
  scene.azure.grant(principalId, 'Key Vault Secrets Officer', scene.vault.id);
  scene.vault.open = false;
  await refused(/firewall.*ForbiddenByFirewall/);
  scene.vault.open = true;
  scene.vault.rbac = false;
  await refused(/ForbiddenByPolicy/);
  scene.vault.rbac = true;
  const faults: [Fault['do'], RegExp][] = [
    [{ status: 429, headers: { 'retry-after': '3600' }, body: { error: { code: 'Throttled' } } }, /too much to do/],
    ['reset', /does not answer/],
    ['hang', /does not answer.*No answer in time/],
  ];
  for (const [what, says] of faults) {
    const end = scene.azure.faults.add({ where: 'vault', when: ({ method }) => method === 'PUT', do: what });
    if (what === 'hang') scene.clock.speed = 50;
    await refused(says);
    end();
  }
  scene.clock.speed = 1;
  assert.deepEqual(await scene.rows('select * from drafts where key_id is not null'), []);
  // What was to be cleared while the vault was shut is tried again ten minutes later.
  scene.clock.advance(11 * 60_000);
  await settled(scene);
  assert.deepEqual(await scene.rows('select * from secrets'), []);
  assert.deepEqual(secretsOf(scene), []);

  // The answer alone was lost: what stands in the vault is found and taken out.
  scene.azure.faults.add({ where: 'vault', when: ({ method }) => method === 'PUT', times: 1, do: 'lost-answer' });
  await refused(/does not answer/);
  assert.equal(secretsOf(scene).length, 1);
  scene.clock.advance(11 * 60_000);
  await settled(scene);
  assert.deepEqual(secretsOf(scene), []);

  // A page that was filled in and left.
  await wizard.submit(page1(scene));
  assert.match(wizard.text, /Step 2 of 3/);
  assert.equal(secretsOf(scene).length, 1);
  scene.vault.purgeProtection = true;
  const store = await scene.hold('sweep');
  const down = scene.azure.faults.add({ where: 'vault', do: { status: 503 } });
  scene.clock.advance(31 * 60_000);
  await sweepDrafts(store.pool, scene.clock.now());
  await store.release();
  await scene.eventually('select 1 as done from secrets where attempts > 0');
  down();
  scene.clock.advance(11 * 60_000);
  await settled(scene);
  assert.deepEqual(await scene.rows('select * from secrets'), []);
  const [left] = secretsOf(scene);
  assert.ok(left?.deletedAt, 'soft-deleted: a purge is not allowed here, which is no error');

  // What may be written, and not read, stops the setup with the role to give.
  const writeOnly = {
    status: 403,
    body: { error: { code: 'Forbidden', message: 'no', innererror: { code: 'ForbiddenByRbac' } } },
  };
  scene.azure.faults.add({ where: 'vault', when: ({ method }) => method === 'GET', do: writeOnly });
  await scene.connect(scene.ada);
  await scene.card('Acme could not be connected', 'Patchbay may not use the Key Vault', 'Key Vault Secrets Officer');
});

test('a name that no vault has is said in the dialog', async (t) => {
  const scene = await Scene.open({ keyVaultUrl: `https://${noVault}.vault.azure.net` });
  t.after(() => scene.close());
  const wizard = await scene.openWizard(scene.ada);
  await wizard.submit(page1(scene));
  // Behind a proxy, it is the proxy that looks names up.
  assert.match(wizard.text, proxyHere() ? /proxy/i : /no such vault.*KEY.*VAULT.*URL/);
  assert.deepEqual(await scene.rows('select * from secrets'), []);
});

test('a token sealed before there was a vault is read, its successor goes there; disabled or deleted there, it is an error with its name', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  await scene.stop();
  scene.moveToVault(keyVaultUrl);
  await scene.start();
  scene.org.publishMade(3);
  await scene.poll();
  await scene.eventually('select 1 as done from checkpoints where sent_events = 8');
  const fresh = await rotate(scene);
  await scene.poll();
  assert.deepEqual(
    secretsOf(scene).map(({ versions }) => versions.map(({ value }) => value)),
    [[fresh]],
  );
  assert.deepEqual(await scene.rows('select * from secrets where sealed is not null'), []);

  const [secret] = secretsOf(scene);
  const [version] = secret?.versions ?? [];
  assert.ok(secret && version);
  version.enabled = false;
  scene.clock.advance(6 * 60_000);
  await scene.poll();
  await scene.card('✕ The stored Okta token was switched off', secret.name);
  version.enabled = true;
  await scene.poll();
  await scene.card('✓ Recovered after');
  secret.deletedAt = scene.clock.now();
  scene.clock.advance(6 * 60_000);
  await scene.poll();
  await scene.card('✕ The stored Okta token was deleted', secret.name, 'recover it');
  const another = await rotate(scene);
  await scene.poll();
  const made = secretsOf(scene).filter(({ deletedAt }) => deletedAt === null);
  assert.deepEqual(
    made.map(({ versions }) => versions.map(({ value }) => value)),
    [[another]],
    'under another name, as the old one is taken',
  );
  await scene.eventually(`select 1 as done from connectors where status->>'health' = 'ok'`);
});
