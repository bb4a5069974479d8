import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { type RequestOptions, request as requestTls, Agent as TlsAgent } from 'node:https';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { type Figures, Meter } from './meter.ts';
import { domain } from './places.ts';
import type { Opened } from './sims.ts';

const compress = promisify(gzip);

/** An upload before it is compressed, and how many are under way at a time. */
export const pieceBytes = 1_000_000;
export const postsInFlight = 5;
/** The name by which the sink is called, for its certificate. */
export const sinkHost = 'sink.ingest.monitor.azure.com';
const outputBytes = 512 * 1024;

/**
 * The least that any connector must do, with nothing in the way: get the pages, one ahead, cut their bytes blindly, gzip at
 * level 1, post, five at a time. No parsing, no store, no client library.
 */
export async function floor({ places, sinkUrl, token }: Opened): Promise<Figures> {
  const tls = sinkUrl.startsWith('https:');
  const agent = new (tls ? TlsAgent : Agent)({ keepAlive: true });
  const meter = new Meter();
  const posts = new Set<Promise<void>>();
  const post = async (piece: Buffer) => {
    // One output buffer for each piece: with the default of 16 KB, a piece goes to the threads and back a dozen times.
    const body = await compress(piece, { level: constants.Z_BEST_SPEED, chunkSize: outputBytes });
    await call(sinkUrl, { agent, method: 'POST', headers: { host: sinkHost, 'content-length': body.length }, body });
    meter.mark();
  };

  const since = new Date(Date.now() - 2 * 3_600_000).toISOString();
  meter.begin();
  let coming = page(`/api/v1/logs?since=${since}&limit=1000&sortOrder=ASCENDING`);
  for (let { body, next } = await coming; body.length > 2; { body, next } = await coming) {
    coming = page(next);
    for (let from = 0; from < body.length; from += pieceBytes) {
      if (posts.size >= postsInFlight) await Promise.race(posts);
      const one = post(body.subarray(from, from + pieceBytes)).finally(() => posts.delete(one));
      posts.add(one);
    }
  }
  await Promise.all(posts);
  agent.destroy();
  return meter.figures;

  async function page(target: string): Promise<{ body: Buffer; next: string }> {
    const headers = { host: domain, authorization: `SSWS ${token}`, accept: 'application/json' };
    const { response, body } = await call(`${places.okta.url}${target}`, { agent, headers });
    const link = String(response.headers.link);
    const end = link.indexOf('>; rel="next"');
    return { body, next: link.slice(link.lastIndexOf(domain, end) + domain.length, end) };
  }
}

async function call(
  url: string,
  options: RequestOptions & { body?: Buffer },
): Promise<{ response: IncomingMessage; body: Buffer }> {
  const { body, ...given } = options;
  const asked = (url.startsWith('https:') ? requestTls : request)(url, given);
  asked.end(body);
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  const pieces: Buffer[] = [];
  response.on('data', (piece: Buffer) => pieces.push(piece));
  await once(response, 'end');
  const bytes = Buffer.concat(pieces);
  if (response.statusCode && response.statusCode < 300) return { response, body: bytes };
  throw new Error(`The floor was answered ${response.statusCode}: ${bytes}`);
}
