import assert from 'node:assert/strict';
import { newTable } from '../sims/azure/estate.ts';
import { press } from '../sims/teams/cards.ts';
import type { Message } from '../sims/teams/tenant.ts';
import { actionsIn, Dialogue, type Scene } from './scene.ts';

/**
 * A connector is made on a table that others have made, so that it is read and extended by what was read; it is fed,
 * changed and deleted. The simulator's own answers are checked too, and nobody has lost a column.
 */
export async function liveThrough(scene: Scene): Promise<void> {
  const { azure } = scene;
  azure.checkAnswers = true;
  const theirs = [
    { name: 'TimeGenerated', type: 'datetime' as const },
    { name: 'Theirs', type: 'string' as const },
  ];
  scene.workspace.tables.set('oktasystemlogs_cl', newTable('OktaSystemLogs_CL', theirs, scene.clock.now()));
  await scene.connected();
  const open = async (message: Message, dialog: string) => {
    const action = actionsIn(message.cards).find(({ data }) => (data as { dialog?: string })?.dialog === dialog);
    return Dialogue.open(scene, scene.ada, message, action?.data as Record<string, unknown>);
  };
  const manage = await open(await scene.ask(scene.ada, 'manage Acme'), 'manage');
  await manage.submit({}, { data: press(manage.page, 'Save', { interval: '300' }).data });
  assert.match(manage.sentence, /^Acme was changed/);
  const removal = await open(await scene.ask(scene.ada, 'delete Acme'), 'delete');
  await removal.submit({ confirm: 'Acme' });
  await scene.eventually('select 1 as done where not exists (select from connectors)');

  const table = scene.workspace.tables.get('oktasystemlogs_cl');
  assert.ok(table?.columns.some(({ name }) => name === 'Theirs') && table.columns.length > 50, 'nobody lost a column');
  assert.deepEqual(azure.unexpected, []);
}
