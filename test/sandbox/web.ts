import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import type { AddressInfo } from 'node:net';
import { record } from '../sims/teams/cards.ts';
import { type Conversation, isInstalled, type Message, type User } from '../sims/teams/tenant.ts';
import type { Teams } from '../sims/teams.ts';
import type { Json, Notice, Push, WireControl, WireDialog, WireFact, WireMessage } from './client/wire.ts';

/** What stands in the panel beside Teams; its sections are read again after every change and once a second. */
export interface Panel {
  /** The world's time in milliseconds, and how many times faster than real time it runs. */
  clock(): { now: number; speed: number };
  sections(): Section[];
}

export interface Section {
  title: string;
  hint?: string;
  controls: Control[];
  facts?: WireFact[];
}

type WithRun<C> = C extends { value: infer V } ? C & { run(value: V): unknown } : C & { run(): unknown };

/** A control of the panel and what using it does; a text that comes of `run`, or the promise of one, is shown for a moment. */
export type Control = WithRun<WireControl>;

export interface WebOptions {
  teams: Teams;
  panel: Panel;
  port: number;
  hostname: string;
  /** One line about a person's rights, shown where people are switched. */
  note?(user: User): string;
}

/** Serves the sandbox's Teams look-alike; only to this machine, and only to its own pages. */
export async function startWeb(options: WebOptions): Promise<{ url: string; close(): Promise<void> }> {
  if (!isLoopback(options.hostname))
    throw new Error(`the sandbox listens on loopback only, not on ${options.hostname}`);
  const web = new Web(options);
  const server = createServer((request, response) => void web.serve(request, response));
  server.listen(options.port, options.hostname);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    web.close();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return {
    url: `http://${options.hostname.includes(':') ? `[${options.hostname}]` : options.hostname}:${port}/`,
    close,
  };
}

function isLoopback(hostname: string): boolean {
  return /^(127\.\d+\.\d+\.\d+|localhost|\[?::1\]?)$/.test(hostname);
}

const renderer = createRequire(import.meta.url).resolve('adaptivecards/dist/adaptivecards.min.js');
const largestBody = 256 * 1024;
const security = {
  'content-security-policy':
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

type Asked = { user: User; conversation: Conversation; message: Message | undefined; body: Json };

class Web {
  readonly #teams: Teams;
  readonly #panel: Panel;
  readonly #note: (user: User) => string;
  readonly #watchers = new Set<() => void>();
  readonly #tick: NodeJS.Timeout;
  readonly #changed = () => {
    for (const push of this.#watchers) push();
  };
  readonly #actions = new Map<string, (asked: Asked) => Promise<WireDialog | Notice>>([
    ['/say', (asked) => this.#say(asked)],
    ['/dialog/fetch', (asked) => this.#dialog(asked, 'fetchDialog')],
    ['/dialog/submit', (asked) => this.#dialog(asked, 'submitDialog')],
    ['/execute', (asked) => this.#execute(asked)],
    ['/submit', (asked) => this.#submit(asked)],
    ['/look', (asked) => this.#look(asked)],
    ['/install', (asked) => this.#install(asked)],
  ]);

  constructor({ teams, panel, note = () => '' }: WebOptions) {
    this.#teams = teams;
    this.#panel = panel;
    this.#note = note;
    teams.on('change', this.#changed);
    this.#tick = setInterval(this.#changed, 1000);
  }

  close(): void {
    clearInterval(this.#tick);
    this.#teams.off('change', this.#changed);
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const host = request.headers.host ?? '';
    const { origin } = request.headers;
    // A page of another site may resolve its own name to 127.0.0.1: only the names of loopback get an answer.
    if (!isLoopback(host.replace(/:\d+$/, ''))) return answer(response, 421, 'not for this host');
    if (origin !== undefined && origin !== `http://${host}`) return answer(response, 403, 'not from this origin');
    const url = new URL(request.url ?? '/', `http://${host}`);
    try {
      if (request.method === 'GET' && url.pathname === '/events') {
        const { users } = this.#teams.tenant;
        const user = users.find(({ id }) => id === url.searchParams.get('user')) ?? users[0];
        return user ? this.#watch(user, request, response) : answer(response, 404, 'nobody is here');
      }
      if (request.method === 'GET') return await file(url.pathname, response);
      if (request.method !== 'POST') return answer(response, 405, 'GET or POST');
      if (!request.headers['content-type']?.startsWith('application/json')) return answer(response, 415, 'JSON only');
      const body = record(JSON.parse(await read(request)));
      answer(response, 200, await this.#act(url.pathname, body));
    } catch (error) {
      answer(response, 400, { text: error instanceof Error ? error.message : String(error), failed: true });
    }
  }

  async #act(path: string, body: Json): Promise<WireDialog | Notice> {
    if (path === '/panel') return this.#use(String(body.id), body.value);
    const act = this.#actions.get(path);
    const user = this.#teams.tenant.users.find(({ id }) => id === body.user);
    const conversation = this.#teams.conversations.find(({ id }) => id === body.conversation);
    if (!act || !user || !conversation) throw new Error('no such action, person or conversation');
    const message = this.#teams.messages(conversation).find(({ id }) => id === body.message);
    return act({ user, conversation, message, body });
  }

  async #use(id: string, value: unknown): Promise<Notice> {
    const controls = this.#panel.sections().flatMap((section) => section.controls);
    const control = controls.find((one) => one.id === id);
    if (!control) throw new Error('no such control');
    const text = await (control.kind === 'button' ? control.run() : run(control, value));
    this.#changed();
    return typeof text === 'string' && text ? { text } : {};
  }

  async #say({ user, conversation, message, body }: Asked): Promise<Notice> {
    const text = String(body.text);
    const delivery = await this.#teams.say(user, conversation, text, message ? { replyTo: message } : {});
    return delivery.delivered && delivery.status >= 300 ? unreachable : {};
  }

  async #dialog(
    { user, conversation, message, body }: Asked,
    door: 'fetchDialog' | 'submitDialog',
  ): Promise<WireDialog> {
    if (!message) throw new Error('no such message');
    const data = record(body.data);
    const outcome = await (door === 'fetchDialog'
      ? this.#teams.fetchDialog(user, conversation, message, data)
      : this.#teams.submitDialog(user, conversation, { message }, data));
    const { message: _from, delivery: _how, ...dialog } = outcome;
    return dialog;
  }

  async #execute({ user, conversation, message, body }: Asked): Promise<Notice> {
    if (!message) throw new Error('no such message');
    const outcome = await this.#teams.execute(user, conversation, message, record(body.action));
    if (outcome.kind === 'error') return { text: outcome.text, failed: true };
    return outcome.kind === 'message' ? { text: outcome.text } : {};
  }

  async #submit({ user, conversation, message, body }: Asked): Promise<Notice> {
    if (!message) throw new Error('no such message');
    const { status } = await this.#teams.submitCard(user, conversation, message, record(body.data));
    return status >= 300 ? unreachable : {};
  }

  async #look({ user, conversation }: Asked): Promise<Notice> {
    await this.#teams.look(user, conversation);
    return {};
  }

  async #install({ user, conversation }: Asked): Promise<Notice> {
    const isChat = conversation.kind === 'personal';
    await this.#teams.install(isChat ? conversation : conversation.team, { by: user, channel: conversation });
    return {};
  }

  #watch(user: User, request: IncomingMessage, response: ServerResponse): void {
    this.#teams.personalChat(user);
    response.writeHead(200, { ...security, 'content-type': 'text/event-stream' });
    let seen = -1;
    let last = '';
    let waiting = false;
    const push = () => {
      waiting = false;
      const data = JSON.stringify(this.#push(user, seen));
      seen = this.#teams.tenant.revision;
      if (data !== last) response.write(`data: ${data}\n\n`);
      last = data;
    };
    // Many changes of one moment make one push.
    const soon = () => {
      if (!waiting) setTimeout(push, 40);
      waiting = true;
    };
    push();
    this.#watchers.add(soon);
    request.on('close', () => this.#watchers.delete(soon));
  }

  #push(user: User, seen: number): Push {
    const { tenant } = this.#teams;
    const clock = this.#panel.clock();
    const conversations = this.#teams.conversations.filter((one) => one.kind === 'channel' || one.user === user);
    const messages = tenant.messages.filter((one) => one.revision > seen && conversations.includes(one.conversation));
    const sections = this.#panel.sections().map(({ facts = [], ...section }) => ({ ...section, facts }));
    return {
      bot: tenant.bot,
      user: user.id,
      users: tenant.users.map((one) => ({ id: one.id, name: one.name, note: this.#note(one) })),
      conversations: conversations.map((one) => ({
        id: one.id,
        kind: one.kind,
        name: one.kind === 'personal' ? tenant.bot.name : one.name,
        team: one.kind === 'personal' ? '' : one.team.name,
        installed: isInstalled(one),
        typing: (tenant.typing.get(one) ?? 0) > clock.now,
      })),
      messages: messages.map((message) => this.#wire(message, user)),
      panel: { ...clock, sections },
    };
  }

  #wire(message: Message, user: User): WireMessage {
    const { bot } = this.#teams.tenant;
    const { id, name } = message.from === 'bot' ? bot : message.from;
    return {
      id: message.id,
      conversation: message.conversation.id,
      from: { id, name, bot: message.from === 'bot' },
      ...(message.replyTo && { replyTo: message.replyTo }),
      at: message.createdAt,
      edited: message.edits > 0,
      deleted: message.deleted,
      text: message.text,
      cards: this.#teams.cardsFor(user, message),
    };
  }
}

const unreachable: Notice = { text: 'Unable to reach app. Please try again.', failed: true };

function run(control: Exclude<Control, { kind: 'button' }>, value: unknown): unknown {
  if (control.kind === 'toggle' && typeof value === 'boolean') return control.run(value);
  if (control.kind === 'slider' && typeof value === 'number') {
    return control.run(Math.min(Math.max(value, control.min), control.max));
  }
  if ((control.kind === 'text' || control.kind === 'choice') && typeof value === 'string') return control.run(value);
  throw new Error(`"${control.label}" does not take ${JSON.stringify(value)}`);
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > largestBody) throw new Error('too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** The page's own files by name; TypeScript goes out with its types blanked. */
async function file(path: string, response: ServerResponse): Promise<void> {
  if (path === '/adaptivecards.js') return send(response, 'text/javascript', await readFile(renderer, 'utf8'));
  const name = path === '/' ? 'index.html' : path.slice(1);
  const kind = new Map([
    ['html', 'text/html'],
    ['css', 'text/css'],
    ['svg', 'image/svg+xml'],
    ['ts', 'text/javascript'],
  ]).get(name.split('.').at(-1) ?? '');
  if (!kind || !/^[a-z]+\.[a-z]+$/.test(name)) return answer(response, 404, 'not here');
  const text = await readFile(new URL(`client/${name}`, import.meta.url), 'utf8').catch(() => undefined);
  if (text === undefined) return answer(response, 404, 'not here');
  send(response, kind, name.endsWith('.ts') ? stripTypeScriptTypes(text) : text);
}

function send(response: ServerResponse, kind: string, text: string): void {
  response.writeHead(200, { ...security, 'content-type': `${kind}; charset=utf-8` });
  response.end(text);
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { ...security, 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}
