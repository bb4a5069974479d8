import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Hold, keepWaiting } from '../hold.ts';
import { type Connector, type ConnectorCall, operation } from './connector.ts';
import { type Faults, type Refusal, refusals } from './faults.ts';
import type { Throttle } from './throttle.ts';
import type { Tokens } from './tokens.ts';
import { type Keep, parsed } from './traffic.ts';

/** Listens on a free port of 127.0.0.1. */
export async function listen(): Promise<{ server: Server; origin: string }> {
  // Longer than any client keeps an idle connection, so that the server is not the one to close it under a request.
  const server = createServer({ keepAliveTimeout: 120_000 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** What stands behind the address. */
export interface Behind {
  readonly connector: Connector;
  readonly tokens: Tokens;
  readonly faults: Faults;
  readonly throttle: Throttle;
  readonly keep: Keep;
  readonly hold: Hold;
}

/** Answers one request: the token documents to anybody, the Connector's calls to a bot that brings a credential. */
export async function serve(behind: Behind, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const document = behind.tokens.document(url.pathname);
  if (document) return answer(response, { status: 200, body: document });
  const body = await read(request);
  if (body === undefined) return;
  const path = url.pathname.replace(/^\/(emea|amer)\//, '');
  const call = { method: request.method ?? '', path, query: url.searchParams, body: parsed(body) };
  const name = `${request.method} ${decodeURIComponent(url.pathname)}`;
  const keep = (status: number) => behind.keep({ kind: 'request', name, status, headers: request.headers, body });
  const fault = behind.faults.take({ ...call, path: decodeURIComponent(url.pathname) });
  if (fault === 'hang') {
    keepWaiting(response, behind.hold);
    return keep(0);
  }
  if (fault === 'reset') {
    keep(0);
    response.socket?.resetAndDestroy();
    return;
  }
  const instead = typeof fault === 'object' && !('done' in fault) ? fault : undefined;
  const done = instead ?? judge(behind, request, call);
  const outcome = typeof fault === 'object' && 'done' in fault ? fault.done : done;
  keep(outcome.status);
  if (fault === 'lost-answer') response.socket?.resetAndDestroy();
  else answer(response, outcome);
}

function judge({ connector, throttle, tokens }: Behind, request: IncomingMessage, call: ConnectorCall): Refusal {
  if (!tokens.takes(request.headers.authorization)) return refusals.unauthorized;
  const asked = operation(connector, call);
  if (!asked) return { status: 404, body: { error: { code: 'NotFound', message: `${call.method} ${call.path}` } } };
  const wait = throttle.take(asked.kind, asked.thread);
  return wait === undefined ? asked.run() : refusals.throttled(throttle.saysRetryAfter ? wait : undefined);
}

/** The whole body, or nothing when the bot hung up. */
async function read(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk);
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks).toString();
}

function answer(response: ServerResponse, { status, headers, body }: Refusal): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(body === undefined ? '' : JSON.stringify(body));
}
