import { readFile } from 'node:fs/promises';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

// Lines of the log of a bundle, with the places in their stacks as they are in the project: `npm run -s stack < lines`. It
// takes the maps in dist/app, or in the directory that is given, which `npm run bundle` makes alike of the same version.

const bundled = process.argv[2] ?? join(import.meta.dirname, '../dist/app');
const place = /(?:file:\/\/[^\s"()]*\/)?([\w-]+\.mjs):(\d+):(\d+)/g;
const maps = new Map<string, SourceMap | null>();

const log = await text(process.stdin);
for (const [, file = ''] of log.matchAll(place)) if (!maps.has(file)) maps.set(file, await mapOf(file));
process.stdout.write(
  log.replace(place, (said: string, file: string, line: string, column: string) => {
    const found = maps.get(file)?.findEntry(Number(line) - 1, Number(column) - 1);
    if (!found || !('originalSource' in found)) return said;
    return `${found.originalSource}:${found.originalLine + 1}:${found.originalColumn + 1}`;
  }),
);

/** Null for a file that this version has not. */
async function mapOf(file: string): Promise<SourceMap | null> {
  const map = await readFile(join(bundled, `${file}.map`), 'utf8').catch(() => null);
  return map === null ? null : new SourceMap(JSON.parse(map));
}
