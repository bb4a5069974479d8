import { type Answer, refusal } from './answer.ts';
import type { Call } from './org.ts';

/** The path of the org authorization server's token endpoint. */
export const tokenPath = '/oauth2/v1/token';

/** Where a request goes: the System Log (and every path that is none), or the token endpoint. */
export type Place = 'logs' | 'token';

/** A target's place, its path, and its query. */
export function readTarget(target: string): { place: Place; path: string; search: URLSearchParams } {
  const [path = '', search = ''] = target.split('?');
  return { place: path === tokenPath ? 'token' : 'logs', path, search: new URLSearchParams(search) };
}

/** Okta's answer to a call that is none of the System Log's. */
export function outOfPlace({ method, target }: Call): Answer | undefined {
  const { path } = readTarget(target);
  if (path === '/api/v1/logs') return method === 'GET' ? undefined : wrongMethod();
  if (!path.startsWith('/api/v1/')) return refusal(404, 'E0000008', 'The requested path was not found');
  return refusal(404, 'E0000007', `Not found: Resource not found: ${path.slice('/api/v1/'.length)}`);
}

/** Okta's answer to a method that the path does not have. */
export function wrongMethod(): Answer {
  return refusal(405, 'E0000022', 'The endpoint does not support the provided HTTP method');
}
