import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { record } from '../sims/teams/cards.ts';
import type { Conversation, Message, User } from '../sims/teams/tenant.ts';
import type { Teams } from '../sims/teams.ts';
import type { Json, Notice, WireDialog } from './client/wire.ts';
import { type Panel, useControl } from './control.ts';
import { security, sendFile } from './files.ts';
import { viewOf } from './view.ts';

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
  const { hostname } = options;
  if (!isLoopback(hostname)) throw new Error(`the sandbox listens on loopback only, not on ${hostname}`);
  const web = new Web(options);
  const server = createServer((request, response) => void web.serve(request, response));
  server.listen(options.port, hostname);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    web.close();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { url: `http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}/`, close };
}

function isLoopback(hostname: string): boolean {
  return /^(127\.\d+\.\d+\.\d+|localhost|\[?::1\]?)$/.test(hostname);
}

const largestBody = 256 * 1024;

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
    ['/extension/fetch', (asked) => this.#extension(asked, 'openExtension')],
    ['/extension/submit', (asked) => this.#extension(asked, 'submitExtension')],
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
      if (request.method === 'GET') {
        if (!(await sendFile(url.pathname, response))) answer(response, 404, 'not here');
        return;
      }
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
    const text = await useControl(this.#panel, id, value);
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

  async #extension(
    { user, conversation, body }: Asked,
    door: 'openExtension' | 'submitExtension',
  ): Promise<WireDialog> {
    const commandId = String(body.command);
    const command = { commandId, commandContext: 'compose' as const };
    const outcome = await (door === 'openExtension'
      ? this.#teams.openExtension(user, conversation, commandId)
      : this.#teams.submitExtension(user, conversation, { command }, record(body.data)));
    const { command: _which, delivery: _how, ...dialog } = outcome;
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
      const data = JSON.stringify(viewOf({ teams: this.#teams, panel: this.#panel, note: this.#note }, user, seen));
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
}

const unreachable: Notice = { text: 'Unable to reach app. Please try again.', failed: true };

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

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { ...security, 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}
