import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { openGzip } from '../../ingestion/sync/gzip.ts';
import { Slots } from '../../ingestion/sync/slots.ts';
import { pieceBytes, postsInFlight, sinkHost } from './floor.ts';
import { type Figures, Meter } from './meter.ts';
import { domain } from './places.ts';
import type { Opened } from './sims.ts';

/**
 * The limit for whoever compresses on this machine: what the floor does, by requests written by hand on sockets that stay open,
 * each in one piece with its body, and by the fastest gzip at hand.
 */
export async function limit({ places, sinkUrl, token }: Opened): Promise<Figures> {
  const { make } = openGzip();
  const presses = new Slots(Array.from({ length: 2 }, make));
  const posts = new Slots(await Promise.all(Array.from({ length: postsInFlight }, () => Line.open(sinkUrl, sinkHost))));
  const okta = await Line.open(places.okta.url, domain);
  const meter = new Meter();
  const page = async (target: string) => {
    const { head, body } = await okta.ask(
      `GET ${target} HTTP/1.1\r\nHost: ${domain}\r\nAuthorization: SSWS ${token}\r\n\r\n`,
    );
    const end = head.indexOf('>; rel="next"');
    return { body, next: head.slice(head.lastIndexOf(domain, end) + domain.length, end) };
  };
  const post = async (piece: Buffer) => {
    const body = await presses.hold((press) => press.gzip(piece));
    const head = `POST / HTTP/1.1\r\nHost: ${sinkHost}\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n`;
    await posts.hold((line) => line.ask(head, body));
    meter.mark();
  };

  const since = new Date(Date.now() - 2 * 3_600_000).toISOString();
  meter.begin();
  let posted: Promise<unknown> = Promise.resolve();
  let coming = page(`/api/v1/logs?since=${since}&limit=1000&sortOrder=ASCENDING`);
  for (let { body, next } = await coming; body.length > 2; { body, next } = await coming) {
    // One page ahead, and no page is taken apart before the one before it is posted.
    coming = page(next);
    await posted;
    const pieces: Promise<void>[] = [];
    for (let from = 0; from < body.length; from += pieceBytes)
      pieces.push(post(body.subarray(from, from + pieceBytes)));
    posted = Promise.all(pieces);
  }
  await posted;
  return meter.figures;
}

const headEnd = Buffer.from('\r\n\r\n');

/** One connection, on which one request is under way at a time. */
class Line {
  readonly #socket: Socket;
  #pieces: Buffer[] = [];
  #size = 0;
  #answer: { head: string; bytes: number } | null = null;
  #done: (answer: { head: string; body: Buffer }) => void = () => undefined;
  #fail: (error: Error) => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (piece: Buffer) => this.#take(piece));
    socket.on('close', () => this.#fail(new Error('A connection of the limit was closed.')));
  }

  static async open(url: string, host: string): Promise<Line> {
    const { protocol, hostname, port } = new URL(url);
    const tls = protocol === 'https:';
    const to = { host: hostname, port: Number(port) };
    const socket = tls ? connectTls({ ...to, servername: host }) : connectPlain(to);
    await once(socket, tls ? 'secureConnect' : 'connect');
    return new Line(socket.unref());
  }

  /** What is answered, which says how long it is. */
  ask(head: string, body?: Buffer): Promise<{ head: string; body: Buffer }> {
    return new Promise((done, fail) => {
      this.#done = done;
      this.#fail = fail;
      this.#socket.ref().cork();
      this.#socket.write(head);
      if (body) this.#socket.write(body);
      this.#socket.uncork();
    });
  }

  #take(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#size += piece.length;
    this.#answer ??= this.#readHead();
    if (!this.#answer || this.#size < this.#answer.bytes) return;
    const { head, bytes } = this.#answer;
    const all = Buffer.concat(this.#pieces, bytes);
    this.#pieces = [];
    this.#size = 0;
    this.#answer = null;
    this.#socket.unref();
    if (/^HTTP\/1.1 20\d /.test(head)) this.#done({ head, body: all.subarray(head.length) });
    else this.#fail(new Error(`The limit was answered ${all}`));
  }

  /** Once the head is whole: it, and the bytes of the whole answer. */
  #readHead(): { head: string; bytes: number } | null {
    const begun = Buffer.concat(this.#pieces);
    const end = begun.indexOf(headEnd);
    if (end < 0) return null;
    const head = begun.toString('latin1', 0, end + headEnd.length);
    return { head, bytes: head.length + Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0) };
  }
}
