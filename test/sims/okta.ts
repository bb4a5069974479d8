import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Hold, keepWaiting, unheeded } from './hold.ts';
import { type Answer, htmlPage } from './okta/answer.ts';
import { deliver } from './okta/faults.ts';
import { OktaOrg } from './okta/org.ts';
import { tokenHash } from './okta/tokens.ts';

const MOST_RECORDS = 20_000;
const LARGEST_BODY = 64 * 1024;

/**
 * One request to the simulator; `status` stays 0 while it has no answer. Headers are as sent, but without the token and the
 * proof that comes with it; a body is not kept.
 */
export type OktaRequest = {
  at: number;
  method: string;
  host: string;
  url: string;
  headers: Record<string, string | string[] | undefined>;
  /** The scheme of the Authorization header and a fingerprint of what followed it. */
  scheme: string | undefined;
  tokenHash: string | undefined;
  /** Requests of the same org in flight, this one included. */
  inFlight: number;
  status: number;
  events: number;
  requestId: string | undefined;
};

/** `now` is the time of its clocks; `hold` hears of whoever is kept waiting on purpose; with `tls`, it speaks https. */
export type OktaOptions = { now?: () => number; port?: number; hold?: Hold; tls?: ServerOptions };

type Exchange = { request: IncomingMessage; response: ServerResponse };

/**
 * Okta's System Log API and token endpoint for any number of orgs, told apart by the Host header. Which documented rules it
 * holds, and its switches, are listed in okta/README.md.
 */
export class Okta extends EventEmitter<{ change: [request: OktaRequest] }> {
  readonly url: string;
  /** The newest requests, oldest first. */
  readonly requests: OktaRequest[] = [];
  /** Requests to hosts that are no org of this simulator; a token among them has leaked. */
  readonly strangers: OktaRequest[] = [];
  #server: Server;
  #now: () => number;
  readonly #hold: Hold;
  #orgs = new Map<string, OktaOrg>();

  private constructor(server: Server, scheme: 'http' | 'https', { now = Date.now, hold = unheeded }: OktaOptions) {
    super();
    this.#server = server;
    this.#now = now;
    this.#hold = hold;
    this.url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => this.#handle(request, response));
  }

  /** Starts the simulator on a free port of the loopback address, or on the given one. */
  static async open(options: OktaOptions = {}): Promise<Okta> {
    const { port = 0, tls } = options;
    const kept = { keepAliveTimeout: 60_000 };
    const server = tls ? createTlsServer({ ...kept, ...tls }) : createServer(kept);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return new Okta(server, tls ? 'https' : 'http', options);
  }

  /**
   * Stops the simulator, cuts what is still in flight, and lets go of the events that it was given: the runner of the tests
   * keeps hold of every scene to the end of the process.
   */
  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
    for (const org of this.#orgs.values()) org.log.forget();
  }

  /** Adds an org; its log is empty and it has no token. The limit is that of a workforce org. */
  addOrg(host: string, { orgLimitPerMinute = 120 }: { orgLimitPerMinute?: number } = {}): OktaOrg {
    const org = new OktaOrg(host, this.#now, orgLimitPerMinute);
    this.#orgs.set(host, org);
    return org;
  }

  /** The org of this host. */
  org(host: string): OktaOrg | undefined {
    return this.#orgs.get(host);
  }

  /** The org is gone: its host answers like one that never was. */
  removeOrg(host: string): void {
    this.#orgs.delete(host);
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    response.sendDate = false;
    const record = this.#record(request);
    const org = this.#orgs.get(record.host);
    if (!org) {
      request.resume();
      keep(this.strangers, record);
      this.#refuse(record, { request, response }, htmlPage(404, 'Page not found'));
      return;
    }
    org.inFlight += 1;
    record.inFlight = org.inFlight;
    response.once('close', () => {
      org.inFlight -= 1;
    });
    if (record.method === 'POST') void this.#answerPost(org, record, { request, response });
    else {
      request.resume();
      this.#answer(org, record, { request, response, body: '' });
    }
  }

  async #answerPost(org: OktaOrg, record: OktaRequest, exchange: Exchange): Promise<void> {
    const body = await bodyOf(exchange.request);
    if (body === 'broken off') return;
    if (body !== 'too large') {
      this.#answer(org, record, { ...exchange, body: body.text });
      return;
    }
    const answer = htmlPage(413, 'Request Entity Too Large');
    this.#refuse(record, exchange, { ...answer, headers: { ...answer.headers, Connection: 'close' } });
  }

  #refuse(record: OktaRequest, { request, response }: Exchange, answer: Answer): void {
    record.status = answer.status;
    void deliver(request, response, answer);
    this.emit('change', record);
  }

  #answer(org: OktaOrg, record: OktaRequest, { request, response, body }: Exchange & { body: string }): void {
    const { answer, fault, events } = org.respond({
      method: record.method,
      target: request.url ?? '',
      authorization: request.headers.authorization,
      acceptsGzip: /\bgzip\b/.test(String(request.headers['accept-encoding'])),
      dpop: request.headers.dpop?.toString(),
      contentType: request.headers['content-type'],
      body,
    });
    record.events = events;
    record.requestId = String(answer.headers['X-Okta-Request-Id']);
    if (fault?.kind !== 'blackHole' && fault?.kind !== 'reset') record.status = answer.status;
    if (fault?.kind === 'blackHole' || fault?.kind === 'slow') keepWaiting(response, this.#hold);
    void deliver(request, response, answer, fault);
    this.emit('change', record);
  }

  #record(request: IncomingMessage): OktaRequest {
    const host = String(request.headers.host).toLowerCase();
    const { authorization, dpop: _, ...headers } = request.headers;
    const [scheme, token] = authorization?.split(' ') ?? [];
    const record: OktaRequest = {
      at: this.#now(),
      method: request.method ?? '',
      host,
      url: `https://${host}${request.url}`,
      headers,
      scheme,
      tokenHash: token && tokenHash(token),
      inFlight: 0,
      status: 0,
      events: 0,
      requestId: undefined,
    };
    keep(this.requests, record);
    return record;
  }
}

async function bodyOf(request: IncomingMessage): Promise<{ text: string } | 'too large' | 'broken off'> {
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of request) {
      size += piece.length;
      // What comes after is read all the same, or the client would not read the answer.
      if (size <= LARGEST_BODY) pieces.push(piece);
    }
  } catch {
    return 'broken off'; // the client is gone, and no answer would reach it
  }
  return size > LARGEST_BODY ? 'too large' : { text: Buffer.concat(pieces).toString() };
}

function keep(records: OktaRequest[], record: OktaRequest): void {
  records.push(record);
  if (records.length > MOST_RECORDS) records.splice(0, MOST_RECORDS / 2);
}
