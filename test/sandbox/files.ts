import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { createRequire, stripTypeScriptTypes } from 'node:module';

const renderer = createRequire(import.meta.url).resolve('adaptivecards/dist/adaptivecards.min.js');
const kinds = new Map([
  ['html', 'text/html'],
  ['css', 'text/css'],
  ['svg', 'image/svg+xml'],
  ['ts', 'text/javascript'],
]);

/** What every answer says: nothing from elsewhere is loaded, and nobody may put the page into a frame. */
export const security = {
  'content-security-policy':
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

/** Sends one of the page's own files, TypeScript with its types blanked; false when there is no such file. */
export async function sendFile(path: string, response: ServerResponse): Promise<boolean> {
  const name = path === '/' ? 'index.html' : path.slice(1);
  const kind = kinds.get(name.split('.').at(-1) ?? '');
  const text = name === 'adaptivecards.js' ? await readFile(renderer, 'utf8') : await ownFile(name);
  if (text === undefined) return false;
  response.writeHead(200, { ...security, 'content-type': `${kind ?? 'text/javascript'}; charset=utf-8` });
  response.end(name.endsWith('.ts') ? stripTypeScriptTypes(text) : text);
  return true;
}

async function ownFile(name: string): Promise<string | undefined> {
  // A name of letters and one dot can't lead out of the folder.
  if (!/^[a-z]+\.(html|css|svg|ts)$/.test(name)) return undefined;
  return readFile(new URL(`client/${name}`, import.meta.url), 'utf8').catch(() => undefined);
}
