import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Zippable, zipSync } from 'fflate';
import { commands } from '../bot/commands/commands.ts';
import { faultsIn } from './check.ts';
import { fill, optionOf, placeholders, readPlaceholders } from './fill.ts';
import { schemaFaults } from './schema.ts';

// Makes the app package that Teams takes:
//   npm run package -- --microsoft-app-id <id> --bot-host <host>
// They may stand in the environment (or .env) too; bot/config/variables.ts has them all. A wrong one, or a wrong manifest,
// makes no package: every fault is named, and the exit code is 1.

const here = import.meta.dirname;

// A zip has local times. This one is written alike everywhere, so that the same files always make the same zip.
const mtime = new Date(1980, 0, 1);

class Refused extends Error {}

try {
  process.stdout.write(`${await makePackage(process.argv.slice(2), process.env)}\n`);
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function makePackage(args: string[], env: Record<string, string | undefined>): Promise<string> {
  const options = readOptions(args);
  const given = new Map<string, string>();
  for (const name of placeholders) {
    const value = (options.get(optionOf(name)) ?? env[name])?.trim();
    if (value) given.set(name, value);
  }
  const { values, faults } = readPlaceholders(given);
  if (faults.length > 0) throw refusal(faults);
  values.set('VERSION', await ownVersion());

  const from = resolve(options.get('from') ?? here);
  const files = await readFiles(from);
  const manifest = filled(files, values);
  const own = faultsIn({ manifest, files, commands });
  // An untrue $schema is named already; the schema's package would look for it on the internet.
  const theirs = own.some(({ at }) => at === '/$schema') ? [] : await schemaFaults(manifest);
  const said = new Set(own.map(({ at }) => at));
  const wrong = [...own, ...theirs.filter(({ at }) => !said.has(at))];
  if (wrong.length > 0) throw refusal(wrong.map(({ says }) => says));

  const out = resolve(options.get('out') ?? join(here, '../dist/patchbay.zip'));
  await writeWhole(out, zipSync(contents(manifest as Manifest, files), { level: 9, mtime }));
  return [`Made ${out}.`, ...notes(given, values)].join('\n');
}

function readOptions(args: string[]): Map<string, string> {
  const names = [...placeholders.map(optionOf), 'from', 'out'];
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  try {
    return new Map(Object.entries(parseArgs({ args, options }).values) as [string, string][]);
  } catch (error) {
    // Its sentence names the argument.
    throw refusal([(error as Error).message, `The options are ${names.map((name) => `--${name}`).join(', ')}.`]);
  }
}

async function ownVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(here, '../package.json'), 'utf8')) as { version: string };
  return version;
}

async function readFiles(folder: string): Promise<Map<string, Buffer>> {
  const names = await readdir(folder).catch(() => {
    throw refusal([`The folder ${folder} can't be read.`]);
  });
  const wanted = names.filter((name) => name === 'manifest.json' || name.endsWith('.png'));
  return new Map(await Promise.all(wanted.map(async (name) => [name, await readFile(join(folder, name))] as const)));
}

function filled(files: Map<string, Buffer>, values: Map<string, string>): unknown {
  const text = files.get('manifest.json')?.toString('utf8');
  if (text === undefined) throw refusal(['There is no manifest.json.']);
  try {
    return fill(text, values);
  } catch (error) {
    throw refusal([`manifest.json is no JSON: ${(error as Error).message}.`]);
  }
}

/** What the check has made sure of. */
type Manifest = { icons: { color: string; outline: string } };

function contents(manifest: Manifest, files: Map<string, Buffer>): Zippable {
  const { color, outline } = manifest.icons;
  const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  const icons = [color, outline].map((name) => [name, files.get(name) ?? Buffer.alloc(0)] as const);
  return { 'manifest.json': text, ...Object.fromEntries(icons) };
}

/** Whoever looks at `path` finds the old file or the whole new one. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, bytes);
  await rename(`${path}.new`, path);
}

function notes(given: Map<string, string>, values: Map<string, string>): string[] {
  const pages = ['WEBSITE_URL', 'PRIVACY_URL', 'TERMS_URL'].filter((name) => !given.has(name));
  if (pages.length === 0) return [];
  return [`Not given: ${pages.join(', ')}. In Teams, these links lead to ${values.get(pages[0] ?? '')} for now.`];
}

function refusal(faults: string[]): Refused {
  return new Refused(`No package was made:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
}
