import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { actionsIn, closeServer, Scene } from '../scene/scene.ts';
import { type Card, textOf } from '../sims/teams/cards.ts';
import type { Message, User } from '../sims/teams/tenant.ts';

after(closeServer);

type Shown = { message: Message; text: string };

/** The card of an answer or a press, and its text. */
function shownOn(message: Message, card: Card | undefined): Shown {
  const cards = card ? [card] : message.cards;
  return { message: { ...message, cards }, text: cards.map(textOf).join('\n') };
}

async function presses(scene: Scene, user: User, { message }: Shown, title: string): Promise<Shown | string> {
  const action = actionsIn(message.cards).find((each) => each.title === title) ?? assert.fail(`no button ${title}`);
  const answer = await scene.teams.execute(user, scene.channel, message, action);
  return answer.kind === 'card' ? shownOn(message, answer.card as Card) : textOfAnswer(answer);
}

const textOfAnswer = (answer: unknown) => JSON.stringify(answer);

async function card(scene: Scene, user: User, on: Shown, title: string): Promise<Shown> {
  const answer = await presses(scene, user, on, title);
  return typeof answer === 'string' ? assert.fail(answer) : answer;
}

/** The text of a function in the workspace. */
function textIn(scene: Scene, alias: string): string | undefined {
  return [...scene.workspace.savedSearches.values()].find(({ functionAlias }) => functionAlias === alias)?.query;
}

test('who may write there saves OktaSSO, so that what calls it sees the data, and takes it back', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  const { azure, ada, ben, workspace } = scene;
  azure.addAlertRule(workspace, { displayName: 'Okta MFA fatigue', query: 'OktaSSO | where eventType_s has "mfa"' });
  azure.grant(ben.aadObjectId, 'Microsoft Sentinel Reader', workspace.id);
  const content = async (user: User) => shownOn(await scene.ask(user, 'content Acme'), undefined);

  const seen = await content(ben);
  assert.match(seen.text, /✕ Okta MFA fatigue/);
  assert.match(
    String(await presses(scene, ben, seen, 'Change functions…')),
    /soc-workspace: you lack .*savedSearches\/write/,
  );

  const plan = await card(scene, ada, await content(ada), 'Change functions…');
  assert.match(
    plan.text,
    /OktaSSO\nIs not in the workspace\. It would be saved with this text\.\nIts text\nPatchbayOktaSSO/,
  );
  assert.equal(textIn(scene, 'OktaSSO'), undefined, 'shown first');
  const done = await card(scene, ada, plan, 'Save it');
  assert.match(done.text, /✓ OktaSSO is saved/);
  assert.equal(textIn(scene, 'OktaSSO'), 'PatchbayOktaSSO');
  assert.match((await content(ada)).text, /✓ Okta MFA fatigue/);

  assert.match(
    String(await presses(scene, ben, done, 'Take it back')),
    /soc-workspace: you lack .*savedSearches\/write/,
  );
  const back = await card(scene, ada, done, 'Take it back');
  assert.match(back.text, /✓ OktaSSO is deleted again/);
  assert.equal(textIn(scene, 'OktaSSO'), undefined);
  const audit = shownOn(await scene.ask(ada, 'audit Acme'), undefined).text;
  assert.match(audit, /Ada \S+ saved OktaSSO in the workspace of/);
  assert.match(audit, /Ada \S+ deleted OktaSSO in the workspace of/);
  assert.match(audit, /Ben Reader .*change functions of the workspace of/);
  assert.deepEqual(azure.unexpected, []);
});

test('an OktaSSO that is there gets one line more, with its text before and after, and is then as it was', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  const { azure, ada, workspace } = scene;
  const query = 'union isfuzzy=true Okta_CL, OktaV2_CL\n| where isnotempty(TimeGenerated)';
  azure.addSearch(workspace, { displayName: 'SSO', functionAlias: 'OktaSSO', query });
  const content = shownOn(await scene.ask(ada, 'content Acme'), undefined);
  const plan = await card(scene, ada, content, 'Change functions…');
  assert.match(
    plan.text,
    /Before\nunion isfuzzy=true Okta_CL, OktaV2_CL\n.*\nAfter\nunion .*\n.*\n\| union isfuzzy=true \(PatchbayOktaSSO\)/,
  );
  const done = await card(scene, ada, plan, 'Add the line');
  assert.equal(textIn(scene, 'OktaSSO'), `${query}\n| union isfuzzy=true (PatchbayOktaSSO)`);
  const [kept] = [...workspace.savedSearches.values()].filter(({ functionAlias }) => functionAlias === 'OktaSSO');
  assert.deepEqual([kept?.displayName, kept?.category], ['SSO', 'SOC'], 'nothing else of it is changed');
  await card(scene, ada, done, 'Take it back');
  assert.equal(textIn(scene, 'OktaSSO'), query);
});

test('what was changed by somebody else since it was shown is shown anew, and not written over', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  const { azure, ada, workspace } = scene;
  azure.addSearch(workspace, { displayName: 'SSO', functionAlias: 'OktaSSO', query: 'Okta_CL' });
  const content = shownOn(await scene.ask(ada, 'content Acme'), undefined);
  const plan = await card(scene, ada, content, 'Change functions…');
  const [kept] = [...workspace.savedSearches.values()].filter(({ functionAlias }) => functionAlias === 'OktaSSO');
  Object.assign(kept ?? {}, { query: 'OktaV2_CL', etag: 'another' });
  const anew = await card(scene, ada, plan, 'Add the line');
  assert.equal(textIn(scene, 'OktaSSO'), 'OktaV2_CL');
  assert.match(anew.text, /Before\nOktaV2_CL\nAfter\nOktaV2_CL\n\| union/);
  assert.doesNotMatch(anew.text, /✓/);

  azure.faults.add({ where: 'arm', when: ({ method }) => method === 'PUT', times: 4, do: { status: 503 } });
  assert.match(
    String(await presses(scene, ada, anew, 'Add the line')),
    /could not be read or changed: .*Press “Change functions…” again/,
  );
  const audit = shownOn(await scene.ask(ada, 'audit Acme'), undefined).text;
  assert.match(audit, /may have changed a function in the workspace of/, 'an answer that is lost hides nothing');
});
