import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Deadline, endsWithin } from '../../ingestion/runtime/deadline.ts';

/** Listens where the variable `name` says. Throws a sentence where somebody else does already. */
export function listen(
  server: Server,
  { name, host, port }: { name: string; host: string; port: number },
): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = `${name} ${port} is taken by another program on ${host}.`;
      fail(error.code === 'EADDRINUSE' ? new Error(taken, { cause: error }) : error);
    });
    server.listen(port, host, done);
  });
}

/** The port on which a server listens. */
export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/**
 * Takes no connection any more, and lets what is under way be answered until the deadline; then all connections are cut, those
 * on which half a request waits for its other half too.
 */
export async function closeServer(server: Server, deadline: Pick<Deadline, 'signal'>): Promise<void> {
  const closed = new Promise<void>((done) => server.close(() => done()));
  if (!(await endsWithin(closed, deadline))) server.closeAllConnections();
  await closed;
}
