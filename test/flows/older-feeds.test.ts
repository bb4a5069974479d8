import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeServer, type Scene } from '../scene/scene.ts';
import { sharedAcme } from '../scene/shared.ts';

const acme = sharedAcme();
after(closeServer);

const hour = 3_600_000;

async function status(scene: Scene, name = 'Acme'): Promise<string> {
  return JSON.stringify((await scene.ask(scene.ben, `status "${name}"`)).cards);
}

/** Ids of events that our table holds of the last hours. */
function ids(scene: Scene): string[] {
  return scene.azure
    .table(scene.workspace, 'OktaSystemLogs_CL')
    .rows.map(({ EventOriginalUid }) => `${EventOriginalUid}`);
}

/** Counts the questions for rows of older connectors. */
function counted(scene: Scene): { looks: number } {
  const seen = { looks: 0 };
  const look = (call: { body: unknown }) => {
    if (String(call.body).includes('OktaV2_CL')) seen.looks++;
    return false;
  };
  scene.azure.faults.add({ where: 'query', when: look, do: { status: 500 } });
  return seen;
}

/** Lets the next look come, after so long. */
async function look(scene: Scene, afterMs: number): Promise<void> {
  scene.clock.advance(afterMs);
  scene.org.publishMade(3);
  await scene.poll();
  await scene.eventually(`select 1 as done from older_feeds where due_at > $1`, [new Date(scene.clock.now())]);
}

test('a workspace without older connectors has nothing to tell of, though their tables are not there', async () => {
  const scene = acme();
  const seen = counted(scene);
  await look(scene, hour);
  assert.equal(seen.looks, 1);
  assert.deepEqual(await scene.rows('select found from older_feeds'), [{ found: [] }]);
  assert.doesNotMatch(await status(scene), /Also arriving/);
  await scene.poll();
  assert.equal(seen.looks, 1, 'once a day');
});

test('older connectors that bring the same events are told of in status, found by one query a day', async () => {
  const scene = acme();
  scene.clock.advance(22 * hour);
  scene.org.publishMade(3);
  await scene.poll();
  const own = ids(scene).slice(-3);
  scene.azure.addRows(
    scene.workspace,
    'Okta_CL',
    own.map((uuid_g) => ({ uuid_g: uuid_g.toUpperCase() })),
  );
  scene.azure.addRows(scene.workspace, 'OktaV2_CL', [
    { EventOriginalUid: own[0] },
    { EventOriginalUid: 'of-another-org' },
  ]);
  const seen = counted(scene);
  await look(scene, 2 * hour);
  assert.match(
    await status(scene),
    /Also arriving.*the same events in Okta_CL, 3 rows in the last day; OktaV2_CL, 1 row in the last day: double cost and double alerts\. Remove the older connector\./,
  );
  assert.equal(seen.looks, 1);
  assert.deepEqual(await scene.rows('select * from incidents'), [], 'nobody is alarmed');
});

test('a part of an answer and a refusal say nothing, and what was known is told for two days', async () => {
  const scene = acme();
  const asked = ({ body }: { body: Buffer }) => String(body).includes('OktaV2_CL');
  const names = ['Source', 'ConnectorId', 'Rows'];
  const columns = names.map((name) => ({ name, type: name === 'Rows' ? 'long' : 'string' }));
  const [{ id } = { id: '' }] = await scene.rows<{ id: string }>('select id from connectors');
  const error = { code: 'PartialError', message: 'There were some errors when processing your query.' };
  const part = { tables: [{ name: 'PrimaryResult', columns, rows: [['OktaSystemLogs', id, 9]] }], error };
  scene.azure.faults.add({ where: 'query', when: asked, times: 1, do: { status: 200, body: part } });
  scene.azure.faults.add({ where: 'query', when: asked, do: { status: 403 } });
  await look(scene, 25 * hour);
  assert.match(await status(scene), /Also arriving/);
  assert.doesNotMatch(await status(scene), /same events in OktaSystemLogs, 9/);
  await look(scene, 25 * hour);
  assert.doesNotMatch(await status(scene), /Also arriving/);
});
