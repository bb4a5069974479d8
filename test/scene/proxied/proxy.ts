import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse, request as send } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Authority } from './authority.ts';

/** The simulator that plays a host, by the address of its server; null for hosts to which the proxy lets nobody. */
export type PlayedBy = (host: string) => string | null;

/** A request that the proxy has looked into and forwarded. */
export type Forwarded = { host: string; method: string; path: string };

/** What one user of the proxy has asked of it. */
export type Traffic = { tunnels: string[]; refused: string[]; forwarded: Forwarded[] };

type User = { password: string; playedBy: PlayedBy; traffic: Traffic; inside: TlsServer };

/**
 * A company's HTTPS proxy on loopback: it asks for user and password, opens tunnels to known hosts only (403), and looks into
 * them under certificates of its own authority. Each user has simulators of his own behind the same public names.
 */
export class InterceptingProxy {
  /** Takes connections and says nothing. */
  silent = false;
  /** Requests for plain http that came here: none should. */
  readonly plain: string[] = [];
  readonly #authority: Authority;
  readonly #server: Server;
  readonly #closed = new Set<string>();
  readonly #blocked = new Set<string>();
  readonly #tunnels = new Map<Duplex, string>();
  readonly #sockets = new Set<Socket>();
  readonly #users = new Map<string, User>();

  private constructor(authority: Authority) {
    this.#authority = authority;
    this.#server = createServer((request, response) => {
      this.plain.push(request.url ?? '');
      response.statusCode = 403;
      response.end();
    });
    // Who forgets to close it is not kept alive by it.
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket.unref());
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('connect', (request, socket, head) => this.#connect(request, socket, head));
  }

  static async open(authority: Authority): Promise<InterceptingProxy> {
    const proxy = new InterceptingProxy(authority);
    proxy.#server.listen(0, '127.0.0.1').unref();
    await once(proxy.#server, 'listening');
    return proxy;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Refuses a host from now on, whoever plays it, and cuts the tunnels that lead there. */
  refuse(host: string): void {
    this.#closed.add(host);
    for (const [socket, to] of this.#tunnels) if (to === host) socket.destroy();
  }

  /** Opens tunnels to a host, and answers in its name with a page that says no. */
  block(host: string): void {
    this.#blocked.add(host);
  }

  /** Lets a host be reached again. */
  allow(host: string): void {
    this.#closed.delete(host);
    this.#blocked.delete(host);
  }

  /** The proxy's address without user and password. */
  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** A new user, as the value of HTTPS_PROXY. The password holds what must be percent-encoded. */
  admit(playedBy: PlayedBy): { url: string; password: string; traffic: Traffic } {
    const name = `user${this.#users.size + 1}`;
    const password = `p@ss:${randomBytes(6).toString('hex')}/%`;
    const traffic: Traffic = { tunnels: [], refused: [], forwarded: [] };
    this.#users.set(name, { password, playedBy, traffic, inside: this.#inside(playedBy, traffic) });
    const url = this.origin.replace('//', `//${name}:${encodeURIComponent(password)}@`);
    return { url, password, traffic };
  }

  #connect(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => {}); // a client may hang up whenever it likes
    const [host = '', port] = (request.url ?? '').split(':');
    const user = this.#userOf(request.headers['proxy-authorization']);
    if (this.silent) return;
    if (!user) refuse(socket, '407 Proxy Authentication Required', 'Proxy-Authenticate: Basic realm="test"\r\n');
    else if (port !== '443' || this.#closed.has(host) || user.playedBy(host) === null) {
      user.traffic.refused.push(host);
      refuse(socket, '403 Forbidden');
    } else {
      user.traffic.tunnels.push(host);
      this.#tunnels.set(socket, host);
      socket.once('close', () => this.#tunnels.delete(socket));
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      if (head.length > 0) socket.unshift(head);
      user.inside.emit('connection', socket);
    }
  }

  #userOf(authorization = ''): User | undefined {
    const [name = '', ...rest] = Buffer.from(authorization.replace(/^Basic /, ''), 'base64')
      .toString()
      .split(':');
    const user = this.#users.get(name);
    return user?.password === rest.join(':') ? user : undefined;
  }

  /** What happens in a user's tunnels. */
  #inside(playedBy: PlayedBy, traffic: Traffic): TlsServer {
    const certify = (host: string, done: (error: Error | null, context?: unknown) => void) =>
      void this.#authority.certify(host).then((context) => done(null, context), done);
    const options = { SNICallback: certify as never, keepAliveTimeout: 120_000 };
    const inside = createTlsServer(options, (request, response) => {
      const host = request.headers.host ?? '';
      if (this.#blocked.has(host)) return page(response);
      const { method = '', url = '/' } = request;
      traffic.forwarded.push({ host, method, path: url });
      forward(request, response, playedBy(host) ?? '');
    });
    inside.on('tlsClientError', () => {}); // a client that does not know the authority hangs up
    return inside;
  }
}

function page(response: ServerResponse): void {
  response.statusCode = 403;
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.end('<html><body>This site is blocked by your organisation.</body></html>');
}

function refuse(socket: Duplex, line: string, more = ''): void {
  socket.end(`HTTP/1.1 ${line}\r\n${more}Content-Length: 0\r\nConnection: close\r\n\r\n`);
}

/** Passes everything on as it is; whoever cuts the connection on one side cuts it on the other. */
function forward(request: IncomingMessage, response: ServerResponse, origin: string): void {
  response.sendDate = false;
  const cut = () => void request.socket.destroy();
  const { method, url, rawHeaders } = request;
  const onward = send(`${origin}${url}`, { method, headers: passed(rawHeaders), agent: false }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, passed(answer.rawHeaders));
    answer.on('error', cut);
    answer.pipe(response);
  });
  onward.on('error', cut);
  response.on('close', () => onward.destroy());
  request.on('error', () => onward.destroy());
  request.pipe(onward);
}

const ownOfEachConnection = /^(connection|keep-alive|proxy-connection|transfer-encoding)$/i;

function passed(raw: string[]): string[] {
  const pairs = raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? '']] : []));
  return pairs.filter(([name = '']) => !ownOfEachConnection.test(name)).flat();
}
