import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { actionsIn, closeServer, Dialogue, goodDetails, type Scene } from '../scene/scene.ts';
import { sharedAcme } from '../scene/shared.ts';
import { type Card, press } from '../sims/teams/cards.ts';

const acme = sharedAcme();
after(closeServer);

/** The wizard up to its third page, for the same org again. */
async function thirdPage(scene: Scene, name: string): Promise<Dialogue> {
  const wizard = await scene.openWizard(scene.ada);
  await wizard.submit({ name, domain: 'acme.okta.com', key: scene.token });
  await wizard.submit({ products: 'siem' });
  return wizard;
}

async function names(scene: Scene): Promise<string[]> {
  const rows = await scene.rows<{ name: string }>(
    `select name from connectors where desired <> 'delete' order by name`,
  );
  return rows.map(({ name }) => name);
}

async function statusOf(scene: Scene, name: string): Promise<string> {
  return JSON.stringify((await scene.ask(scene.ben, `status ${name}`)).cards);
}

test('the same org into the same workspace again says both costs, takes a tick, and shows in the status of both', async () => {
  const scene = acme();
  scene.azure.addWorkspace({ ...scene.workspace, name: 'other-workspace', sentinel: true });
  const wizard = await thirdPage(scene, 'Acme again');
  const wrong: Card[] = [{}, { again: 'false' }, { again: 'true' }, { again: `${scene.workspace.id}x` }];
  for (const tick of wrong) {
    await wizard.submit({ ...goodDetails(scene), ...tick });
    assert.match(wizard.text, /soc-workspace gets these events already/);
    assert.match(
      wizard.text,
      /receives acme\.okta\.com already, from Acme\. .*stored and billed once more.*two alerts/,
    );
    assert.match(wizard.text, /✕ Nothing was connected yet/);
    assert.deepEqual(await names(scene), ['Acme']);
  }
  await wizard.submit({ ...goodDetails(scene), again: scene.workspace.id });
  assert.match(wizard.sentence, /Connecting Acme again/);
  assert.match(
    await statusOf(scene, '"Acme"'),
    /Also fed by.*Acme again: every event is stored and billed more than once/,
  );
  assert.match(await statusOf(scene, '"Acme again"'), /Also fed by.*"text":"Acme: every event/);
  assert.doesNotMatch(await statusOf(scene, '"Acme"'), /"Acme, Acme/);
});

test('of two people who connect the same org at the same time, only one is let through without a tick', async () => {
  const scene = acme();
  const beta = scene.okta.addOrg('beta.okta.com');
  const both = await Promise.all(
    ['Beta 1', 'Beta 2'].map(async (name) => {
      const wizard = await scene.openWizard(scene.ada);
      await wizard.submit({ name, domain: 'beta.okta.com', key: beta.addToken() });
      await wizard.submit({ products: 'siem' });
      return wizard;
    }),
  );
  await Promise.all(both.map((wizard) => wizard.submit(goodDetails(scene))));
  const made = both.filter(({ text }) => text.startsWith('Connecting Beta'));
  assert.equal(made.length, 1);
  assert.equal((await names(scene)).filter((name) => name.startsWith('Beta')).length, 1);
});

test('a connector that moves to a domain which feeds its workspace already needs a yes that says so', async () => {
  const scene = acme();
  const gamma = scene.okta.addOrg('gamma.okta.com');
  const key = gamma.addToken();
  const wizard = await scene.openWizard(scene.ada);
  await wizard.submit({ name: 'Gamma', domain: 'gamma.okta.com', key });
  await wizard.submit({ products: 'siem' });
  await wizard.submit(goodDetails(scene));
  await scene.eventually(
    `select 1 as done from connectors where name = 'Gamma' and provisioning->>'finishedAt' is not null`,
  );

  const message = await scene.ask(scene.ada, 'manage "Acme"');
  const action = actionsIn(message.cards).find(({ title }) => title === 'Manage…');
  const dialog = await Dialogue.open(scene, scene.ada, message, action?.data as Card);
  const save = (typed: Record<string, string>) => dialog.submit({}, { data: press(dialog.page, 'Save', typed).data });
  await save({ domain: 'gamma.okta.com', key: gamma.addToken() });
  assert.match(dialog.text, /receives gamma\.okta\.com already, from Gamma/);
  await dialog.submit({}, { data: { ...press(dialog.page, 'Save', {}).data, confirm: 'gamma.okta.com' } });
  assert.match(dialog.text, /Nothing was changed yet/, 'the yes to the domain alone is not enough');
  await save({ confirm: 'gamma.okta.com again' });
  assert.match(dialog.sentence, /Acme was changed: .*gamma\.okta\.com/);
});
