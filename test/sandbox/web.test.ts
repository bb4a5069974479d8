import assert from 'node:assert/strict';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { after, before, test } from 'node:test';
import { OktaOrg } from '../sims/okta/org.ts';
import type { Channel, PersonalChat, User } from '../sims/teams/tenant.ts';
import { Teams } from '../sims/teams.ts';
import { appGroups, newApp } from './apps.ts';
import { markdown, messageText, plain } from './client/text.ts';
import type { Notice, Push } from './client/wire.ts';
import type { Panel } from './control.ts';
import { startWeb } from './web.ts';

const used: unknown[] = [];
const org = new OktaOrg('acme.okta.com', Date.now, 120);
const panel: Panel = {
  clock: () => ({ now: Date.parse('2026-03-02T09:00:00Z'), speed: 60 }),
  sections: () => [
    {
      title: 'Okta',
      controls: [
        { id: 'revoke', kind: 'toggle', label: 'Revoke', value: false, run: (value) => void used.push(value) },
        {
          id: 'rate',
          kind: 'slider',
          label: 'Rate',
          value: 1,
          min: 0,
          max: 9,
          step: 1,
          run: (rate) => void used.push(rate),
        },
        { id: 'fail', kind: 'button', label: 'Fail', run: () => Promise.reject(new Error('cannot')) },
      ],
    },
    { title: 'Apps', controls: [newApp(org, 'new-app')], groups: appGroups(org) },
  ],
};

let teams: Teams;
let web: Awaited<ReturnType<typeof startWeb>>;
let ada: User;
let chat: PersonalChat;
let channel: Channel;
const bot = createServer((_request, response) => {
  response.writeHead(200);
  response.end();
});

before(async () => {
  teams = await Teams.open({ appId: randomUUID(), tenantId: randomUUID(), now: Date.now });
  ada = teams.addUser({ name: 'Ada' });
  chat = teams.personalChat(ada);
  channel = teams.addTeam('SOC').addChannel('Alerts');
  bot.listen(0, '127.0.0.1');
  await once(bot, 'listening');
  const address = bot.address();
  assert.ok(typeof address === 'object' && address);
  teams.connect(`http://127.0.0.1:${address.port}/`);
  await teams.install(chat);
  await teams.install(channel.team, { by: ada });
  web = await startWeb({ teams, panel, port: 0, hostname: '127.0.0.1', note: () => 'may connect' });
});

after(async () => {
  await web.close();
  await teams.close();
  bot.close();
});

/** One raw request: fetch would not let a test lie about the host. */
async function ask(path: string, headers: Record<string, string>, body?: string): Promise<number> {
  const sent = request(new URL(path, web.url), { method: body === undefined ? 'GET' : 'POST', headers });
  sent.end(body);
  const [response] = await once(sent, 'response');
  response.resume();
  return response.statusCode;
}

const post = (path: string, body: object) =>
  fetch(new URL(path, web.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user: ada.id, ...body }),
  });

async function* pushes(user: User): AsyncGenerator<Push> {
  const stop = new AbortController();
  const response = await fetch(`${web.url}events?user=${encodeURIComponent(user.id)}`, { signal: stop.signal });
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of response.body ?? []) {
      rest += decoder.decode(chunk, { stream: true });
      const events = rest.split('\n\n');
      rest = events.pop() ?? '';
      for (const event of events) yield JSON.parse(event.slice('data: '.length));
    }
  } finally {
    stop.abort();
  }
}

test('it listens on loopback only', async () => {
  for (const hostname of ['0.0.0.0', '::', '192.168.0.4', 'example.com', '127.0.0.1.example.com']) {
    await assert.rejects(startWeb({ teams, panel, port: 0, hostname }), /loopback only/);
  }
});

test('a request under another name, or from a page of another origin, is refused', async () => {
  const json = { 'content-type': 'application/json' };
  assert.equal(await ask('/', { host: 'rebound.example.com' }), 421);
  assert.equal(await ask('/', { host: '127.0.0.1.example.com' }), 421);
  assert.equal(await ask('/events', { host: 'localhost:1', origin: 'https://example.com' }), 403);
  assert.equal(await ask('/panel', { ...json, origin: 'http://127.0.0.1:1' }, '{"id":"revoke","value":true}'), 403);
  assert.equal(await ask('/panel', { ...json, origin: 'null' }, '{"id":"revoke","value":true}'), 403);
  assert.equal(await ask('/panel', { 'content-type': 'text/plain' }, '{"id":"revoke","value":true}'), 415);
  assert.deepEqual(used, []);
});

test('the page and its modules are served without types, and nothing else is', async () => {
  const page = await fetch(web.url);
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'self'/);
  assert.match(await page.text(), /client\.ts/);
  const module = await fetch(`${web.url}dom.ts`);
  assert.equal(module.headers.get('content-type'), 'text/javascript; charset=utf-8');
  assert.doesNotMatch(await module.text(), /: HTMLElement|interface /);
  assert.equal((await fetch(`${web.url}adaptivecards.js`)).status, 200);
  for (const path of ['/../web.ts', '/%2e%2e/web.ts', '/..%2fweb.ts', '/package.json', '/none.ts']) {
    assert.equal(await ask(path, {}), 404, path);
  }
});

test('a person sees everything at first, then only what changed, and never the chats of others', async () => {
  const ben = teams.addUser({ name: 'Ben' });
  const stream = pushes(ada);
  const first = (await stream.next()).value as Push;
  assert.deepEqual(
    first.conversations.map(({ name }) => name),
    ['Patchbay', 'General', 'Alerts'],
  );
  assert.equal(first.users[0]?.note, 'may connect');
  assert.equal(first.panel.speed, 60);
  await teams.say(ben, teams.personalChat(ben), 'secret of Ben');
  await post('/say', { conversation: channel.id, text: 'hello <at>Patchbay</at>' });
  for await (const push of stream) {
    assert.ok(!JSON.stringify(push).includes('secret of Ben'));
    if (push.messages.length === 0) continue;
    assert.deepEqual(
      push.messages.map(({ text }) => text),
      ['hello <at>Patchbay</at>'],
    );
    break;
  }
});

test('controls of the panel are run with values of their kind only, and a failure is told', async () => {
  await post('/panel', { id: 'revoke', value: true });
  await post('/panel', { id: 'rate', value: 99 });
  assert.deepEqual(used, [true, 9]);
  assert.equal((await post('/panel', { id: 'revoke', value: 'yes' })).status, 400);
  assert.deepEqual(await (await post('/panel', { id: 'fail' })).json(), { text: 'cannot', failed: true });
  assert.deepEqual(used, [true, 9]);
});

/** Uses a control, and says what the page shows then of it. */
async function use(id: string, value?: unknown): Promise<Notice> {
  return (await post('/panel', { id, value })).json() as Promise<Notice>;
}

/** The service apps as a page that is opened now shows them: facts in words, switches that are on, ids of what is there to use. */
async function shownApps() {
  const stream = pushes(ada);
  const { panel: shown } = (await stream.next()).value as Push;
  await stream.return(undefined);
  return (shown.sections[1]?.groups ?? []).map(({ title, facts, controls }) => ({
    title,
    facts: facts.map(({ label, text }) => `${label}: ${text}`),
    on: controls.flatMap((one) => (one.kind === 'toggle' && one.value ? one.label : [])),
    clientId: facts.find(({ copy }) => copy)?.text ?? '',
    remove: facts.flatMap(({ remove }) => remove?.id ?? []),
  }));
}

test('a service app comes of a pasted public key, and does what its switches say', async () => {
  const key = (kid: string) => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const text = (half: typeof publicKey) => JSON.stringify({ ...half.export({ format: 'jwk' }), kid }, null, 2);
    return { public: text(publicKey), private: text(privateKey) };
  };
  const first = key('first');
  for (const [wrong, sentence] of [
    ['  ', 'Paste a public key first.'],
    ['-----BEGIN PUBLIC KEY-----', /no JSON/],
    [first.private, /private part/],
  ] as const) {
    const { text = '', failed } = await use('new-app', wrong);
    assert.ok(failed && !text.includes(String(JSON.parse(first.private).d)));
    if (typeof sentence === 'string') assert.equal(text, sentence);
    else assert.match(text, sentence);
  }
  assert.deepEqual(await shownApps(), []);

  assert.match((await use('new-app', first.public)).text ?? '', /Copy its client ID/);
  const [app] = await shownApps();
  const id = app?.clientId ?? '';
  assert.match(id, /^0oa\w{17}$/);
  assert.deepEqual(app?.facts, [`Client ID: ${id}`, 'Key: first', 'Asked for tokens: 0 given, 0 refused']);
  assert.deepEqual(app?.on, ['Scope okta.logs.read granted', 'Admin role assigned', 'DPoP required']);

  for (const [name, value] of [
    ['scope', false],
    ['role', false],
    ['dpop', false],
    ['inactive', true],
  ] as const)
    await use(`${name}-${id}`, value);
  assert.deepEqual((await shownApps())[0]?.on, ['Deactivated']);
  assert.deepEqual(org.apps.find(id)?.active, false);

  assert.match((await use(`add-key-${id}`, first.public)).text ?? '', /already/);
  await use(`add-key-${id}`, key('second').public);
  const [both] = await shownApps();
  assert.deepEqual(both?.facts.slice(1, 3), ['Key: first', 'Key: second']);
  for (const remove of both?.remove ?? []) await use(remove);
  assert.equal((await shownApps())[0]?.facts[1], 'Key: none');
  assert.ok((await use(both?.remove[0] ?? '')).failed, 'what is gone is not to be removed again');
});

test('nobody presses a card in a conversation or message that does not exist', async () => {
  assert.equal((await post('/execute', { conversation: 'x', message: '1', action: {} })).status, 400);
  assert.equal((await post('/dialog/fetch', { conversation: chat.id, message: '1', data: {} })).status, 400);
  assert.equal((await post('/say', { conversation: chat.id, text: 'x'.repeat(300_000) })).status, 400);
});

test('Markdown is what Teams shows of it, and foreign text stays text', () => {
  assert.equal(markdown('**a** and *b* and _c_'), '<p><strong>a</strong> and <em>b</em> and <em>c</em></p>');
  assert.equal(markdown('<img src=x onerror=alert(1)>'), '<p>&lt;img src=x onerror=alert(1)&gt;</p>');
  assert.equal(markdown('[a](javascript:alert(1))'), '<p>[a](javascript:alert(1))</p>');
  assert.match(markdown('[a](https://x.example/?q=*1*)'), /<a href="https:\/\/x\.example\/\?q=\*1\*" .*>a<\/a>/);
  assert.equal(markdown('[a](https://x.example/"onclick="alert(1))').includes('"onclick'), false);
  assert.equal(markdown('\\*not bold\\* 2\\_3'), '<p>*not bold* 2_3</p>');
  assert.equal(markdown('- a\n- b'), '<ul><li>a</li><li>b</li></ul>');
  assert.equal(markdown('snake_case_name and 2*3*4'), '<p>snake_case_name and 2*3*4</p>');
  assert.equal(messageText('<at>Patchbay</at> **x**', false), '<p><span class="mention">Patchbay</span> **x**</p>');
  assert.equal(plain('**Okta** [here](https://x.example)'), 'Okta here');
});
