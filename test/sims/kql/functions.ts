import { text } from './arguments.ts';
import { dynamicFunctions } from './dynamic-functions.ts';
import type { Arg, Call, Eval } from './expression.ts';
import { ipFunctions } from './ip-functions.ts';
import { fail } from './language.ts';
import { numberFunctions } from './number-functions.ts';
import { ingestionTime, type Type } from './schema.ts';
import { textFunctions } from './text-functions.ts';
import { timeFunctions } from './time-functions.ts';
import { convert } from './values.ts';

/** Makes the value of a call from its arguments; a pure one may be computed once when they are constant. */
export type Builder = (args: Arg[], call: Call) => Eval;

function to(type: Type): Builder {
  return ([arg]) => {
    const { run, type: from } = arg as Arg;
    return (row) => convert(run(row), from, type);
  };
}

// A branch of another type than the call's (`iif(c, 1, 2.5)`, `case(c, d.x, 'a')`) is converted to it.
function branch(arg: Arg, type: Type): Eval {
  const { run, type: from } = arg;
  if (from === type) return run;
  return (row) => convert(run(row), from, type);
}

const iif: Builder = (args, { type }) => {
  const [condition, ...branches] = args as [Arg, Arg, Arg];
  const [then, otherwise] = branches.map((arg) => branch(arg, type)) as [Eval, Eval];
  return (row) => (condition.run(row) === true ? then(row) : otherwise(row));
};

const cases: Builder = (args, { type }) => {
  const otherwise = branch(args.at(-1) as Arg, type);
  const pairs: [Eval, Eval][] = [];
  for (let index = 0; index + 2 < args.length; index += 2) {
    pairs.push([(args[index] as Arg).run, branch(args[index + 1] as Arg, type)]);
  }
  return (row) => {
    for (const [condition, value] of pairs) if (condition(row) === true) return value(row);
    return otherwise(row);
  };
};

const coalesce: Builder = (args, { type }) => {
  const values = args.map((arg) => branch(arg, type));
  return (row) => {
    let value: unknown = null;
    for (const run of values) {
      value = run(row) ?? null;
      if (value !== null && value !== '') break;
    }
    return value;
  };
};

// A string is never null.
const isNull = (negate: boolean): Builder => {
  return ([arg]) => {
    const { run, type } = arg as Arg;
    return type === 'string' ? () => negate : (row) => ((run(row) ?? null) === null) !== negate;
  };
};

const isEmpty = (negate: boolean): Builder => {
  return ([arg]) => {
    const read = text(arg as Arg);
    return (row) => (read(row) === '') !== negate;
  };
};

// Without the column the second argument is the value; the analyser gave the call that type.
const columnIfExists: Builder = ([name, otherwise], { node, scope, type }) => {
  if (name === undefined || otherwise === undefined || !name.constant)
    return fail('argument', 'a literal name is expected', node);
  const column = String(name.run({}));
  return scope.columns.has(column) ? (row) => row[column] : branch(otherwise, type);
};

const conversions: [string, Type][] = [
  ['tostring', 'string'],
  ['toint', 'int'],
  ['tolong', 'long'],
  ['toreal', 'real'],
  ['todouble', 'real'],
  ['tobool', 'bool'],
  ['toboolean', 'bool'],
  ['todatetime', 'datetime'],
  ['totimespan', 'timespan'],
  ['toguid', 'guid'],
];

const pure = new Map<string, Builder>([
  ...conversions.map(([name, type]): [string, Builder] => [name, to(type)]),
  ['iif', iif],
  ['iff', iif],
  ['case', cases],
  ['coalesce', coalesce],
  ['isnull', isNull(false)],
  ['isnotnull', isNull(true)],
  ['isempty', isEmpty(false)],
  ['isnotempty', isEmpty(true)],
  ['notempty', isEmpty(true)],
  [
    'not',
    ([arg]) => {
      const { run } = arg as Arg;
      return (row) => {
        const value = (run(row) ?? null) as boolean | null;
        return value === null ? null : !value;
      };
    },
  ],
  ...textFunctions,
  ...timeFunctions,
  ...numberFunctions,
  ...dynamicFunctions,
  ...ipFunctions,
]);

// These read the run or the row beside their arguments.
const impure = new Map<string, Builder>([
  [
    'now',
    ([offset], { scope: { run } }) =>
      (row) =>
        run.now + Number(offset?.run(row) ?? 0),
  ],
  [
    'ago',
    ([span], { scope: { run } }) =>
      (row) =>
        run.now - Number((span as Arg).run(row)),
  ],
  [
    'ingestion_time',
    (_, { scope, node }) => {
      if (!scope.stored)
        return fail('ingestion_time', 'ingestion_time() has no value for rows that are not those of a table', node);
      return (row) => row[ingestionTime] ?? null;
    },
  ],
  ['column_ifexists', columnIfExists],
  ['columnifexists', columnIfExists],
]);

/** The scalar functions that can be run, by name. */
export const functions: ReadonlyMap<string, { provisioning: Builder; pure: boolean }> = new Map([
  ...[...pure].map(([name, provisioning]): [string, { provisioning: Builder; pure: boolean }] => [
    name,
    { provisioning, pure: true },
  ]),
  ...[...impure].map(([name, provisioning]): [string, { provisioning: Builder; pure: boolean }] => [
    name,
    { provisioning, pure: false },
  ]),
]);
