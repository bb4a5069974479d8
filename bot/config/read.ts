import type { Given, Kind } from './kinds.ts';
import { type Program, type Variable, variables } from './variables.ts';

/** The environment of a process. */
export type Environment = Record<string, string | undefined>;

/** What is missing or wrong: `says` goes on after the name, and `given` is what is wrong, null for what is missing. */
export type Fault = { name: string; says: string; given: string | null };

type Table = typeof variables;

/** null where nothing stands in for what is not set, unless it is always needed. */
type ValueOf<V> = V extends { kind: Kind<infer T>; fallback: infer F }
  ? [F] extends [null]
    ? V extends { needed: { what: string; when?: never } }
      ? T
      : T | null
    : T
  : never;

/** The values of the variables that a program uses, by field. */
export type Values<P extends Program> = {
  [F in keyof Table as P extends Table[F]['usedBy'][number] ? F : never]: ValueOf<Table[F]>;
};

const table: [field: string, variable: Variable<unknown>][] = Object.entries(variables);

/**
 * Reads and checks the variables that the program uses. Each fault is named, in the order of the table; the values mean
 * something only when there is none. Never throws for what stands in `env`.
 */
export function readVariables<P extends Program>(program: P, env: Environment): { values: Values<P>; faults: Fault[] } {
  const given = givenIn(env);
  const used = table.filter(([, { usedBy }]) => usedBy.includes(program));
  const values = used.map(([field, { name, kind }]) => {
    const text = given.textOf(name);
    return [field, text === null ? null : kind.read(text)];
  });
  return { values: Object.fromEntries(values), faults: used.flatMap(([, variable]) => faultsOf(variable, given)) };
}

function givenIn(env: Environment): Given {
  const given: Given = {
    isSet: (name) => Boolean(env[name]?.trim()),
    textOf: (name) => env[name]?.trim() || fallbackOf(name, given),
  };
  return given;
}

function fallbackOf(name: string, given: Given): string | null {
  const fallback = table.find(([, variable]) => variable.name === name)?.[1].fallback;
  if (fallback === undefined) throw new Error(`No variable is called ${name}.`);
  return typeof fallback === 'function' ? fallback(given) : fallback;
}

function faultsOf({ name, kind, needed }: Variable<unknown>, given: Given): Fault[] {
  if (given.isSet(name)) {
    const text = given.textOf(name) ?? '';
    return kind.faults(text, given).map((says) => ({ name, says, given: text }));
  }
  if (!needed || needed.when?.(given) === false) return [];
  return [{ name: needed.called ?? name, says: ` is missing: ${needed.what}`, given: null }];
}
