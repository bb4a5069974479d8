import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { actionsIn, bringsEvents, closeServer, type Scene } from '../scene/scene.ts';
import { sharedScene } from '../scene/shared.ts';
import { textOf } from '../sims/teams/cards.ts';
import type { Message } from '../sims/teams/tenant.ts';

const open = sharedScene({}, async (scene) => {
  await scene.connected();
  scene.azure.grant(scene.ben.aadObjectId, 'Log Analytics Reader', scene.workspace.id);
});
after(closeServer);

const table = (scene: Scene) => scene.azure.table(scene.workspace, 'OktaSystemLogs_CL');

async function verify(scene: Scene): Promise<{ message: Message; text: string }> {
  const message = await scene.ask(scene.ben, 'verify Acme');
  return { message, text: message.cards.map(textOf).join('\n') };
}

async function again(scene: Scene, message: Message): Promise<string> {
  const action = actionsIn(message.cards).find(({ title }) => title === 'Look again') ?? assert.fail('no Look again');
  const answer = await scene.teams.execute(scene.ben, scene.channel, message, action);
  return answer.kind === 'card' ? textOf(answer.card) : assert.fail(JSON.stringify(answer));
}

/** Lets what Azure has taken become visible. */
const later = (scene: Scene) => scene.clock.advance(5 * 60_000);

test('verify compares what was sent with what is visible, shows the newest rows by their outside and leads to the portal', async () => {
  const scene = open();
  await scene.poll();
  later(scene);
  const { message, text } = await verify(scene);
  assert.match(text, /Verify Acme\n✓ All that was sent is visible/);
  assert.match(text, /Events sent: 5\nRows visible: 5\nMissing so far: none\nDuplicates: none/);
  assert.match(text, /Newest event: .*\nNewest arrival: .*\nDelay: from Okta to visible|Delay: not known yet/);
  assert.match(text, /Newest rows\n(\S+.* ago|just now) · [\w.]+ · (Success|Failure|NA|Partial)/);
  const link = String(actionsIn(message.cards).find(({ type }) => type === 'Action.OpenUrl')?.url);
  assert.match(link, /^https:\/\/portal\.azure\.com\/#@[\w-]+\/blade\/.*\/resourceId\/%2Fsubscriptions/);
  const packed = decodeURIComponent(/\/q\/([^/]+)/.exec(link)?.[1] ?? '');
  assert.match(gunzipSync(Buffer.from(packed, 'base64')).toString(), /^OktaSystemLogs_CL\n\| where ConnectorId == "/);
});

test('what Azure has just taken is on its way, and not missing', async () => {
  const scene = open();
  scene.org.publishMade(4);
  await scene.poll();
  // As if Azure had them still to index.
  let left = 4;
  assert.equal(
    table(scene).drop(() => left-- > 0),
    4,
  );
  const { text } = await verify(scene);
  assert.match(text, /◐ 4 on their way, the rest is visible/);
  assert.match(text, /Missing so far: 4, 4 of them sent in the last 20 minutes/);
});

test('rows that are gone after Azure took them are missing, and what came twice is counted', async () => {
  const scene = open();
  await scene.poll();
  later(scene);
  scene.azure.faults.add({ where: 'ingestion', when: bringsEvents, times: 1, do: 'lost-answer' });
  scene.org.publishMade(3);
  await scene.poll();
  await scene.poll();
  scene.clock.advance(30 * 60_000);
  await scene.poll();
  const twice = (await verify(scene)).text;
  assert.match(twice, /Duplicates: 3 rows, .* %; at most 3 may have been sent twice/);
  let left = 2;
  assert.equal(
    table(scene).drop(() => left-- > 0),
    2,
  );
  scene.clock.advance(30 * 60_000);
  const { text } = await verify(scene);
  assert.match(text, /▲ \d are missing/);
  assert.match(text, /A transformation, a daily cap or a deleted table/);
});

test('when Azure takes long, the answer says so at once, and the next look has it', async () => {
  const scene = open();
  const end = scene.azure.faults.add({ where: 'query', do: { delayMs: 20_000 } });
  const { message, text } = await verify(scene);
  assert.match(text, /Azure is still counting.*press Look again/s);
  scene.clock.advance(21_000);
  end();
  assert.match(await again(scene, message), /Events sent: \d+/);
});

test('what Azure refuses is said in words, with what to do', async () => {
  const scene = open();
  scene.azure.faults.add({
    where: 'query',
    do: {
      status: 403,
      body: {
        error: { code: 'InsufficientAccessError', message: 'The provided credentials have insufficient access' },
      },
    },
  });
  const { text } = await verify(scene);
  assert.match(text, /▲ .*\n/);
  assert.match(text, /1\. /);
  assert.match(text, /For support: .*InsufficientAccessError/);
});

test('only those who may query the workspace themselves are told', async () => {
  const scene = open();
  scene.azure.revoke(scene.ben.aadObjectId, 'Log Analytics Reader', scene.workspace.id);
  const { text } = await verify(scene);
  assert.match(text, /Not possible, Ben Reader.*Log Analytics Reader/s);
});
