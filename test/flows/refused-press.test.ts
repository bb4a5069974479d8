import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { actionsIn, closeServer, type Scene } from '../scene/scene.ts';
import { sharedAcme } from '../scene/shared.ts';
import type { Card } from '../sims/teams/cards.ts';
import type { Message, User } from '../sims/teams/tenant.ts';

const acme = sharedAcme();
after(closeServer);

/** A press that must be refused: by whom, what is broken for it (undone afterwards), what is pressed instead, and what is said. */
type Refused = {
  who: (scene: Scene) => User;
  breaks?: (scene: Scene) => Promise<{ remove(): unknown }>;
  pressed?: Card;
  says: RegExp;
};

const refused = new Map<string, Refused>([
  ['a guest', { who: ({ guest }) => guest, says: /Guests can only read the help/ }],
  [
    'a member whose roster can’t be read',
    {
      who: ({ teams }) => teams.addUser({ name: 'Eve Early' }),
      breaks: async ({ teams }) =>
        teams.faults.add({ when: ({ path }) => path.includes('/members/'), do: { status: 503 } }),
      says: /could not read who is a member/,
    },
  ],
  ['a member without the rights', { who: ({ ben }) => ben, says: /you lack Log Analytics Contributor/ }],
  [
    'a member whose rights can’t be read',
    {
      who: ({ ada }) => ada,
      breaks: async ({ azure }) => ({ remove: azure.faults.add({ where: 'arm', do: { status: 403 } }) }),
      says: /rights in Azure could not be read/,
    },
  ],
  [
    'a button of an older card',
    { who: ({ ada }) => ada, pressed: { verb: 'constructor' }, says: /older version of Patchbay/ },
  ],
  [
    'a connector that is gone',
    { who: ({ ada }) => ada, pressed: { verb: 'retry', data: { connector: 'x' } }, says: /does not exist any more/ },
  ],
  [
    'a fault of our own',
    {
      who: ({ ada }) => ada,
      breaks: async (scene) => {
        scene.mayFail = true;
        await scene.rows('alter table audit rename to audit_away');
        return { remove: () => scene.rows('alter table audit_away rename to audit') };
      },
      says: /went wrong on my side.*under [0-9a-f]{8}\./,
    },
  ],
]);

async function alerted(scene: Scene): Promise<{ alert: Message; retry: Card }> {
  scene.org.revoke(scene.token);
  await scene.poll();
  const alert = await scene.card('Okta refuses the API token', 'Retry');
  const retry = actionsIn(alert.cards).find(({ title }) => title === 'Retry');
  assert.ok(retry);
  return { alert, retry };
}

for (const [what, { who, breaks, pressed, says }] of refused) {
  test(`three presses by ${what} leave the card, post nothing, and say why beside it`, async () => {
    const scene = acme();
    const { alert, retry } = await alerted(scene);
    const user = who(scene);
    const mend = await breaks?.(scene);
    const before = scene.teams.messages(scene.channel).length;
    const shown = scene.teams.cardsFor(user, alert);
    for (let press = 0; press < 3; press++) {
      const answer = await scene.teams.execute(user, scene.channel, alert, { ...retry, ...pressed });
      assert.match(answer.kind === 'message' ? answer.text : answer.kind, says);
      const [, id] = /under (\w+)\./.exec(answer.kind === 'message' ? answer.text : '') ?? [];
      if (id) assert.ok(scene.logLines.some((line) => line.includes(id) && line.includes('audit')));
    }
    await mend?.remove();
    assert.equal(scene.teams.messages(scene.channel).length, before);
    assert.deepEqual(scene.teams.cardsFor(user, alert), shown);
    assert.deepEqual(scene.teams.violations, []);
  });
}
