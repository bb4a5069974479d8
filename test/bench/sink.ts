import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** What the sink has taken. */
export type Taken = { requests: number; bytes: number };

/** The cheapest thing that answers like Logs Ingestion: it reads every body, discards it and says 204. */
export async function openSink(): Promise<{ url: string; taken: Taken; close(): void }> {
  const taken: Taken = { requests: 0, bytes: 0 };
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    request.on('data', (piece: Buffer) => {
      taken.bytes += piece.length;
    });
    request.on('end', () => {
      taken.requests++;
      response.writeHead(204);
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, taken, close };
}
