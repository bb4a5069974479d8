import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { after, before, beforeEach, test } from 'node:test';
import {
  type Activity,
  CardFactory,
  CloudAdapter,
  ConfigurationBotFrameworkAuthentication,
  type ConversationReference,
  MessageFactory,
  type TaskModuleResponse,
  TeamsActivityHandler,
  TeamsInfo,
  TurnContext,
} from 'botbuilder';
import { ServiceClientCredentialsFactory } from 'botframework-connector';
import { createServer, plugins, type Server } from 'restify';
import { Teams } from '../teams.ts';
import { type Card, FieldsRefused, press, record, textOf } from './cards.ts';
import type { Forgery } from './courier.ts';
import { refusals } from './faults.ts';
import type { Channel, Message, PersonalChat, Team, User } from './tenant.ts';

const appId = randomUUID();
const tenantId = randomUUID();
const clock = { now: Date.parse('2026-03-02T09:00:00Z') };

const page = (card: Card, title = 'Connect') => ({
  task: { type: 'continue', value: { title, width: 'medium', height: 'medium', card: CardFactory.adaptiveCard(card) } },
});
const button = { type: 'Action.Submit', title: 'Connect', data: { msteams: { type: 'task/fetch' }, flow: 'connect' } };
const domain = { type: 'Input.Text', id: 'domain', label: 'Domain', isRequired: true, errorMessage: 'Which org?' };
const next = { type: 'Action.Submit', title: 'Next', data: { step: 1 } };

const cards = {
  plain: { type: 'AdaptiveCard', version: '1.5', body: [{ type: 'TextBlock', text: 'Connectors' }], actions: [button] },
  first: { type: 'AdaptiveCard', version: '1.5', body: [domain], actions: [next] },
  refreshing: (id: string) => ({
    ...cards.plain,
    refresh: { action: { type: 'Action.Execute', verb: 'view' }, userIds: [id] },
  }),
};

class Credentials extends ServiceClientCredentialsFactory {
  override async isValidAppId(id?: string) {
    return id === appId;
  }
  override async isAuthenticationDisabled() {
    return false;
  }
  override async createCredentials() {
    const signRequest = async <R extends { headers: { set(name: string, value: string): void } }>(request: R) => {
      request.headers.set('authorization', 'Bearer of-the-bot');
      return request;
    };
    return { signRequest } as Awaited<ReturnType<ServiceClientCredentialsFactory['createCredentials']>>;
  }
}

/** The smallest bot that uses each thing the simulator offers; what it received is kept for the tests. */
class Bot extends TeamsActivityHandler {
  readonly received: Partial<Activity>[] = [];
  slow: Promise<void> | undefined;

  protected override async onTurnActivity(context: TurnContext) {
    this.received.push(context.activity);
    await this.slow;
    await super.onTurnActivity(context);
  }

  protected override async onMessageActivity(context: TurnContext) {
    const said = TurnContext.removeRecipientMention(context.activity)?.trim();
    if (said === 'card') await context.sendActivity(MessageFactory.attachment(CardFactory.adaptiveCard(cards.plain)));
    else if (said === 'refreshing') {
      const card = cards.refreshing(context.activity.from.id);
      await context.sendActivity(MessageFactory.attachment(CardFactory.adaptiveCard(card)));
    } else if (context.activity.value) await context.sendActivity(`got ${JSON.stringify(context.activity.value)}`);
    else await context.sendActivity(`you said ${said}`);
  }

  protected override async handleTeamsTaskModuleFetch() {
    return page(cards.first) as TaskModuleResponse;
  }

  protected override async handleTeamsTaskModuleSubmit(_context: TurnContext, { data }: { data?: Card }) {
    if (data?.domain === 'close') return undefined as never;
    if (data?.domain === 'bare')
      return { task: { type: 'continue', value: { title: 'x', card: cards.first } } } as never;
    if (data?.domain === 'throw') throw new Error('boom');
    return { task: { type: 'message' as const, value: `thanks for ${data?.domain}` } };
  }

  protected override async onAdaptiveCardInvoke(context: TurnContext, value: { action: { verb: string } }) {
    if (value.action.verb === 'text') {
      return { statusCode: 200, type: 'application/vnd.microsoft.activity.message', value: 'done' } as never;
    }
    const card = { ...cards.plain, body: [{ type: 'TextBlock', text: `for ${context.activity.from.name}` }] };
    return { statusCode: 200, type: 'application/vnd.microsoft.card.adaptive', value: card } as never;
  }
}

let teams: Teams;
let server: Server;
let adapter: CloudAdapter;
let bot: Bot;
let ada: User;
let chat: PersonalChat;
let soc: Team;
let alerts: Channel;

before(async () => {
  teams = await Teams.open({ appId, tenantId, now: () => clock.now, tokenNow: Date.now, botName: 'Patchbay' });
  const authentication = new ConfigurationBotFrameworkAuthentication(
    {
      MicrosoftAppId: appId,
      MicrosoftAppType: 'SingleTenant',
      MicrosoftAppTenantId: tenantId,
      ToChannelFromBotLoginUrl: 'https://login.microsoftonline.com/botframework.com',
      ToChannelFromBotOAuthScope: 'https://api.botframework.com/.default',
      ToBotFromChannelTokenIssuer: 'https://api.botframework.com',
      OAuthUrl: 'https://api.botframework.com',
      ToBotFromChannelOpenIdMetadataUrl: teams.openIdMetadataUrl,
      ToBotFromEmulatorOpenIdMetadataUrl: teams.openIdMetadataUrl,
      CallerId: 'urn:botframework:azure',
    },
    new Credentials(),
  );
  adapter = new CloudAdapter(authentication);
  bot = new Bot();
  server = createServer();
  server.use(plugins.bodyParser());
  server.post('/api/messages', async (req, res) => adapter.process(req, res, (context) => bot.run(context)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  teams.connect(`http://127.0.0.1:${server.address().port}/api/messages`);
  ada = teams.addUser({ name: 'Ada Okafor' });
  chat = teams.personalChat(ada);
  soc = teams.addTeam('SOC');
  alerts = soc.addChannel('Sentinel alerts');
  await teams.install(chat);
  await teams.install(soc, { by: ada, channel: alerts });
});

beforeEach(() => {
  clock.now += 3_600_000;
  bot.received.length = 0;
  teams.violations.length = 0;
});

after(async () => {
  await teams.close();
  server.close();
});

const say = (text: string) => teams.say(ada, chat, text);

async function post(text: string): Promise<Message> {
  const message = (await say(text)).answers.at(-1);
  assert.ok(message);
  return message;
}

function reference(activity: Partial<Activity> | undefined): Partial<ConversationReference> {
  assert.ok(activity);
  return TurnContext.getConversationReference(activity);
}

/** Sends outside a turn, as alerts do; what Teams refused is the answer. */
async function proactively(to: Partial<ConversationReference>, act: (context: TurnContext) => Promise<unknown>) {
  await adapter.continueConversationAsync(appId, to, async (context) => {
    await act(context);
  });
}

test('a message in the personal chat reaches the bot under a checked token and the answer is kept', async () => {
  const { status, answers, delivered } = await say('hello');
  assert.deepEqual([status, delivered], [200, true]);
  assert.equal(answers[0]?.text, 'you said hello');
  assert.equal(answers[0]?.replyTo, undefined);
  assert.equal(teams.messages(chat).at(-1), answers[0]);
  assert.equal(bot.received[0]?.from?.aadObjectId, ada.aadObjectId);
  assert.equal(bot.received[0]?.conversation?.tenantId, tenantId);
});

test('every forged token is refused and reaches no handler', async () => {
  const tokens: [Forgery, number][] = [
    ['no token', 401],
    ['wrong key', 500],
    ['unknown key id', 401],
    ['wrong audience', 401],
    ['wrong issuer', 401],
    ['expired', 401],
    ['other serviceUrl claim', 401],
    ['unsigned', 500],
  ];
  for (const [forged, expected] of tokens) {
    const { status } = await teams.say(ada, chat, 'hello', { forged });
    assert.equal(status, expected, forged);
  }
  assert.equal(bot.received.length, 0);
});

test('what the SDK lets through is sent as asked: emulator token, other tenant, empty fields, replay', async () => {
  for (const forged of ['emulator', 'other tenant', 'empty channelId', 'no from', 'no aadObjectId'] as const) {
    await teams.say(ada, chat, 'hello', { forged });
  }
  assert.equal(bot.received.length, 5);
  assert.equal(bot.received[1]?.channelData.tenant.id, bot.received[1]?.conversation?.tenantId);
  assert.notEqual(bot.received[1]?.channelData.tenant.id, tenantId);
  assert.equal(bot.received[2]?.channelId, '');
  assert.deepEqual([bot.received[3]?.from, bot.received[4]?.from?.aadObjectId], [undefined, undefined]);
  const first = await say('once');
  const again = await teams.replay(first);
  assert.equal(again.status, 200);
  assert.equal(bot.received.at(-1)?.id, bot.received.at(-2)?.id);
});

test('an empty serviceUrl passes the token check with an invoke', async () => {
  const message = await post('card');
  const dialog = await teams.fetchDialog(ada, chat, message, {}, { forged: 'empty serviceUrl' });
  assert.equal(dialog.kind, 'card');
});

test('a channel message without a mention is not delivered; with one the answer lands in its thread', async () => {
  const silent = await teams.say(ada, alerts, 'anyone here?');
  assert.deepEqual([silent.delivered, bot.received.length], [false, 0]);
  const { answers } = await teams.say(ada, alerts, 'status', { mention: true });
  const asked = teams.messages(alerts).at(-2);
  assert.equal(answers[0]?.text, 'you said status');
  assert.equal(answers[0]?.replyTo, asked?.id);
  assert.equal(bot.received[0]?.conversation?.id, `${alerts.id};messageid=${asked?.id}`);
  const inThread = await teams.say(ada, alerts, 'more', { mention: true, replyTo: answers[0] as Message });
  assert.equal(inThread.answers[0]?.replyTo, asked?.id);
});

test('a mention may be followed by a hard blank, which the SDK leaves in the text', async () => {
  const { answers } = await teams.say(ada, alerts, 'status', { mention: true, nbsp: true });
  assert.equal(answers[0]?.text, 'you said &nbsp;status');
});

test('installing tells the bot twice, without names, in the channel that was chosen', async () => {
  const other = teams.addTeam('Other');
  const room = other.addChannel('Room');
  const deliveries = await teams.install(other, { by: ada, channel: room });
  assert.deepEqual(
    deliveries.map(({ status }) => status),
    [200, 200],
  );
  assert.deepEqual(
    bot.received.map(({ type }) => type),
    ['installationUpdate', 'conversationUpdate'],
  );
  assert.equal(bot.received[1]?.conversation?.id, room.id);
  assert.deepEqual(bot.received[1]?.membersAdded, [{ id: `28:${appId}` }]);
  await teams.uninstall(other, { by: ada });
  assert.equal(bot.received[2]?.action, 'remove');
  assert.deepEqual(bot.received[3]?.membersRemoved, [{ id: `28:${appId}` }]);
});

test('a dialog opens from a card, checks its fields, and ends as message, closed, blank or unreachable', async () => {
  const message = await post('card');
  const { data } = press(cards.plain, 'Connect');
  const dialog = await teams.fetchDialog(ada, chat, message, data);
  assert.ok(dialog.kind === 'card');
  assert.deepEqual([dialog.title, dialog.width], ['Connect', 'medium']);
  assert.throws(() => press(dialog.card, 'Next'), new FieldsRefused({ domain: 'Which org?' }));
  const submit = (typed: string) =>
    teams.submitDialog(ada, chat, dialog, press(dialog.card, 'Next', { domain: typed }).data);
  const thanks = await submit('acme');
  assert.ok(thanks.kind === 'message');
  assert.equal(thanks.text, 'thanks for acme');
  assert.deepEqual(record(bot.received.at(-1)?.value).data, { step: 1, domain: 'acme' });
  assert.equal((await submit('close')).kind, 'closed');
  assert.deepEqual(teams.violations, []);
  assert.equal((await submit('bare')).kind, 'error');
  assert.match(teams.violations[0] ?? '', /blank/);
  const failed = await submit('throw');
  assert.ok(failed.kind === 'error');
  assert.equal(failed.text, 'Unable to reach app');
});

test('an answered Action.Execute changes the card for its presser until the bot edits the message', async () => {
  const ben = teams.addUser({ name: 'Ben' });
  const { answers } = await teams.say(ada, alerts, 'card', { mention: true });
  const message = answers[0] as Message;
  const seen = (user: User) => textOf(teams.cardsFor(user, message)[0] as Card);
  const pressed = await teams.execute(ada, alerts, message, { verb: 'view' });
  assert.equal(pressed.kind, 'card');
  assert.match(seen(ada), /for Ada Okafor/);
  assert.match(seen(ben), /Connectors/);
  const text = await teams.execute(ada, alerts, message, { verb: 'text' });
  assert.ok(text.kind === 'message');
  assert.equal(text.text, 'done');
  const edit = { ...MessageFactory.attachment(CardFactory.adaptiveCard(cards.first)), id: message.id };
  await proactively(reference(bot.received[0]), (context) => context.updateActivity(edit));
  assert.match(seen(ada), /Domain/);
  assert.equal(message.edits, 1);
  assert.equal(message.editedAt, clock.now);
});

test('a card with refresh asks for the view of the people it lists, once a minute', async () => {
  const message = await post('refreshing');
  bot.received.length = 0;
  await teams.look(ada, chat);
  await teams.look(ada, chat);
  assert.equal(bot.received.length, 1);
  assert.equal(record(bot.received[0]?.value).trigger, 'automatic');
  assert.match(textOf(teams.cardsFor(ada, message)[0] as Card), /for Ada/);
});

test('Action.Submit outside a dialog is a message with a value and no text', async () => {
  const message = await post('card');
  const { answers } = await teams.submitCard(ada, chat, message, { choice: 'a' });
  assert.equal(answers[0]?.text, 'got {"choice":"a"}');
  assert.equal(bot.received.at(-1)?.replyToId, message.id);
});

test('a proactive post begins a thread, a reply keeps it, and both can be edited and deleted', async () => {
  await teams.say(ada, alerts, 'hello', { mention: true });
  const inThread = reference(bot.received[0]);
  const conversation = { ...inThread.conversation, id: alerts.id } as ConversationReference['conversation'];
  let id = '';
  await proactively({ ...inThread, conversation }, async (context) => {
    id = (await context.sendActivity('alert'))?.id ?? '';
    await context.updateActivity({ type: 'message', id, text: 'recovered' });
  });
  const message = teams.messages(alerts).find((one) => one.id === id);
  assert.deepEqual([message?.text, message?.replyTo, message?.edits], ['recovered', undefined, 1]);
  await proactively(inThread, (context) => context.sendActivity('detail'));
  assert.equal(teams.messages(alerts).at(-1)?.replyTo, bot.received[0]?.id);
  await proactively({ ...inThread, conversation }, (context) => context.deleteActivity(id));
  assert.equal(
    teams.messages(alerts).find((one) => one.id === id),
    undefined,
  );
});

test('createConversation posts into a channel and opens a personal chat with somebody who has the app', async () => {
  const bot28 = { id: `28:${appId}`, name: 'Patchbay' };
  const activity = MessageFactory.text('new post') as Activity;
  const create = async (parameters: object): Promise<string> => {
    let id = '';
    await adapter.createConversationAsync(appId, 'msteams', teams.url, 'x', parameters as never, async (context) => {
      id = context.activity.conversation.id;
    });
    return id;
  };
  const id = await create({ isGroup: true, bot: bot28, channelData: { channel: { id: alerts.id } }, activity });
  assert.equal(id, `${alerts.id};messageid=${teams.messages(alerts).at(-1)?.id}`);
  assert.equal(teams.messages(alerts).at(-1)?.text, 'new post');
  assert.equal(await create({ isGroup: false, bot: bot28, members: [{ id: ada.id }], tenantId }), chat.id);
});

test('roster, team and channels answer through the SDK, one member by both ids', async () => {
  teams.addUser({ name: 'Guest Gus', role: 'guest', tenantId: randomUUID() });
  await teams.say(ada, alerts, 'hello', { mention: true });
  await proactively(reference(bot.received[0]), async (context) => {
    Object.assign(context.activity, { channelData: bot.received[0]?.channelData });
    assert.equal((await TeamsInfo.getMember(context, ada.aadObjectId)).userRole, 'user');
    assert.equal((await TeamsInfo.getMember(context, ada.id)).tenantId, tenantId);
    assert.equal((await TeamsInfo.getTeamDetails(context)).name, 'SOC');
    const names = (await TeamsInfo.getTeamChannels(context)).map(({ name }) => name);
    assert.deepEqual(names, [undefined, 'Sentinel alerts']);
    const { members } = await TeamsInfo.getPagedMembers(context, 100);
    assert.equal(members.find(({ name }) => name === 'Guest Gus')?.userRole, 'guest');
    await assert.rejects(TeamsInfo.getMember(context, randomUUID()), /No such member|not found/i);
  });
});

test('where the app is not installed, or is blocked, the bot may not write', async () => {
  await say('hello');
  const to = reference(bot.received[0]);
  const refused = (code: string) =>
    assert.rejects(
      proactively(to, (context) => context.sendActivity('x')),
      { code },
    );
  chat.blocked = true;
  await refused('MessageWritesBlocked');
  chat.blocked = false;
  await proactively(to, (context) => context.sendActivity('back'));
  await teams.uninstall(chat);
  await refused('MessageWritesBlocked');
  assert.equal((await say('anyone?')).delivered, false);
  await teams.install(chat);
  const stranger = teams.addTeam('Strangers').addChannel('Room');
  const conversation = { ...to.conversation, id: stranger.id } as ConversationReference['conversation'];
  await assert.rejects(
    proactively({ ...to, conversation }, (context) => context.sendActivity('x')),
    {
      code: 'BotNotInConversationRoster',
    },
  );
  await assert.rejects(teams.say(ada, stranger, 'hello', { mention: true }), /no app in Strangers \/ Room/);
});

test('the eighth message within a second is refused', async () => {
  await say('hello');
  const to = reference(bot.received[0]);
  teams.throttle.saysRetryAfter = false;
  await assert.rejects(
    proactively(to, async (context) => {
      for (let i = 0; i < 8; i += 1) await context.sendActivity(`${i}`);
    }),
    { statusCode: 429 },
  );
  teams.throttle.saysRetryAfter = true;
  clock.now += 60_000;
});

test('faults hit the calls they are meant for, as often as asked', async () => {
  await say('hello');
  const to = reference(bot.received[0]);
  const send = (text = 'x') => proactively(to, (context) => context.sendActivity(text));
  teams.faults.add({ times: 1, do: refusals.throttled(undefined) });
  await assert.rejects(send(), { statusCode: 429 });
  teams.faults.add({ times: 1, do: refusals.preconditionFailed });
  await assert.rejects(send(), { statusCode: 412 });
  teams.faults.add({ times: 1, do: refusals.conversationNotFound });
  await assert.rejects(send(), { code: 'ConversationNotFound' });
  const forThreads = teams.faults.add({ when: ({ method }) => method === 'PUT', do: 'reset' });
  await send();
  forThreads.remove();
  assert.equal(forThreads.hits, 0);
});

test('a lost answer makes the SDK send again, so the message is there twice', async () => {
  await say('hello');
  const lost = teams.faults.add({ times: 1, do: 'lost-answer' });
  await proactively(reference(bot.received[0]), (context) => context.sendActivity('twice?'));
  assert.equal(lost.hits, 1);
  assert.equal(teams.messages(chat).filter(({ text }) => text === 'twice?').length, 2);
});

test('a bot that takes too long is unreachable to the person and hears the same invoke again', async () => {
  const message = await post('card');
  bot.received.length = 0;
  let finish = () => {};
  bot.slow = new Promise((resolve) => {
    finish = resolve;
  });
  // Also the time in which the first delivery has to arrive, on a machine that is busy with other things.
  teams.deadlineMs = 2_000;
  const dialog = await teams.fetchDialog(ada, chat, message, {});
  assert.ok(dialog.kind === 'error');
  assert.equal(dialog.text, 'Unable to reach app');
  teams.deadlineMs = 15_000;
  finish();
  bot.slow = undefined;
  await teams.until(() => bot.received.length === 2);
  assert.equal(bot.received[0]?.id, bot.received[1]?.id);
});

test('a message over 100 KB of UTF-16 is refused', async () => {
  await say('hello');
  const to = reference(bot.received[0]);
  await assert.rejects(
    proactively(to, (context) => context.sendActivity('x'.repeat(60_000))),
    { statusCode: 413 },
  );
});

test('cards that Teams would show wrongly are recorded', async () => {
  const send = async (card: Card) => {
    teams.violations.length = 0;
    clock.now += 60_000;
    await proactively(reference(bot.received[0]), (context) =>
      context.sendActivity(MessageFactory.attachment(CardFactory.adaptiveCard(card))),
    );
    return teams.violations.join('\n');
  };
  await say('hello');
  const body = (...elements: object[]) => ({ type: 'AdaptiveCard', version: '1.5', body: elements });
  assert.match(await send({ ...body(), version: '1.6' }), /version "1.6"/);
  assert.match(await send(body({ type: 'TextBlok', text: 'x' })), /Unknown element type "TextBlok"/);
  const left = '{name}';
  assert.match(await send(body({ type: 'TextBlock', text: `hello $${left}` })), /unresolved .*\$\{name\}/);
  assert.match(await send(body({ ...domain, errorMessage: undefined })), /should have an error message/);
  assert.match(await send(body(domain, domain)), /Duplicate Id "domain"/);
  assert.match(await send(body({ type: 'TextBlock', text: 'x', color: 'purple' })), /Invalid value "purple"/);
  assert.match(await send({ ...body(), actions: Array(7).fill(next) }), /7 buttons/);
  assert.match(
    await send(body({ type: 'RichTextBlock', inlines: [], wrap: true })),
    /RichTextBlock has no property "wrap"/,
  );
  const execute = { type: 'Action.Execute', title: 'Retry', verb: 'retry' };
  assert.match(await send({ ...body(), actions: [execute] }), /Action.Execute without a fallback/);
  assert.equal(
    await send({ ...body(), actions: [{ ...execute, fallback: 'drop' }], refresh: { action: execute } }),
    '',
  );
  assert.match(await send(body({ type: 'Chart.Line', data: [] })), /Chart.Line without a fallback/);
  const fallback = { type: 'TextBlock', text: 'no chart' };
  assert.equal(await send(body({ type: 'Chart.Line', data: [], fallback })), '');
});

test('every body that came from the bot is kept, and calls without a credential are refused', async () => {
  await say('a canary');
  assert.ok(teams.traffic.some(({ kind, body }) => kind === 'request' && body.includes('you said a canary')));
  const response = await fetch(`${teams.url}v3/conversations/${chat.id}/members`);
  assert.equal(response.status, 401);
});
