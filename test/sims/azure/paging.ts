import { type Call, Refusal } from './exchange.ts';

/** One page of a list and the public link to the next; the token in it is opaque and only good for the same list. */
export function pageOf<T>(call: Call, all: readonly T[], size: number): { items: T[]; nextLink: string | undefined } {
  const start = readToken(call.query.get('$skiptoken'));
  const items = all.slice(start, start + size);
  if (start + size >= all.length) return { items, nextLink: undefined };
  const query = new URLSearchParams([...call.query].filter(([name]) => name !== '$skiptoken'));
  query.set('$skipToken', writeToken(start + size));
  return { items, nextLink: `https://${call.host}${call.path}?${query}` };
}

/** An opaque token for a position. */
export function writeToken(position: number): string {
  return Buffer.from(JSON.stringify({ position })).toString('base64url');
}

/** The position in a token; none is the beginning. */
export function readToken(token: string | undefined): number {
  if (token === undefined) return 0;
  const text = Buffer.from(token, 'base64url').toString('utf8');
  const position = /^\{"position":(\d+)\}$/.exec(text)?.[1];
  if (position === undefined) throw new Refusal(400, 'InvalidSkipToken', 'The skip token is invalid.');
  return Number(position);
}
