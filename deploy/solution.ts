import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { zipSync } from 'fflate';
import { formOf } from './solution/form.ts';
import type { Publisher } from './solution/parts.ts';
import { sourcesOf, zipped } from './solution/sources.ts';
import { templateOf } from './solution/template.ts';

// The rules, the workbook and the functions as a solution of the content hub.
//   npm run solution               writes deploy/solution/mainTemplate.json and its form anew
//   npm run solution -- --publish  writes the folders that the content hub's repository takes, and the zip, into dist/solution

const here = import.meta.dirname;

// A zip has local times. This one is written alike everywhere, so that the same files always make the same zip.
const mtime = new Date(1980, 0, 1);

const options = {
  publish: { type: 'boolean' },
  'publisher-id': { type: 'string' },
  'publisher-name': { type: 'string' },
  'support-email': { type: 'string' },
  'support-link': { type: 'string' },
  'first-published': { type: 'string' },
  out: { type: 'string' },
} as const;

/** What somebody who publishes says of himself, or why that will not do, a sentence for each fault. */
export function publisherOf(given: Record<string, string | undefined>): Publisher | string[] {
  const text = (name: string) => given[name]?.trim() ?? '';
  const email = text('support-email');
  const link = text('support-link');
  const faults = [
    /^[a-z0-9_-]+$/.test(text('publisher-id'))
      ? ''
      : '--publisher-id must be the id that Partner Center gave, in small letters.',
    text('publisher-name') ? '' : '--publisher-name must be who supports the solution.',
    email || link ? '' : '--support-email or --support-link must say where help is asked for.',
    email && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email) ? '--support-email must be an e-mail address.' : '',
    link && !/^https?:\/\/\S+$/.test(link) ? '--support-link must be an address with https://.' : '',
    /^\d{4}-\d{2}-\d{2}$/.test(text('first-published'))
      ? ''
      : '--first-published must be the day of the first publication, such as 2026-12-31.',
  ].filter((each) => each !== '');
  if (faults.length > 0) return faults;
  const firstPublished = text('first-published');
  return { id: text('publisher-id'), name: text('publisher-name'), email, link, firstPublished };
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options });
  const { publish, out, ...given } = values;
  if (publish) await writePublished(publisherOf(given), resolve(out ?? join(here, '../dist/solution')));
  else await writeOwn(resolve(out ?? join(here, 'solution')));
}

async function writeOwn(folder: string): Promise<void> {
  await writeAll(
    folder,
    new Map([
      ['mainTemplate.json', templateOf(null)],
      ['createUiDefinition.json', formOf(null)],
    ]),
  );
}

async function writePublished(publisher: Publisher | string[], folder: string): Promise<void> {
  if (Array.isArray(publisher)) {
    process.stderr.write(`No solution was made:\n${publisher.map((fault) => `  - ${fault}`).join('\n')}\n`);
    process.exitCode = 1;
    return;
  }
  const sources = sourcesOf(publisher);
  const inZip = zipped.files.map((path) => [path.split('/').at(-1), Buffer.from(sources.get(path) ?? '')] as const);
  await rm(folder, { recursive: true, force: true });
  await writeAll(folder, sources);
  await writeAll(folder, new Map([[zipped.path, zipSync(Object.fromEntries(inZip), { level: 9, mtime })]]));
  process.stdout.write(`Made ${folder}. What is still to be done by hand stands in deploy/README.md.\n`);
}

async function writeAll(folder: string, files: Map<string, string | Uint8Array>): Promise<void> {
  for (const [path, content] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}
