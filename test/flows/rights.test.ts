import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import pg from 'pg';
import { actionsIn, closeServer, Dialogue, goodDetails, type Scene } from '../scene/scene.ts';
import { sharedScene } from '../scene/shared.ts';
import { type Card, press } from '../sims/teams/cards.ts';
import type { Message, User } from '../sims/teams/tenant.ts';

const roles = ['Log Analytics Contributor', 'Microsoft Sentinel Contributor'];

/** Ben has all the rights, until a test takes them away. */
const open = sharedScene({}, async (scene) => {
  for (const role of roles) scene.azure.grant(scene.ben.aadObjectId, role, scene.workspace.id);
  await scene.connected();
});
after(closeServer);

/** Opens a dialog about Acme from the card that answers its command. */
async function dialogOf(scene: Scene, word: string, user: User): Promise<Dialogue> {
  const message = await scene.ask(user, `${word} Acme`);
  const action = actionsIn(message.cards).find(({ data }) => (data as { dialog?: string })?.dialog === word);
  return Dialogue.open(scene, user, message, action?.data as Card);
}

/** The third page of the connect dialog, filled in. */
async function lastPage(scene: Scene, user: User): Promise<Dialogue> {
  const wizard = await scene.openWizard(user);
  const key = scene.okta.addOrg('second.okta.com').addToken();
  await wizard.submit({ name: 'Second', domain: 'second.okta.com', key });
  return wizard;
}

async function save(dialog: Dialogue, typed: Record<string, string>): Promise<string> {
  await dialog.submit({}, { data: press(dialog.page, 'Save', typed).data });
  return dialog.text;
}

/** A deed of Ben's: what must be as it was, and all up to where it is asked for, which returns its submit. */
type Deed = {
  action: string;
  same: string;
  ready(scene: Scene): Promise<() => Promise<string>>;
  /** What brings Acme back. */
  undo?(scene: Scene): Promise<unknown>;
};

const deeds: Deed[] = [
  {
    action: 'connect',
    same: 'select name from connectors',
    async ready(scene) {
      const wizard = await lastPage(scene, scene.ben);
      await wizard.submit({ products: 'siem' });
      return async () => {
        await wizard.submit(goodDetails(scene));
        return wizard.text;
      };
    },
  },
  {
    action: 'manage',
    same: 'select name, settings from connectors',
    async ready(scene) {
      const dialog = await dialogOf(scene, 'manage', scene.ben);
      return () => save(dialog, { interval: '300' });
    },
  },
  ...(['pause', 'resume'] as const).map((action) => ({
    action,
    same: 'select desired, pause, status from connectors',
    async ready(scene: Scene) {
      if (action === 'resume') await scene.ask(scene.ben, 'pause Acme');
      return async () => JSON.stringify((await scene.ask(scene.ben, `${action} Acme`)).cards);
    },
    undo: (scene: Scene) => scene.ask(scene.ada, 'resume Acme'),
  })),
  {
    action: 'delete',
    same: 'select desired from connectors',
    async ready(scene) {
      const dialog = await dialogOf(scene, 'delete', scene.ben);
      return async () => {
        await dialog.submit({ confirm: 'Acme' });
        return dialog.text;
      };
    },
  },
  {
    action: 'retry',
    same: `select observation->'requestedAt' as at from connectors`,
    async ready(scene) {
      const status = await scene.ask(scene.ben, 'status Acme');
      const [{ id } = { id: '' }] = await scene.rows<{ id: string }>('select id from connectors');
      const button = { type: 'Action.Execute', verb: 'retry', data: { connector: id } };
      return async () => {
        const { delivery, ...answer } = await scene.teams.execute(scene.ben, scene.channel, status, button);
        return JSON.stringify([answer, delivery.body]);
      };
    },
  },
  {
    action: 'alerts',
    same: 'select alerts from conversations',
    ready: async (scene) => async () => JSON.stringify((await scene.ask(scene.ben, 'alerts here')).cards),
  },
];

/** Keeps whoever writes the audit waiting, as a slow store does; `waited` resolves once somebody does. */
async function slowStore(scene: Scene): Promise<{ waited(): Promise<void>; end(): Promise<void> }> {
  const client = new pg.Client({ connectionString: scene.databaseUrl, options: '-c search_path=patchbay' });
  await client.connect();
  await client.query('begin; lock table audit in exclusive mode');
  return {
    waited: async () => {
      await scene.eventually(`select 1 as done from pg_locks where relation = 'audit'::regclass and not granted`);
    },
    async end() {
      await client.query('rollback');
      await client.end();
    },
  };
}

async function audited(scene: Scene, action: string): Promise<unknown[]> {
  return scene.rows(`select actor_name, action, result from audit where action = $1 order by id desc limit 1`, [
    action,
  ]);
}

for (const { action, ready, same, undo } of deeds) {
  test(`a right that is taken away while ${action} waits for the store lets nothing through`, async () => {
    const scene = open();
    const submit = await ready(scene);
    const before = await scene.rows(same);
    const store = await slowStore(scene);
    const answer = submit();
    await store.waited();
    scene.azure.revoke(scene.ben.aadObjectId, 'Microsoft Sentinel Contributor');
    await store.end();
    assert.match(await answer, /you lack Microsoft Sentinel (Contributor|Responder)/);
    assert.deepEqual(await scene.rows(same), before);
    assert.deepEqual(await audited(scene, action), [{ actor_name: 'Ben Reader', action, result: 'refused' }]);
    scene.azure.grant(scene.ben.aadObjectId, 'Microsoft Sentinel Contributor', scene.workspace.id);
    await undo?.(scene);
  });
}

test('a right that is taken away while Okta tries the new token leaves the old one in its place', async () => {
  const scene = open();
  const before = await scene.rows('select settings from connectors');
  const secrets = await scene.rows('select id from secrets');
  const dialog = await dialogOf(scene, 'manage', scene.ben);
  const whileAsked = ({ target }: { target: string }) => {
    if (target.includes('limit=1&')) scene.azure.revoke(scene.ben.aadObjectId, 'Log Analytics Contributor');
    return false;
  };
  scene.org.faults.add({ when: whileAsked, do: { kind: 'reset' } });
  assert.match(await save(dialog, { key: scene.org.addToken() }), /you lack Log Analytics Contributor/);
  assert.deepEqual(await scene.rows('select settings from connectors'), before);
  assert.deepEqual(await scene.rows('select id from secrets'), secrets, 'the new token is not kept');
  scene.azure.grant(scene.ben.aadObjectId, 'Log Analytics Contributor', scene.workspace.id);
});

test('rights that can’t be read at the end are none', async () => {
  const scene = open();
  const dialog = await dialogOf(scene, 'delete', scene.ben);
  const store = await slowStore(scene);
  const answer = dialog.submit({ confirm: 'Acme' });
  await store.waited();
  scene.azure.faults.add({ where: 'arm', when: ({ path }) => path.includes('roleAssignments'), do: { status: 500 } });
  await store.end();
  await answer;
  assert.match(dialog.text, /could not be read, so the answer is no/);
  assert.deepEqual(await scene.rows('select desired from connectors'), [{ desired: 'run' }]);
});

test('a guest who asks for a change is in the audit as well, and one who only reads is not', async () => {
  const scene = open();
  const shown: Message = await scene.ask(scene.ada, 'status Acme');
  const entries = () => scene.rows('select action, target, result from audit where actor_name = $1', ['Gus Guest']);
  const [{ id } = { id: '' }] = await scene.rows<{ id: string }>('select id from connectors');
  await Dialogue.open(scene, scene.guest, shown, { dialog: 'delete', connector: id });
  await scene.teams.execute(scene.guest, scene.channel, shown, { verb: 'pause', data: { connector: id } });
  await scene.ask(scene.guest, 'pause Acme');
  const asked = await entries();
  assert.deepEqual(asked, [
    { action: 'delete', target: 'Acme (acme.okta.com)', result: 'refused' },
    { action: 'pause', target: 'Acme (acme.okta.com)', result: 'refused' },
    { action: 'pause', target: '', result: 'refused' },
  ]);
  await Dialogue.open(scene, scene.guest, shown, { dialog: 'status', connector: id });
  for (const words of ['status Acme', 'help', 'constructor']) await scene.ask(scene.guest, words);
  assert.deepEqual(await entries(), asked);
});

test('whoever is refused to manage or delete is in the audit, with what they asked for', async () => {
  const scene = open();
  scene.azure.revoke(scene.ben.aadObjectId);
  const shown: Message = await scene.ask(scene.ben, 'status Acme');
  for (const word of ['manage', 'delete']) {
    const action = actionsIn(shown.cards).find(({ data }) => (data as { dialog?: string })?.dialog === word);
    const { text } = await Dialogue.open(scene, scene.ben, shown, action?.data as Card);
    assert.match(text, /you lack Log Analytics Contributor and Microsoft Sentinel Contributor/);
    const [entry] = await scene.rows(
      'select actor_name, action, target, result, conversation_id from audit order by id desc limit 1',
    );
    const where = { target: 'Acme (acme.okta.com)', conversation_id: scene.channel.id };
    assert.deepEqual(entry, { actor_name: 'Ben Reader', action: word, result: 'refused', ...where });
  }
});
