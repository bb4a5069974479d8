import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Call, Reply, RequestRecord } from './exchange.ts';

/** Reads a whole request; undefined when the client went away in the middle of it. */
export async function receive(
  request: IncomingMessage,
  response: ServerResponse,
  now: () => number,
): Promise<Call | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk);
  } catch {
    return undefined; // nothing was taken, and nobody is left to answer
  }
  const body = Buffer.concat(chunks);
  const url = new URL(`http://localhost${request.url}`);
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, value?.toString()]));
  const { authorization: _, ...kept } = headers;
  const record: RequestRecord = {
    id: 0,
    at: now(),
    method: request.method ?? '',
    host: (headers.host ?? '').toLowerCase(),
    path: decodeURIComponent(url.pathname),
    query: decodeURIComponent(url.search),
    headers: kept,
    bytes: body.length,
    answered: false,
  };
  response.once('finish', () => {
    record.answered = true;
  });
  // The ingestion SDK writes `api%2Dversion`: names are decoded like values.
  const query = new Map([...url.searchParams].map(([name, value]) => [decodeURIComponent(name).toLowerCase(), value]));
  const { method, host, path, at } = record;
  return { method, host, path, query, headers, body, at, record };
}

/** Answers a byte at a time until the client goes away. */
export function drip(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
  const timer = setInterval(() => response.write(' '), 5).unref();
  response.once('close', () => clearInterval(timer));
}

/** Sends an answer with the headers that every Azure answer carries, so that a support case can name the request. */
export function send(response: ServerResponse, { status, headers, body }: Reply, call?: Call): void {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const clientId = call?.headers['x-ms-client-request-id'];
  response.writeHead(status, {
    ...(text !== body && { 'content-type': 'application/json; charset=utf-8' }),
    ...(status !== 204 && { 'content-length': String(Buffer.byteLength(text ?? '')) }),
    'x-ms-request-id': randomUUID(),
    ...(clientId && { 'x-ms-client-request-id': clientId }),
    ...headers,
  });
  response.end(text);
}
