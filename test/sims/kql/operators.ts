import { numeric } from './arguments.ts';
import type { Arg, Eval } from './expression.ts';
import { fail, type Node } from './language.ts';
import type { Type } from './schema.ts';
import { textOperators } from './text-operators.ts';
import { convert } from './values.ts';

/** The prefix operators. */
export const unary = new Map<string, (operand: Arg) => Eval>([
  ['-', (operand) => ifNumber(operand, (value) => -value)],
  ['+', (operand) => ifNumber(operand, (value) => value)],
]);

function ifNumber(operand: Arg, apply: (value: number) => number): Eval {
  const read = numeric(operand);
  return (row) => {
    const value = read(row);
    return value === null ? null : apply(value);
  };
}

const whole: ReadonlySet<Type> = new Set(['int', 'long']);
const numbers: ReadonlySet<Type> = new Set(['int', 'long', 'real']);

function arithmetic(apply: (left: number, right: number) => number | null): (left: Arg, right: Arg) => Eval {
  return (left, right) => {
    const first = numeric(left);
    const second = numeric(right);
    return (row) => {
      const a = first(row);
      const b = second(row);
      return a === null || b === null ? null : apply(a, b);
    };
  };
}

function divide(left: Arg, right: Arg): Eval {
  const integral = whole.has(left.type) && whole.has(right.type);
  return arithmetic((a, b) => (integral ? (b === 0 ? null : Math.trunc(a / b)) : a / b))(left, right);
}

// Two dynamics cannot be compared, and neither can two types without a common one: the service asks for a cast.
function comparable(left: Arg, right: Arg, node: Node): [Eval, Eval] {
  if (left.type === right.type && left.type !== 'dynamic') return [left.run, right.run];
  if (numbers.has(left.type) && numbers.has(right.type)) return [left.run, right.run];
  if (left.type === 'dynamic' && right.type !== 'dynamic') return [as(left, right.type), right.run];
  if (right.type === 'dynamic' && left.type !== 'dynamic') return [left.run, as(right, left.type)];
  return fail('type', `cannot compare ${left.type} with ${right.type}: add a cast`, node);
}

function as(arg: Arg, type: Type): Eval {
  const { run, type: from } = arg;
  // A whole number in the query must not cut the decimals of the dynamic.
  const target = whole.has(type) ? 'real' : type;
  return (row) => convert(run(row), from, target);
}

/** Equality as KQL has it: null and a value are unequal, two nulls are unknown. */
function equality(same: boolean): (left: Arg, right: Arg, node: Node) => Eval {
  return (left, right, node) => {
    const [first, second] = comparable(left, right, node);
    return (row) => {
      const a = first(row) ?? null;
      const b = second(row) ?? null;
      return a === null && b === null ? null : (a === b) === same;
    };
  };
}

function order(holds: (a: number | string, b: number | string) => boolean): (l: Arg, r: Arg, node: Node) => Eval {
  return (left, right, node) => {
    const [first, second] = comparable(left, right, node);
    return (row) => {
      const a = (first(row) ?? null) as number | string | null;
      const b = (second(row) ?? null) as number | string | null;
      return a === null || b === null ? null : holds(a, b);
    };
  };
}

/** The binary operators by their text in the query. */
export const binary = new Map<string, (left: Arg, right: Arg, node: Node) => Eval>([
  ['+', arithmetic((a, b) => a + b)],
  ['-', arithmetic((a, b) => a - b)],
  ['*', arithmetic((a, b) => a * b)],
  ['/', divide],
  ['%', arithmetic((a, b) => (b === 0 ? null : a % b))],
  ['==', equality(true)],
  ['!=', equality(false)],
  ['<>', equality(false)],
  ['<', order((a, b) => a < b)],
  ['<=', order((a, b) => a <= b)],
  ['>', order((a, b) => a > b)],
  ['>=', order((a, b) => a >= b)],
  ['and', and],
  ['or', or],
  ...textOperators,
]);

function and(left: Arg, right: Arg): Eval {
  return (row) => {
    const a = left.run(row) ?? null;
    if (a === false) return false;
    const b = right.run(row) ?? null;
    return b === false ? false : a === null || b === null ? null : true;
  };
}

function or(left: Arg, right: Arg): Eval {
  return (row) => {
    const a = left.run(row) ?? null;
    if (a === true) return true;
    const b = right.run(row) ?? null;
    return b === true ? true : a === null || b === null ? null : false;
  };
}
