import { readdirSync, readFileSync } from 'node:fs';

/** One statement that writes: the file it stands in, what it does, its table, and the columns that an update sets. */
export type Write = { file: string; does: 'insert' | 'update' | 'delete'; table: string; columns: string[] };

/** The text of each file, comments left out. */
export type Texts = Map<string, string>;

/** Where the schema is made and changed; what it says of a table is no writing of the running app. */
const schema = 'ingestion/store/migrations.ts';
/** This table's columns have an owner each; of every other table the whole has one. */
const divided = 'connectors';

/** Reads all files below these folders. */
export function textsOf(folders: string[]): Texts {
  const root = new URL('../../', import.meta.url);
  const files = folders.flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && `${folder}/${file}` !== schema)
      .map((file) => `${folder}/${file}`),
  );
  return new Map(files.map((file) => [file, withoutComments(readFileSync(new URL(file, root), 'utf8'))]));
}

/** The tables that the migrations have made, under the names that they have now. */
export function tablesNow(): Set<string> {
  const text = readFileSync(new URL(`../../${schema}`, import.meta.url), 'utf8');
  const tables = new Set([...text.matchAll(/create table (\w+) \(/g)].map(([, name = '']) => name));
  for (const [, before = '', after = ''] of text.matchAll(/alter table (\w+) rename to (\w+)/g)) {
    tables.delete(before);
    tables.add(after);
  }
  return tables;
}

function withoutComments(text: string): string {
  return text.replace(/^\s*\/\*\*[\s\S]*?\*\/|^\s*\/\/.*|\s\/\/ .*$/gm, '');
}

const writing = /\b(insert\s+into|(?<!do\s+)update|delete\s+from|truncate|merge\s+into)\s+(\$\{|"?\w+(?:\.\w+)?"?)/gi;

/** Every statement that writes. One whose table is not written out has the table `?`. */
export function writesIn(texts: Texts): Write[] {
  return [...texts].flatMap(([file, text]) =>
    [...text.matchAll(writing)].flatMap((found): Write[] => {
      const [whole, verb = '', name = ''] = found;
      const rest = text.slice(found.index + whole.length);
      const set = /^(?:\s+(?:as\s+)?(?!set\b)\w+)?\s+set\s/i.exec(rest);
      // Prose, or "for update of": an update says what it sets.
      if (/^update/i.test(verb) && !set) return [];
      const does = /^insert|^merge/i.test(verb) ? 'insert' : /^update/i.test(verb) ? 'update' : 'delete';
      const table = /^\w+$/.test(name) ? name.toLowerCase() : '?';
      return [{ file, does, table, columns: set ? columnsIn(rest.slice(set[0].length)) : [] }];
    }),
  );
}

/** The columns in what follows `set`: the left sides, up to the end of the list. */
function columnsIn(list: string): string[] {
  const columns: string[] = [];
  let depth = 0;
  let part = '';
  // Texts of SQL are skipped whole: what is in them, commas too, sets nothing.
  for (const [token] of list.matchAll(/'(?:[^'\n]|'')*'|[(),`]|\w+|[^\w]/g)) {
    if (token === '(') depth++;
    if (token === ')') depth--;
    const over = depth < 0 || token === '`' || (depth === 0 && /^(where|from|returning)$/i.test(token));
    if (over || (depth === 0 && token === ',')) columns.push(leftSide(part));
    if (over) return columns;
    part = depth === 0 && token === ',' ? '' : part + token;
  }
  return [...columns, leftSide(part)];
}

function leftSide(assignment: string): string {
  return /^\s*"?(\w+)"?\s*=/.exec(assignment)?.[1]?.toLowerCase() ?? '?';
}

/** What a statement writes: a table, or columns of the one that is divided; its rows come and go as a whole. */
function thingsOf({ table, columns, does }: Write): string[] {
  if (table !== divided || does !== 'update') return [table];
  return columns.map((column) => `${table}.${column}`);
}

/** What counts as one writer: a file, or a folder that bears the table's name. */
function writerOf({ file, table }: Write): string {
  const folder = file.lastIndexOf(`/${table}/`);
  return folder < 0 ? file : file.slice(0, folder + table.length + 1);
}

/** The writers of each thing. */
export function writersIn(texts: Texts): Map<string, Set<string>> {
  const writers = new Map<string, Set<string>>();
  for (const write of writesIn(texts))
    for (const thing of thingsOf(write)) writers.set(thing, (writers.get(thing) ?? new Set()).add(writerOf(write)));
  return writers;
}

/** Everything that has two writers, or is written where it can't be seen what is written. */
export function secondWriters(texts: Texts): string[] {
  return [...writersIn(texts)]
    .filter(([thing, files]) => files.size > 1 || thing.includes('?'))
    .map(([thing, files]) => `${thing}: ${[...files].sort().join(', ')}`)
    .sort();
}

/** Every file that names a table, to read it too, which the other side of the house owns: the bot, or ingestion. */
export function trespasses(texts: Texts): string[] {
  const owners = new Map<string, string>();
  for (const { table, file } of writesIn(texts)) owners.set(table, sideOf(file));
  return [...texts].flatMap(([file, text]) =>
    [...owners]
      .filter(([table, side]) => side !== sideOf(file) && names(text, table))
      .map(([table]) => `${file} names ${table}`),
  );
}

/** Whether a statement in the text reads or writes the table: first in its clause, or behind a comma of the list. */
function names(text: string, table: string): boolean {
  const clause = String.raw`\b(?:from|join|into|update|using)\s+(?:\w+(?:\s+(?:as\s+)?\w+)?\s*,\s*)*`;
  return new RegExp(String.raw`${clause}"?${table}\b(?!['"\w./-])`, 'i').test(text.replace(/^import [\s\S]*?;$/gm, ''));
}

function sideOf(file: string): string {
  return file.split('/')[0] ?? '';
}
