import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

// The SDK remembers the address of the first identity endpoint for the life of the process, and would ask a simulator that
// closed long ago. So there is one endpoint per process, and behind it the simulator that opened last.
const open: RequestListener[] = [];
let address: Promise<string> | undefined;

/** Puts a simulator behind the identity endpoint of this process; returns the address of the endpoint. */
export async function stand(listener: RequestListener): Promise<string> {
  open.push(listener);
  address ??= start();
  return address;
}

/** Takes it away again. */
export function leave(listener: RequestListener): void {
  open.splice(open.indexOf(listener), 1);
}

async function start(): Promise<string> {
  const server = createServer((request, response) => {
    const listener = open.at(-1);
    if (listener) listener(request, response);
    else request.socket.destroy();
  });
  // As for the simulator behind it: the client is the one to close an idle connection.
  server.keepAliveTimeout = 120_000;
  server.on('connection', (socket) => socket.unref());
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
