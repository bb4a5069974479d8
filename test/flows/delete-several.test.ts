import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeServer, Dialogue, type Scene } from '../scene/scene.ts';
import { sharedScene } from '../scene/shared.ts';
import type { Card } from '../sims/teams/cards.ts';

const roles = ['Log Analytics Contributor', 'Microsoft Sentinel Contributor'];

const open = sharedScene({}, async (scene) => {
  const { subscription } = scene.workspace;
  const place = { resourceGroup: 'soc', subscription, location: 'westeurope', sentinel: true };
  const other = scene.azure.addWorkspace({ name: 'other-workspace', ...place });
  for (const role of roles) scene.azure.grant(scene.ada.aadObjectId, role, other.id);
  for (const name of ['One', 'Two', 'Three']) await scene.connect(scene.ada, name);
  await scene.connect(scene.ada, 'Elsewhere', { workspace: other.id });
  await scene.eventually(
    `select 1 as done where not exists (select from connectors where status->'lastPollAt' = 'null')`,
  );
});
after(closeServer);

async function idsOf(scene: Scene, ...names: string[]): Promise<string[]> {
  const rows = await scene.rows<{ id: string }>('select id from connectors where name = any($1) order by name', [
    names,
  ]);
  return rows.map(({ id }) => id);
}

/** Ticks these in My connectors, and presses what deletes them. */
async function ticked(scene: Scene, data: Card): Promise<Dialogue> {
  return Dialogue.open(scene, scene.ada, await scene.ask(scene.ada, 'connectors'), { dialog: 'delete', ...data });
}

async function left(scene: Scene): Promise<string[]> {
  const rows = await scene.rows<{ name: string }>(
    `select name from connectors where desired <> 'delete' order by name`,
  );
  return rows.map(({ name }) => name);
}

async function audited(scene: Scene): Promise<unknown[]> {
  return scene.rows(`select target, result from audit where action = 'delete' order by target`);
}

test('nothing ticked, too many, and one alone each get what fits', async () => {
  const scene = open();
  assert.match((await ticked(scene, {})).sentence, /Tick the connectors that are to be deleted first/);
  assert.match((await ticked(scene, { connectors: { $gt: 1 } })).sentence, /Tick the connectors/);
  const many = Array.from({ length: 21 }, (_, index) => `${index}`).join(',');
  assert.match((await ticked(scene, { connectors: many })).sentence, /too many at once\. Tick 20 at most/);
  const [one] = await idsOf(scene, 'One');
  assert.match((await ticked(scene, { connectors: `${one}` })).text, /Type the connector’s name to confirm: One/);
  assert.match((await ticked(scene, { connectors: 'a,b' })).sentence, /These connectors do not exist any more/);
});

test('several are deleted with one confirmation, those named and no others, and a second submit changes nothing', async () => {
  const scene = open();
  const workspace = [...scene.azure.estate.workspaces.values()].find(({ name }) => name === 'other-workspace');
  scene.azure.revoke(scene.ada.aadObjectId, 'Microsoft Sentinel Contributor', workspace?.id);
  const [elsewhere, one, two] = await idsOf(scene, 'One', 'Two', 'Elsewhere');
  const [three] = await idsOf(scene, 'Three');
  const picks = { [`pick:${two}`]: 'true', [`pick:${three}`]: 'false' };
  const dialog = await ticked(scene, { connectors: [elsewhere, one], ...picks });
  assert.match(dialog.text, /Delete 2 connectors\?/);
  assert.match(dialog.text, /One.*acme\.okta\.com → soc-workspace/);
  assert.match(dialog.text, /Elsewhere.*is not deleted: other-workspace: you lack Microsoft Sentinel Contributor/);
  assert.match(dialog.text, /Kept: .*with all their rows/);
  for (const confirm of ['', 'delete', 'delete 3', 'One']) {
    await dialog.submit({ confirm });
    assert.match(dialog.text, /Nothing was deleted yet\. Type “delete 2”/);
  }
  const data = dialog.buttonData();
  await dialog.submit({ confirm: ' Delete  2 ' });
  const first = dialog.sentence;
  assert.match(
    first,
    /^Removing One, Two: their data collection rules and stored keys go, the tables and their data stay\.$/,
  );
  assert.deepEqual(await left(scene), ['Elsewhere', 'Three']);
  const deeds = await audited(scene);
  assert.deepEqual(deeds, [
    { target: 'Elsewhere (acme.okta.com)', result: 'refused' },
    { target: 'One (acme.okta.com)', result: 'asked' },
    { target: 'Two (acme.okta.com)', result: 'asked' },
  ]);
  await dialog.submit({ confirm: 'delete 2' }, { data });
  assert.match(dialog.sentence, /Removing|do not exist any more/);
  assert.deepEqual(await audited(scene), deeds, 'nothing more was done');
  await scene.eventually(`select 1 as done where (select count(*) from connectors) = 2`);
});

test('when one of them may not be deleted any more, none is, and the page comes back without it', async () => {
  const scene = open();
  const workspace = [...scene.azure.estate.workspaces.values()].find(({ name }) => name === 'other-workspace');
  scene.azure.grant(scene.ada.aadObjectId, 'Microsoft Sentinel Contributor', workspace?.id ?? '');
  const dialog = await ticked(scene, { connectors: (await idsOf(scene, 'Three', 'Elsewhere')).join(', ') });
  scene.azure.revoke(scene.ada.aadObjectId, 'Microsoft Sentinel Contributor', workspace?.id);
  await dialog.submit({ confirm: 'delete 2' });
  assert.match(dialog.text, /Nothing was deleted yet\. Type “delete 1” to delete exactly those listed here/);
  assert.match(dialog.text, /Elsewhere.*is not deleted/);
  assert.deepEqual(await left(scene), ['Elsewhere', 'Three']);
  await dialog.submit({ confirm: 'delete 1' });
  assert.match(dialog.sentence, /^Removing Three:/);
  assert.deepEqual(await left(scene), ['Elsewhere']);
});
