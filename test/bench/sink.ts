import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';

/** The cheapest thing that answers like Logs Ingestion: it reads every body, discards it, and says 204. */
export class Sink {
  readonly #server: Server;
  readonly #scheme: 'http' | 'https';
  #delays: number[] | null = null;

  private constructor(server: Server, scheme: 'http' | 'https') {
    this.#server = server;
    this.#scheme = scheme;
  }

  /** `answerMs`: how long it takes to answer. With `tls`, it speaks https. */
  static async open({ answerMs, tls }: { answerMs: number; tls?: ServerOptions | undefined }): Promise<Sink> {
    const take: RequestListener = async (request, response) => {
      await sink.#read(request);
      if (answerMs > 0) await delay(answerMs);
      response.writeHead(204);
      response.end();
    };
    const kept = { keepAliveTimeout: 60_000 };
    const server = tls ? createTlsServer({ ...kept, ...tls }, take) : createServer(kept, take);
    const sink = new Sink(server, tls ? 'https' : 'http');
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return sink;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From now on it looks into the bodies for the time at which each event was published. */
  note(): void {
    this.#delays = [];
  }

  /** From an event's publishing to its arrival, for all that were noted. */
  get delays(): { events: number; msP50: number; msP95: number } {
    const sorted = (this.#delays ?? []).sort((a, b) => a - b);
    const at = (part: number) => sorted[Math.floor(part * sorted.length)] ?? Number.NaN;
    return { events: sorted.length, msP50: at(0.5), msP95: at(0.95) };
  }

  async #read(request: IncomingMessage): Promise<void> {
    if (!this.#delays) {
      request.resume();
      await once(request, 'end');
      return;
    }
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const body = Buffer.concat(pieces);
    const packed = request.headers['content-encoding'] === 'gzip';
    const text = (packed ? gunzipSync(body) : body).toString('latin1');
    for (const [, time] of text.matchAll(/"published":"([^"]+)"/g))
      this.#delays.push(Date.now() - Date.parse(time ?? ''));
  }
}
