import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { actionsIn, closeServer, Dialogue, type Scene } from '../scene/scene.ts';
import { sharedAcme } from '../scene/shared.ts';
import { type Card, textOf } from '../sims/teams/cards.ts';
import type { Message } from '../sims/teams/tenant.ts';

const acme = sharedAcme();
after(closeServer);

const help = /What Patchbay can do/;
const list = /My connectors/;
const status = /Acme.*Connected/s;

function said(message: Message | undefined): string {
  return message?.cards.map(textOf).join(' ') ?? '';
}

const typed: [text: string, says: RegExp][] = [
  [', connectors', list],
  [': connectors', list],
  [' — Connectors!', list],
  ['Help!', help],
  ['HELP', help],
  ['hi', help],
  ['Hello, Patchbay!', help],
  ['', help],
  ['?', help],
  ['/help', help],
  ['connector', list],
  ['stat Acme', status],
  ['status: Acme', status],
  ['status “Acme”', status],
  ['status «acme»', status],
  ['status „Acme“', status],
  ['"status Acme"', status],
  ['sta\u200btus\u00a0Ac\u00adme\u200e', status],
  ['\ufeffconnectors\u2060', list],
  ['thanks!', /You’re welcome.*“help”/s],
  ['Thank you, Patchbay.', /You’re welcome/],
  ['ok', /You’re welcome/],
  ['alerts list!', /Alerts do not come here|Some alerts come here/],
  ['digest?', /No digest comes here/],
  ['connectors acme.', /matching “acme”/],
  ['unmute here!', /not muted here/],
  ['connect acme.okta.com.', /Your Okta domain: acme\.okta\.com/],
  ['connect something', /such as contoso\.okta\.com/],
  ['conn', /“conn” can be connect or connectors/],
  ['stauts Acme', /“stauts” is no command.*Did you mean status/],
  ['weather', /“weather” is no command.*Say “help”/],
];

test('what is typed after the mention is understood however it is punctuated, quoted, cut short or copied', async () => {
  const scene = acme();
  for (const [text, says] of typed) {
    assert.match(said(await scene.ask(scene.ben, text)).replaceAll('\\', ''), says, JSON.stringify(text));
  }
});

test('the domain that is typed behind connect stands in the dialog', async () => {
  const scene = acme();
  const message = await scene.ask(scene.ada, 'connect https://contoso.okta.com/app/UserHome');
  const button = actionsIn(message.cards).find(({ title }) => title === 'Connect a connector');
  const dialog = await Dialogue.open(scene, scene.ada, message, button?.data as Card);
  assert.match(dialog.text, /"id":"domain"[^}]*"value":"contoso\.okta\.com"/);
});

test('alerts, a digest and a mute are had with a mark at the end of the sentence too', async () => {
  const scene = acme();
  for (const [text, says] of [
    ['alerts here!', /Alerts come here/],
    ['alerts off.', /Some alerts come here/],
    ['digest 08:00.', /A digest comes each day at 08:00/],
    ['digest off!', /No digest comes here any more/],
    ['mute Acme 2h!', /Acme is muted/],
    ['unmute Acme!', /not muted any more/],
  ] as const)
    assert.match(said(await scene.ask(scene.ada, text)), says, text);
});

test('every command that Teams lists is answered, in any case', async () => {
  const scene = acme();
  const manifest = JSON.parse(readFileSync(new URL('../../manifest/manifest.json', import.meta.url), 'utf8'));
  const listed: { title: string }[] = manifest.bots[0].commandLists[0].commands;
  for (const { title } of [...listed, { title: 'hi' }, { title: 'hello' }]) {
    for (const text of [title, title.toUpperCase()]) {
      assert.doesNotMatch(said(await scene.ask(scene.ben, text)), /no command of mine|went wrong/, text);
    }
  }
});

test('the bot is heard by whatever name it is mentioned', async () => {
  const scene = acme();
  const { bot } = scene.teams.tenant;
  const mention = (text?: string) => ({ type: 'mention', mentioned: { id: bot.id, name: 'Patch & Bay' }, text });
  for (const [text, entities] of [
    ['<at>Patch & Bay</at> status Acme', [mention()]],
    ['<at>Patch &amp; Bay</at>&nbsp;status Acme', [mention('<at>Patch & Bay</at>')]],
    ['<at>Patch</at> <at>Bay</at> status Acme', [mention('<at>Patch</at>'), mention('<at>Bay</at>')]],
    ['<at>Patch & Bay</at> status <at>Patch & Bay</at> Acme', [mention(), mention()]],
    ['@Patchbay, status Acme', []],
  ] as const) {
    const { answers } = await scene.teams.deliver(scene.ben, scene.channel, { text, entities });
    assert.match(said(answers.at(-1)), status, text);
  }
});

/** Presses the button of that title on a question. */
async function choose(scene: Scene, question: Message, title: string): Promise<void> {
  const action = actionsIn(question.cards).find((one) => one.title === title);
  assert.ok(action, JSON.stringify(question.cards));
  const answer = await scene.teams.execute(scene.ben, scene.channel, question, action);
  assert.equal(answer.kind, 'card');
}

test('a suggestion is run by its button alone, and its answer takes the place of the question for everybody', async () => {
  const scene = acme();
  const question = await scene.ask(scene.ben, 'stauts Acme');
  await choose(scene, question, 'status Acme');
  assert.match(said(question), status);
  const ambiguous = await scene.ask(scene.ben, 'conn');
  await choose(scene, ambiguous, 'connectors');
  assert.match(said(ambiguous), list);
  assert.deepEqual(scene.teams.violations, []);
});

test('a guest who presses what a member was offered learns that it is for members', async () => {
  const scene = acme();
  const question = await scene.ask(scene.ben, 'stauts Acme');
  const action = actionsIn(question.cards)[0] as Card;
  const answer = await scene.teams.execute(scene.guest, scene.channel, question, action);
  assert.match(answer.kind === 'message' ? answer.text : '', /Guests can only read the help/);
  assert.match(said(question), /Did you mean status/);
});

test('the host is taken out of an address that was pasted, and the first page says so while it is shown', async () => {
  const scene = acme();
  const wizard = await scene.openWizard(scene.ada);
  const pasted = 'https://acme.okta.com/app/UserHome?session_hint=AUTHENTICATED\u200b';
  await wizard.submit({ name: '', domain: pasted, key: scene.token });
  assert.match(wizard.text, /I took acme.*from the address that you pasted.*"value":"acme\.okta\.com"/s);
  await wizard.submit({ name: 'Sec\u200bond\u00ad', domain: pasted, key: `00${'w'.repeat(40)}` });
  assert.match(
    wizard.text,
    /I took acme.*from the address that you pasted.*"value":"Second".*does not take this token/s,
  );
  await wizard.submit({ name: 'Second', domain: `acme.ok\u00adta.com\u200e`, key: `\u2060SSWS ${scene.token}\ufeff` });
  assert.match(wizard.text, /Step 2 of 3.*The token works/s);
  assert.doesNotMatch(wizard.text, /I took/);
});
