import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

type Side = 'before' | 'behind';

/** The way to a server, which can be cut: every connection at once, and no new one until it is mended. */
export class CuttableWay {
  readonly #server: Server;
  readonly #pairs = new Set<[Socket, Socket]>();
  #messagesLeft = Number.POSITIVE_INFINITY;
  #side: Side = 'before';
  #isCut = false;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Leads to `port` on this machine. */
  static async open(port: number): Promise<CuttableWay> {
    const server = createServer({ noDelay: true });
    const way = new CuttableWay(server);
    server.on('connection', (socket) => way.#lead(socket, port));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return way;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Cuts when the client has sent so many messages more: before the last of them goes on, or behind it. */
  cutAt(message: number, side: Side): void {
    this.#messagesLeft = message;
    this.#side = side;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  mend(): void {
    this.#messagesLeft = Number.POSITIVE_INFINITY;
    this.#isCut = false;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#cut();
    await once(this.#server, 'close');
  }

  #lead(near: Socket, port: number): void {
    if (this.#isCut) return void near.destroy();
    const far = connect({ port, host: '127.0.0.1', noDelay: true });
    const pair: [Socket, Socket] = [near, far];
    this.#pairs.add(pair);
    const end = () => {
      this.#pairs.delete(pair);
      for (const socket of pair) socket.destroy();
    };
    for (const socket of pair) socket.on('close', end).on('error', end);
    far.on('data', (bytes) => near.write(bytes));
    near.on('data', (bytes) => {
      this.#messagesLeft--;
      const cut = this.#messagesLeft === 0;
      if (cut && this.#side === 'before') return this.#cut();
      // What the server does with its last message happens, but nobody hears of it.
      if (cut) far.write(bytes, () => this.#cut());
      else far.write(bytes);
    });
  }

  #cut(): void {
    this.#isCut = true;
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }
}
