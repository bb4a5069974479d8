import { savedFunctions } from '../resources/functions.ts';
import { tableName } from '../resources/table.ts';
import type { Content } from './content.ts';
import { namesIn, parametersOf } from './kql-names.ts';

/** How content comes to see our data. `line`: KQL to put at the end of its text. */
export type Remedy =
  /** Read `to`, with columns of the same names, where it reads `from`: a function that can be mended, or saved, instead. */
  | { kind: 'replace'; from: string; to: string; or: 'mend' | 'save' | null }
  /** It is a function itself: let it give our rows too. */
  | { kind: 'extend'; line: string }
  /** It reads through a function, which is to be mended instead. */
  | { kind: 'mend'; name: string }
  /** It calls a unifying parser of ASIM: let the one that may be changed give our rows too. */
  | { kind: 'unify'; from: string; custom: string; exists: boolean; ours: string; line: string }
  /** It calls a function of ours that is not in the workspace. */
  | { kind: 'lost'; name: string };

/** Content about Okta. `through`: the name in its text by which it comes to its data. */
export type Judged = { kind: Content['kind']; name: string; enabled: boolean; through: string } & (
  | { sees: true }
  | { sees: false; remedy: Remedy }
);

/** What of a workspace's content sees our data. `judged`: those that miss it first, the gravest before the others. */
export type Coverage = {
  counts: { rules: number; hunting: number; functions: number };
  judged: Judged[];
  /** Content that is not about Okta. */
  unrelated: number;
  /** Functions of ours that are not in the workspace, and among them those whose name somebody else's search has. */
  lost: string[];
  taken: string[];
};

/**
 * Which of a workspace's content about Okta sees our table, and how the rest comes to see it. Pure, never throws. What reads by
 * `OktaSSO` and the parsers of ASIM: github.com/Azure/Azure-Sentinel, Solutions/Okta Single Sign-On and Parsers.
 */
export function coverageOf(content: readonly Content[]): Coverage {
  const functions = new Map(content.flatMap((each) => (each.kind === 'function' ? [[each.name, each]] : [])));
  const lost = savedFunctions.map(({ alias }) => alias).filter((alias) => !functions.get(alias)?.ours);
  const paths = pathsThrough(functions, new Set(lost.filter((alias) => !functions.has(alias))));
  const theirs = content.filter((each) => each.kind !== 'function' || !each.ours);
  const judged = theirs.flatMap((each) => judge(each, paths) ?? []);
  const held = new Set(theirs.flatMap(({ kind, name }) => (kind === 'function' ? [name.toLowerCase()] : [])));
  const count = (kind: Content['kind']) => theirs.filter((each) => each.kind === kind).length;
  return {
    counts: { rules: count('rule'), hunting: count('hunting'), functions: count('function') },
    judged: judged.sort((a, b) => compare(rank(a), rank(b)) || a.name.localeCompare(b.name)),
    unrelated: theirs.length - judged.length,
    lost,
    taken: lost.filter((alias) => held.has(alias.toLowerCase())),
  };
}

type Saved = Content & { kind: 'function' };
type Test = (name: string) => boolean;

/** Where names lead, through the workspace's functions: to our table, to Okta by another way, to all sources of ASIM. */
type Paths = { functions: ReadonlyMap<string, Saved>; missing: ReadonlySet<string>; ours: Test; okta: Test; all: Test };

function pathsThrough(functions: ReadonlyMap<string, Saved>, missing: ReadonlySet<string>): Paths {
  const readers = new Map<string, string[]>();
  const note = (reader: string, name: string) => {
    const known = readers.get(name);
    if (known) known.push(reader);
    else readers.set(name, [reader]);
  };
  for (const { name, query, parameters } of functions.values()) {
    for (const each of namesIn(query, parameters)) note(name, each);
  }
  // A unifying parser that Sentinel brings along calls the workspace's custom one where there is one.
  for (const [name, { custom }] of unifying) if (name.startsWith('_')) note(name, custom);
  const to = (fits: Test) => leading(readers, fits);
  return {
    functions,
    missing,
    ours: to(isOurTable),
    okta: to((name) => insteadOf(name) !== undefined),
    all: to((name) => unifying.has(name)),
  };
}

/** Whether a name fits, or is that of a function that reads one that does; walked against the calls, so that rings end. */
function leading(readers: ReadonlyMap<string, string[]>, fits: Test): Test {
  const found = new Set<string>();
  const next = [...readers.keys()].filter(fits);
  for (let name = next.pop(); name !== undefined; name = next.pop()) {
    for (const reader of readers.get(name) ?? []) {
      if (found.has(reader)) continue;
      found.add(reader);
      next.push(reader);
    }
  }
  return (name) => fits(name) || found.has(name);
}

type Parser = { ours: string; custom: string };
/** The parsers of ours for ASIM, with filters and without, and the functions by which another source joins those that unify all. */
export const withFilters: Parser = { ours: 'vimAuthenticationOktaPatchbay', custom: 'Im_AuthenticationCustom' };
export const without: Parser = { ours: 'ASimAuthenticationOktaPatchbay', custom: 'ASim_AuthenticationCustom' };

/** The parsers that unify all sources of the ASIM Authentication schema, and by which function another source joins them. */
const unifying = new Map([
  ['imAuthentication', withFilters],
  ['_Im_Authentication', withFilters],
  ['ASimAuthentication', without],
  ['_ASim_Authentication', without],
]);

/** What others read Okta from, and what of ours gives the same columns. */
const sources = new Map([
  ['OktaSystemLogs', tableName],
  ['OktaV2_CL', tableName],
  ['Okta_CL', 'PatchbayOktaSSO'],
  ['OktaSSO', 'PatchbayOktaSSO'],
]);

function insteadOf(name: string): string | undefined {
  if (name.endsWith('*'))
    return isOurTable(name) ? undefined : [...sources].find(([source]) => covers(name, source))?.[1];
  if (/^(vim|_Im_)Authentication_?Okta(?!Patchbay)/.test(name)) return withFilters.ours;
  if (/^_?ASim_?Authentication_?Okta(?!Patchbay)/.test(name)) return without.ours;
  return sources.get(name);
}

function isOurTable(name: string): boolean {
  return covers(name, tableName);
}

/** `Okta*` covers every name that begins so. */
function covers(name: string, other: string): boolean {
  return name.endsWith('*') ? other.startsWith(name.slice(0, -1)) : name === other;
}

function judge(content: Content, paths: Paths): Judged | null {
  const { kind, name, query } = content;
  const names = [...namesIn(query, kind === 'function' ? content.parameters : '')];
  const base = { kind, name, enabled: kind !== 'rule' || content.enabled };
  const seeing = names.find(paths.ours);
  if (seeing !== undefined) return { ...base, sees: true, through: seeing };
  const found = remedyFor(content, names, paths);
  return found && { ...base, sees: false, ...found };
}

type Found = { through: string; remedy: Remedy };

function remedyFor(content: Content, names: string[], paths: Paths): Found | null {
  const lost = names.find((each) => paths.missing.has(each));
  if (lost !== undefined) return { through: lost, remedy: { kind: 'lost', name: lost } };
  const line = content.kind === 'function' ? extension(content) : undefined;
  const from = names.find((each) => insteadOf(each) !== undefined);
  const through = from ?? names.find(paths.okta);
  if (through === undefined) return unify(names, paths);
  if (line !== undefined) return { through, remedy: { kind: 'extend', line } };
  if (from === undefined) return { through, remedy: { kind: 'mend', name: through } };
  const or = paths.functions.has(from) ? 'mend' : from === 'OktaSSO' ? 'save' : null;
  return { through, remedy: { kind: 'replace', from, to: insteadOf(from) ?? '', or } };
}

/** What makes a function that others know by its name give our rows too. */
function extension({ name, parameters }: Saved): string | undefined {
  const ours = unifying.get(name)?.ours ?? insteadOf(name);
  return ours && lineFor(ours, parameters);
}

/** The line by which a function with these parameters gives the rows of ours too. */
export function lineFor(ours: string, parameters: string): string {
  return `| union isfuzzy=true (${callOf(ours, parameters)})`;
}

/** A call of ours that hands on what the calling function is given and ours takes. */
export function callOf(ours: string, given: string): string {
  const theirs = parametersOf(given);
  const taken = parametersOf(parametersOfOurs(ours));
  const handed = taken.filter((name) => theirs.includes(name)).map((name) => `${name}=${name}`);
  return handed.length > 0 ? `${ours}(${handed.join(', ')})` : ours;
}

/** What a function of ours may be given, as its saved search has it; nothing where there is no such function. */
export function parametersOfOurs(ours: string): string {
  return savedFunctions.find(({ alias }) => alias === ours)?.parameters ?? '';
}

function unify(names: string[], paths: Paths): Found | null {
  const from = names.find(paths.all);
  if (from === undefined) return null;
  const parser = unifying.get(from);
  if (parser === undefined) return { through: from, remedy: { kind: 'mend', name: from } };
  // One that was deployed to the workspace can be changed itself; Sentinel's own calls a custom one.
  const custom = paths.functions.has(from) ? from : parser.custom;
  const there = paths.functions.get(custom);
  // Where there is none, a new one is to have the parameters of ours; the one without filters needs none.
  const given = there?.parameters ?? (parser === withFilters ? parametersOfOurs(parser.ours) : '');
  const call = callOf(parser.ours, given);
  const line = `${there ? '| ' : ''}union isfuzzy=true (${call})`;
  return {
    through: from,
    remedy: { kind: 'unify', from, custom, exists: there !== undefined, ours: parser.ours, line },
  };
}

const kinds: Content['kind'][] = ['rule', 'hunting', 'function'];

/** Misses before sights, content about Okta before what unifies all sources, rules before functions, enabled before disabled. */
function rank(each: Judged): number[] {
  const general = !each.sees && each.remedy.kind === 'unify';
  return [Number(each.sees), Number(general), kinds.indexOf(each.kind), Number(!each.enabled)];
}

function compare(one: number[], other: number[]): number {
  const at = one.findIndex((value, index) => value !== other[index]);
  return at === -1 ? 0 : (one[at] ?? 0) - (other[at] ?? 0);
}
