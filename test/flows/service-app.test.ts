import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { readKey } from '../../ingestion/okta/key-pair.ts';
import { SealedSecrets } from '../../ingestion/secrets/sealed.ts';
import { actionsIn, closeServer, Dialogue, goodDetails, Scene } from '../scene/scene.ts';
import { sharedScene } from '../scene/shared.ts';
import { type Card, inputs, press, textOf } from '../sims/teams/cards.ts';

after(closeServer);

const minute = 60_000;
const keyVaultUrl = 'https://patchbay-soc.vault.azure.net';

/** The public key that a page shows, as a person copies it. */
function keyOn({ page }: Dialogue): string {
  const shown = inputs(page).find(({ id }) => id === 'publicKey')?.value;
  assert.match(String(shown), /"kty":"EC"/);
  return String(shown);
}

const page1 = { name: 'Acme', domain: 'acme.okta.com', credential: 'app', key: '' };

/** Opens the wizard and goes on to the page that shows the key. */
async function byApp(scene: Scene): Promise<Dialogue> {
  const wizard = await scene.openWizard(scene.ada);
  await wizard.submit(press(wizard.page, 'Next', page1).data);
  return wizard;
}

async function tried(wizard: Dialogue, client: string, button = 'Next'): Promise<void> {
  await wizard.submit(press(wizard.page, button, { client }).data);
}

/** Connects Acme by a service app, made in Okta as the page says; returns its client id. */
async function connected(scene: Scene, { dpop = false } = {}): Promise<string> {
  const wizard = await byApp(scene);
  const client = scene.org.addApp({ jwk: keyOn(wizard), dpop });
  await tried(wizard, client);
  assert.match(wizard.text, /The service app works: it may read the System Log/);
  await wizard.submit({ products: 'siem' });
  scene.org.publishMade(5);
  await wizard.submit(goodDetails(scene));
  await scene.eventually(`select 1 as done from connectors where status->>'state' = 'connected'`);
  return client;
}

/** Opens the manage dialog of Acme at the page of its service app. */
async function manageApp(scene: Scene, button: string): Promise<Dialogue> {
  const message = await scene.ask(scene.ada, 'manage Acme');
  const manage = actionsIn(message.cards).find(({ title }) => title === 'Manage…');
  const dialog = await Dialogue.open(scene, scene.ada, message, manage?.data as Card);
  await dialog.submit(press(dialog.page, button).data);
  return dialog;
}

const tokenCalls = (scene: Scene) => scene.okta.requests.filter(({ url }) => url.includes('/oauth2/v1/token'));
const logCalls = (scene: Scene) => scene.okta.requests.filter(({ url }) => url.includes('/api/v1/logs'));
/** The reasons of all incidents there have been, the oldest first. */
async function alerts(scene: Scene): Promise<string[]> {
  const rows = await scene.rows<{ reasons: string[] }>('select reasons from incidents order by opened_at');
  return rows.flatMap(({ reasons }) => reasons);
}

/** So many polls, each five minutes after the one before, with an event in each. */
async function live(scene: Scene, polls: number): Promise<void> {
  for (let poll = 0; poll < polls; poll++) {
    scene.clock.advance(4 * minute);
    scene.org.publishMade(1);
    await scene.poll();
  }
}

async function allArrived(scene: Scene, events: number): Promise<void> {
  await scene.eventually('select 1 as done from checkpoints where sent_events = $1', [events]);
  const { rows } = scene.azure.table(scene.workspace, 'OktaSystemLogs_CL');
  assert.equal(new Set(rows.map(({ EventOriginalUid }) => EventOriginalUid)).size, rows.length, 'nothing twice');
}

for (const dpop of [false, true]) {
  const how = dpop ? 'with proofs of possession' : 'by bearer tokens';
  test(`a connector lives ${how} through 90 minutes, a new key, withdrawn tokens and a deactivated app, and loses and repeats nothing`, async (t) => {
    const scene = await Scene.open();
    t.after(() => scene.close());
    const client = await connected(scene, { dpop });
    assert.deepEqual(new Set(logCalls(scene).map(({ scheme }) => scheme)), new Set([dpop ? 'DPoP' : 'Bearer']));
    const before = tokenCalls(scene).length;
    await live(scene, 18);
    const fetched = tokenCalls(scene).length - before;
    assert.ok(fetched >= 1 && fetched <= 2, `${fetched} calls for tokens in 90 minutes`);
    await allArrived(scene, 23);

    // Another key: both are good in Okta until the old one is taken out.
    const [{ kids = [] } = {}] = scene.org.apps.list();
    const dialog = await manageApp(scene, 'New key…');
    scene.org.apps.addKey(client, keyOn(dialog));
    await tried(dialog, client, 'Try and use it');
    assert.match(
      dialog.sentence,
      new RegExp(`^Acme was changed: the key of the service app ${client}, which is used at once\\.$`),
    );
    scene.org.apps.removeKey(client, String(kids[0]));
    await live(scene, 2);

    scene.org.apps.revokeTokens(client);
    await live(scene, 2);
    assert.deepEqual(await alerts(scene), [], 'another token was to be had');
    await allArrived(scene, 27);

    scene.org.apps.deactivate(client);
    scene.org.publishMade(3);
    await scene.poll();
    const alert = await scene.card('✕ Okta refuses the service app', 'New key…', 'Retry');
    assert.match(textOf(alert.cards[0] ?? {}), /the app was deactivated or deleted, its key was removed/);
    const asked = tokenCalls(scene).length;
    await scene.poll();
    await scene.poll();
    const again = tokenCalls(scene).length - asked;
    assert.ok(again <= 3, `${again} calls for tokens in two polls, each of which is an event in the org’s log`);
    scene.org.apps.activate(client);
    await scene.poll();
    assert.equal((await scene.card('✓ Recovered after')).id, alert.id);
    assert.deepEqual(await alerts(scene), ['app-refused']);
    await allArrived(scene, 30);
  });
}

test('a connector goes over from its API token to a service app where it stopped, and back, with each move audited', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  const link = `select next_url as url, sent_events as sent from checkpoints`;
  const [before] = await scene.rows<{ url: string; sent: number }>(link);

  const dialog = await manageApp(scene, 'Service app…');
  assert.match(dialog.text, /Reads by an API token/);
  const client = scene.org.addApp({ jwk: keyOn(dialog) });
  const data = press(dialog.page, 'Try and use it', { client }).data;
  const asked = logCalls(scene).length;
  await dialog.submit({}, { data });
  assert.match(dialog.sentence, new RegExp(`the service app ${client} instead of an API token, which is used at once`));
  const first = dialog.sentence;
  await dialog.submit({}, { data });
  assert.equal(dialog.sentence, first, 'a second submit says the same');
  scene.org.revoke(scene.token);
  scene.org.publishMade(2);
  await scene.poll();
  const [probe, next] = logCalls(scene).slice(asked);
  assert.match(probe?.url ?? '', /limit=1&/);
  assert.deepEqual([next?.url, next?.scheme], [before?.url, 'Bearer'], 'it goes on at the stored link');
  await allArrived(scene, 7);
  assert.match(
    textOf((await scene.ask(scene.ada, 'status Acme')).cards[0] ?? {}),
    new RegExp(`Reads by: the service app ${client}`),
  );

  const paused = await scene.ask(scene.ada, 'pause Acme');
  assert.match(textOf(paused.cards[0] ?? {}), /The key of its service app does not end while it lies idle/);
  scene.clock.advance(31 * 24 * 60 * minute);
  await scene.ask(scene.ada, 'resume Acme');
  await scene.poll();

  scene.org.restore(scene.token);
  const message = await scene.ask(scene.ada, 'manage Acme');
  const manage = actionsIn(message.cards).find(({ title }) => title === 'Manage…');
  const back = await Dialogue.open(scene, scene.ada, message, manage?.data as Card);
  assert.match(back.text, /API token instead of the service app/);
  await back.submit(press(back.page, 'Save', { key: scene.token }).data);
  assert.match(back.sentence, /the API token, which is used at once/);
  scene.org.apps.deactivate(client);
  scene.org.publishMade(2);
  await scene.poll();
  await allArrived(scene, 9);
  const deeds = await scene.rows<{ result: string }>(
    `select result from audit where result like 'changed%' order by id`,
  );
  assert.deepEqual(
    deeds.map(({ result }) => result),
    ['changed service app', 'changed token'],
  );
  assert.deepEqual(
    await scene.rows(`select 1 from secrets where id::text not in (select settings->>'keyId' from connectors)`),
    [],
  );
  assert.deepEqual(await alerts(scene), []);
});

const open = sharedScene();

test('what is wrong with an app is said where it stands, in words, and nothing is made of it', async () => {
  const scene = open();
  const wizard = await byApp(scene);
  const key = keyOn(wizard);
  const { apps } = scene.org;
  const client = scene.org.addApp({ jwk: key });
  const kid = String(apps.list()[0]?.kids[0]);
  const rows: [wrong: string, says: RegExp, make: () => void, heal: () => void, typed?: string][] = [
    ['nothing typed', /Paste the client ID/, () => {}, () => {}, ' '],
    ['no client id', /This is no client ID/, () => {}, () => {}, 'https://acme-admin.okta.com/admin/app'],
    [
      'another client id',
      /Okta does not know a service app by this client ID/,
      () => {},
      () => {},
      '0oa00000000000000000',
    ],
    [
      'the key is not there',
      /that the public key shown here is saved/,
      () => apps.removeKey(client, kid),
      () => apps.addKey(client, key),
    ],
    ['not active', /that the app is active/, () => apps.deactivate(client), () => apps.activate(client)],
    [
      'no scope',
      /Grant it the scope okta\.logs\.read/,
      () => apps.ungrant(client, 'okta.logs.read'),
      () => apps.grant(client, 'okta.logs.read'),
    ],
    [
      'no role',
      /the role Read-only Administrator on the tab Admin roles/,
      () => apps.removeRole(client),
      () => apps.assignRole(client),
    ],
    [
      'Okta fails',
      /Okta answers with an error of its own/,
      () => scene.org.faults.add({ where: 'token', do: { kind: 'error', status: 503, code: 'E0000010' } }),
      () => scene.org.faults.clear(),
    ],
    [
      'too many calls',
      /takes no more calls right now: they are used up/,
      () => scene.org.faults.add({ where: 'token', do: { kind: 'tooMany', form: 'budget' } }),
      () => scene.org.faults.clear(),
    ],
    [
      'a redirect',
      /no place to send a token/,
      () => scene.org.faults.add({ where: 'token', do: { kind: 'redirect', to: 'https://evil.example/token' } }),
      () => scene.org.faults.clear(),
    ],
    [
      'no token',
      /not an Okta System Log/,
      () => scene.org.faults.add({ where: 'token', do: { kind: 'body', body: '{"access_token":7}' } }),
      () => scene.org.faults.clear(),
    ],
    [
      'cut off',
      /No connection to this domain/,
      () => scene.org.faults.add({ where: 'token', do: { kind: 'reset' } }),
      () => scene.org.faults.clear(),
    ],
    [
      'cut off in the middle',
      /No connection to this domain/,
      () => scene.org.faults.add({ where: 'token', do: { kind: 'cut', at: 0.5, contentLength: true } }),
      () => scene.org.faults.clear(),
    ],
    [
      'clocks that differ',
      /expire/,
      () => {
        scene.org.dateSkewMs = 30 * minute;
      },
      () => {
        scene.org.dateSkewMs = 0;
      },
    ],
  ];
  for (const [wrong, says, make, heal, typed = client] of rows) {
    make();
    await wizard.submit({ ...press(wizard.page, 'Next', { client: 'x' }).data, client: typed });
    heal();
    assert.match(wizard.text, says, wrong);
    assert.equal(keyOn(wizard), key, `${wrong}: the same key`);
  }
  // A page of later, made up before the app was tried.
  const later = { ...wizard.buttonData('Next'), page: 3, ...goodDetails(scene) };
  await wizard.submit({}, { data: later });
  assert.match(wizard.text, /Step 1 of 3 · Name/);
  assert.deepEqual(await scene.rows('select 1 from connectors'), []);

  await wizard.submit(press(wizard.page, 'Next', page1).data);
  assert.equal(keyOn(wizard), key, 'going back keeps the key');
  await tried(wizard, `"${client}"`);
  assert.match(wizard.text, /Step 2 of 3.*The service app works/s);
  await wizard.submit({}, { title: 'Back' });
  await wizard.submit(press(wizard.page, 'Next', { ...page1, credential: 'token', key: scene.token }).data);
  assert.match(wizard.text, /Step 2 of 3.*The token works/s);
  assert.equal((await scene.rows('select 1 from secrets')).length, 1, 'the key of the app is gone');
});

test('a token endpoint that fails or hangs as a token is to be renewed costs nothing while the old one is good, and then says so', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await connected(scene);
  await live(scene, 1);
  const heal = scene.org.faults.add({ where: 'token', do: { kind: 'error', status: 500, code: 'E0000009' } });
  scene.clock.advance(44 * minute);
  await live(scene, 1);
  assert.deepEqual(await alerts(scene), [], 'the token of before is good');
  await live(scene, 3);
  scene.clock.advance(20 * minute);
  await scene.poll();
  await scene.card('Okta does not answer');
  heal();
  await scene.poll();
  await scene.card('✓ Recovered after');

  // Whoever waits for an answer waits by the scene's clock, which hurries on.
  const hang = { kind: 'blackHole' } as const;
  const drip = { kind: 'slow', everyMs: 60_000, pieces: 1_000 } as const;
  for (const fault of [hang, drip]) {
    scene.clock.advance(45 * minute);
    scene.org.faults.add({ where: 'token', do: fault });
    scene.clock.speed = 60;
    scene.org.publishMade(1);
    await scene.poll();
    scene.clock.speed = 1;
    scene.org.faults.clear();
    await live(scene, 3);
  }
  assert.deepEqual(await alerts(scene), ['okta-unreachable'], 'no other alert than that of before');
});

/** What is kept for Acme, wherever that is. */
async function keptText(scene: Scene): Promise<string> {
  const held = await scene.hold('a look');
  const secretKey = Buffer.alloc(32, 7).toString('base64');
  const sealed = await SealedSecrets.open(held.pool, scene.clock.now, { secretKey, file: '' });
  const [row] = await scene.rows<{ id: string }>('select id from secrets');
  const text = await sealed.read(row?.id ?? '');
  await held.release();
  return text;
}

for (const place of ['vault', 'sealed store'] as const) {
  test(`the private key of an app, an access token or a proof is in no log line, row, card or error: it is in the ${place} alone`, async (t) => {
    const scene = await Scene.open(place === 'vault' ? { keyVaultUrl } : {});
    t.after(() => scene.close());
    const client = await connected(scene, { dpop: true });
    scene.org.apps.deactivate(client);
    await scene.poll();
    await scene.card('Okta refuses the service app');
    await scene.ask(scene.ada, 'status Acme');
    await scene.teams.say(scene.ada, scene.channel, 'help', { mention: true, forged: 'wrong key' });
    const kept = place === 'vault' ? [...scene.vault.secrets.values()][0]?.versions[0]?.value : await keptText(scene);
    const key = readKey(kept ?? '');
    assert.ok(key, 'there is a private key to look for');
    const places = {
      log: scene.logLines,
      store: await scene.stored(),
      teams: scene.teams.traffic.map(({ body }) => body),
      okta: scene.okta.requests.map((request) => JSON.stringify(request)),
      azure: scene.azure.requests
        .filter(({ host }) => !host.includes('vault'))
        .map((request) => JSON.stringify(request)),
    };
    assert.ok(places.teams.join('\n').includes(String(key.x)), 'there is a public key to look at');
    const d = String(key.d);
    for (const [where, texts] of Object.entries(places)) {
      assert.ok(texts.length > 0, where);
      for (const hidden of [d, Buffer.from(d, 'base64url').toString('hex'), Buffer.from(d).toString('hex'), 'eyJ'])
        assert.deepEqual(
          texts.filter((text) => text.includes(hidden)).map((text) => text.slice(0, 200)),
          [],
          `${hidden.slice(0, 6)} in the ${where}`,
        );
    }
  });
}

test('a token that is refused in the middle of a poll heals nothing of what Azure refuses meanwhile', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await connected(scene);
  await live(scene, 1);
  const heal = scene.azure.faults.add({ where: 'ingestion', do: { status: 403 } });
  scene.org.publishMade(2_500);
  await scene.poll();
  const alert = await scene.card('Patchbay may not send to the workspace');
  let pages = 0;
  scene.org.faults.add({
    times: 1,
    when: () => ++pages === 2,
    do: { kind: 'error', status: 401, code: 'E0000011' },
  });
  await scene.poll();
  await scene.poll();
  assert.ok(pages >= 2, 'a second page was asked for');
  assert.deepEqual(await alerts(scene), ['role-missing']);
  heal();
  await scene.poll();
  assert.equal((await scene.card('✓ Recovered after')).id, alert.id);
  await allArrived(scene, 2_506);
});

test('a key that is gone from the vault while its page is open is replaced by another one, and nobody fills the vault with keys', async (t) => {
  const scene = await Scene.open({ keyVaultUrl });
  t.after(() => scene.close());
  const wizard = await byApp(scene);
  const first = keyOn(wizard);
  const client = scene.org.addApp({ jwk: first });
  scene.vault.secrets.clear();
  scene.clock.advance(31 * minute - 5 * minute);
  await tried(wizard, client);
  assert.match(wizard.text, /The stored key was deleted from the Key Vault\. Another one is shown below/);
  assert.notEqual(keyOn(wizard), first);
  scene.org.apps.addKey(client, keyOn(wizard));
  await tried(wizard, client);
  assert.match(wizard.text, /The service app works/);
  for (let dialogs = 0; dialogs < 4; dialogs++) await byApp(scene);
  const sixth = await scene.openWizard(scene.ada);
  await sixth.submit(press(sixth.page, 'Next', page1).data);
  assert.match(sixth.text, /You have begun five dialogs with a key/);
  assert.equal(scene.vault.secrets.size, 5);
});
