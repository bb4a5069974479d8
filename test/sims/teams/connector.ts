import { type Card, cardsIn, faultsOf, list, record } from './cards.ts';
import { type Refusal, refusals } from './faults.ts';
import { type Conversation, isClosed, isInstalled, type Message, nameOf, type Tenant, type User } from './tenant.ts';
import type { CallKind } from './throttle.ts';

/** One call of the bot, its path split and its body parsed. */
export interface ConnectorCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** What a call counts as and does: `thread` is what its rate is counted against. */
export interface Operation {
  readonly kind: CallKind;
  readonly thread: string;
  run(): Refusal;
}

/** What the Bot Connector needs to answer. */
export interface Connector {
  readonly tenant: Tenant;
  readonly serviceUrl: string;
  violation(sentence: string): void;
}

type Handler = (connector: Connector, ids: string[], call: ConnectorCall) => Refusal;

const routes: { method: string; path: RegExp; kind: CallKind; handle: Handler }[] = [
  { method: 'POST', path: /^v3\/conversations$/, kind: 'send', handle: createConversation },
  { method: 'POST', path: /^v3\/conversations\/([^/]+)\/activities$/, kind: 'send', handle: send },
  { method: 'POST', path: /^v3\/conversations\/([^/]+)\/activities\/([^/]+)$/, kind: 'send', handle: send },
  { method: 'PUT', path: /^v3\/conversations\/([^/]+)\/activities\/([^/]+)$/, kind: 'other', handle: update },
  { method: 'DELETE', path: /^v3\/conversations\/([^/]+)\/activities\/([^/]+)$/, kind: 'other', handle: remove },
  { method: 'GET', path: /^v3\/conversations\/([^/]+)\/members$/, kind: 'read', handle: members },
  { method: 'GET', path: /^v3\/conversations\/([^/]+)\/pagedmembers$/, kind: 'read', handle: pagedMembers },
  { method: 'GET', path: /^v3\/conversations\/([^/]+)\/members\/([^/]+)$/, kind: 'read', handle: member },
  { method: 'GET', path: /^v3\/teams\/([^/]+)$/, kind: 'read', handle: team },
  { method: 'GET', path: /^v3\/teams\/([^/]+)\/conversations$/, kind: 'read', handle: channels },
];

/** Finds what a call of the Bot Connector's REST interface asks for; undefined when there is no such call. */
export function operation(connector: Connector, call: ConnectorCall): Operation | undefined {
  for (const { method, path, kind, handle } of routes) {
    const ids = method === call.method ? path.exec(call.path)?.slice(1).map(decodeURIComponent) : undefined;
    if (!ids) continue;
    const place = ids[0] ?? String(record(record(record(call.body).channelData).channel).id ?? 'create');
    return { kind, thread: place.split(';')[0] ?? place, run: () => handle(connector, ids, call) };
  }
  return undefined;
}

function createConversation({ tenant, ...connector }: Connector, _ids: string[], call: ConnectorCall): Refusal {
  const body = record(call.body);
  const channelId = record(record(body.channelData).channel).id;
  if (typeof channelId === 'string') {
    const place = tenant.find(channelId);
    if (place?.conversation.kind !== 'channel' || place.thread) return refusals.conversationNotFound;
    if (!body.activity) return refusals.badSyntax('a channel conversation begins with an activity');
    const answer = send({ tenant, ...connector }, [channelId], { ...call, body: body.activity });
    if (answer.status !== 201) return answer;
    const { id } = record(answer.body);
    const conversation = { id: `${channelId};messageid=${id}`, activityId: id, serviceUrl: connector.serviceUrl };
    return { status: 201, body: conversation };
  }
  const user = findUser(tenant, String(record(list(body.members)[0]).id));
  if (!user || list(body.members).length !== 1) return refusals.badSyntax('members names one person of the tenant');
  const chat = tenant.personalChat(user);
  if (!isInstalled(chat)) return refusals.notInRoster;
  if (body.activity) {
    const answer = send({ tenant, ...connector }, [chat.id], { ...call, body: body.activity });
    if (answer.status !== 201) return answer;
  }
  return { status: 201, body: { id: chat.id } };
}

function send(connector: Connector, [id = '']: string[], { body }: ConnectorCall): Refusal {
  const { tenant } = connector;
  const place = tenant.find(id);
  if (!place) return refusals.conversationNotFound;
  const { conversation, thread } = place;
  const refusal = refusedIn(conversation);
  if (refusal) return refusal;
  // Which post a reply goes under rests on `;messageid=` alone: the id after /activities/ may be any.
  if (thread !== undefined && !tenant.message(conversation, thread)) return refusals.conversationNotFound;
  const activity = record(body);
  if (activity.type === 'typing') {
    tenant.setTyping(conversation);
    return { status: 201, body: { id: tenant.newId() } };
  }
  const content = read(connector, conversation, activity);
  if ('status' in content) return content;
  const answerTo = typeof activity.replyToId === 'string' ? activity.replyToId : undefined;
  const message = tenant.post({ conversation, from: 'bot', replyTo: thread, answerTo, ...content });
  return { status: 201, body: { id: message.id } };
}

function update(connector: Connector, [id = '', activityId = '']: string[], { body }: ConnectorCall): Refusal {
  const found = own(connector.tenant, id, activityId);
  if ('status' in found) return found;
  const content = read(connector, found.conversation, record(body));
  if ('status' in content) return content;
  connector.tenant.edit(found, content);
  return { status: 200, body: { id: activityId } };
}

function remove({ tenant }: Connector, [id = '', activityId = '']: string[]): Refusal {
  const found = own(tenant, id, activityId);
  if ('status' in found) return found;
  tenant.remove(found);
  // A 201 would be an error to the SDK.
  return { status: 200 };
}

function members({ tenant }: Connector, [id = '']: string[]): Refusal {
  const people = membersOf(tenant, id);
  return people ? { status: 200, body: people.map(rosterEntry) } : refusals.conversationNotFound;
}

function pagedMembers({ tenant }: Connector, [id = '']: string[], { query }: ConnectorCall): Refusal {
  const people = membersOf(tenant, id);
  if (!people) return refusals.conversationNotFound;
  const size = Math.min(Math.max(Number(query.get('pageSize') ?? 200), 50), 500);
  const from = Number(query.get('continuationToken') ?? 0);
  const next = from + size < people.length ? { continuationToken: String(from + size) } : {};
  return { status: 200, body: { members: people.slice(from, from + size).map(rosterEntry), ...next } };
}

function member({ tenant }: Connector, [id = '', userId = '']: string[]): Refusal {
  const people = membersOf(tenant, id);
  if (!people) return refusals.conversationNotFound;
  const user = findUser(tenant, userId);
  if (!user || !people.includes(user)) {
    return { status: 404, body: { error: { code: 'MemberNotFoundInConversation', message: 'No such member.' } } };
  }
  return { status: 200, body: rosterEntry(user) };
}

function team({ tenant }: Connector, [id = '']: string[]): Refusal {
  const found = tenant.teams.find((one) => one.id === id && one.installed);
  if (!found) return refusals.conversationNotFound;
  const { name, aadGroupId } = found;
  const counts = { channelCount: found.channels.length, memberCount: tenant.users.length };
  return { status: 200, body: { id, name, aadGroupId, type: 'standard', tenantId: tenant.id, ...counts } };
}

function channels({ tenant }: Connector, [id = '']: string[]): Refusal {
  const found = tenant.teams.find((one) => one.id === id && one.installed);
  if (!found) return refusals.conversationNotFound;
  // Teams leaves out the name of General, because each client shows it in its own language.
  const conversations = found.channels.map((channel) =>
    channel.id === id ? { id, type: 'standard' } : { id: channel.id, name: channel.name, type: 'standard' },
  );
  return { status: 200, body: { conversations } };
}

function refusedIn(conversation: Conversation): Refusal | undefined {
  if (conversation.kind === 'personal' && (conversation.blocked || !conversation.installed)) return refusals.blocked;
  if (isClosed(conversation)) return refusals.conversationNotFound;
  return isInstalled(conversation) ? undefined : refusals.notInRoster;
}

function own(tenant: Tenant, id: string, activityId: string): Message | Refusal {
  const place = tenant.find(id);
  if (!place) return refusals.conversationNotFound;
  const refusal = refusedIn(place.conversation);
  if (refusal) return refusal;
  const message = tenant.message(place.conversation, activityId);
  if (!message) return refusals.activityNotFound;
  if (message.from !== 'bot')
    return { status: 403, body: { error: { code: 'Forbidden', message: 'Not your message.' } } };
  return message;
}

/** About 100 KB, counted as UTF-16: learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages */
const largest = 100 * 1024;

type Said = Pick<Message, 'text' | 'summary' | 'cards'>;

function read(connector: Connector, place: Conversation, activity: Card): Said | Refusal {
  if (Buffer.byteLength(JSON.stringify(activity), 'utf16le') > largest) return refusals.tooBig;
  if (activity.type !== 'message') return refusals.badSyntax(`an activity of type ${activity.type}`);
  const text = activity.text ?? '';
  if (typeof text !== 'string') return refusals.badSyntax('text is not a string');
  let cards: Card[];
  try {
    cards = cardsIn(activity.attachments);
  } catch (error) {
    return refusals.badSyntax(String(error));
  }
  if (text === '' && cards.length === 0) return refusals.badSyntax('a message has text or attachments');
  const mentions = list(activity.entities).map(record);
  for (const [markup] of text.matchAll(/<at>.*?<\/at>/g)) {
    if (!mentions.some((entity) => entity.type === 'mention' && entity.text === markup)) {
      connector.violation(`${nameOf(place)}: ${markup} has no mention entity of exactly that text`);
    }
  }
  const faults = cards.flatMap((card) => faultsOf(card, 'message'));
  for (const fault of faults) connector.violation(`${nameOf(place)}: ${fault}`);
  const { summary } = activity;
  return { text, ...(typeof summary === 'string' && { summary }), cards };
}

function membersOf(tenant: Tenant, id: string): User[] | undefined {
  const conversation = tenant.find(id)?.conversation;
  if (!conversation || !isInstalled(conversation)) return undefined;
  return conversation.kind === 'personal' ? [conversation.user] : tenant.users;
}

function findUser(tenant: Tenant, id: string): User | undefined {
  return tenant.users.find((user) => user.id === id || user.aadObjectId === id);
}

function rosterEntry(user: User): Card {
  const [givenName, ...rest] = user.name.split(' ');
  return {
    id: user.id,
    name: user.name,
    givenName,
    surname: rest.join(' '),
    aadObjectId: user.aadObjectId,
    objectId: user.aadObjectId,
    email: user.email,
    userPrincipalName: user.email,
    tenantId: user.tenantId,
    userRole: user.role,
  };
}
