import { numeric, text } from './arguments.ts';
import type { Arg, Eval } from './expression.ts';
import { fail, type Node } from './language.ts';
import type { Row, Type } from './schema.ts';
import { anyCase, hasTerm } from './text-operators.ts';
import { convert, toText } from './values.ts';

/** `between (low .. high)`, both ends included; a timespan after a time counts from it. */
export function between(value: Arg, [low, high]: [Arg, Arg], negate: boolean): Eval {
  const [read, from, to] = [numeric(value), numeric(low), numeric(high)];
  const relative = low.type === 'datetime' && high.type === 'timespan';
  return (row) => {
    const [at, start, end] = [read(row), from(row), to(row)];
    if (at === null || start === null || end === null) return null;
    return (at >= start && at <= (relative ? start + end : end)) !== negate;
  };
}

/** `in`, `!in`, `in~`, `!in~`, `has_any`, `has_all` over a list of values or one dynamic array. */
export function valueIn(operator: string, value: Arg, values: Arg[], node: Node): Eval {
  const all = listed(values);
  const constant = values.every((item) => item.constant);
  const make = membership(operator, value, values, node);
  if (!constant) return (row) => make(all(row))(row);
  return make(all({}));
}

type Listed = { value: unknown; type: Type }[];

function listed(values: Arg[]): (row: Row) => Listed {
  return (row) =>
    values.flatMap((item): Listed => {
      const value = item.run(row);
      if (item.type !== 'dynamic' || !Array.isArray(value)) return [{ value, type: item.type }];
      return value.map((part) => ({ value: part, type: 'dynamic' as const }));
    });
}

function membership(operator: string, value: Arg, values: Arg[], node: Node): (items: Listed) => Eval {
  const negate = operator.startsWith('!');
  const read = text(value);
  switch (operator.replace('!', '')) {
    case 'in': {
      const type = value.type === 'dynamic' ? (values[0]?.type ?? 'string') : value.type;
      return (items) => {
        const set = new Set(items.map((item) => convert(item.value, item.type, type)));
        return (row) => set.has(convert(value.run(row), value.type, type)) !== negate;
      };
    }
    case 'in~':
      return (items) => {
        const set = new Set(items.map((item) => toText(item.value, item.type).toLowerCase()));
        return (row) => set.has(read(row).toLowerCase()) !== negate;
      };
    case 'has_any':
    case 'has_all': {
      const quantifier = operator === 'has_any' ? 'some' : 'every';
      return (items) => {
        const checks = items.map((item) => anyCase(hasTerm(true, true))(toText(item.value, item.type)));
        return (row) => {
          const of = read(row);
          return checks[quantifier]((check) => check(of));
        };
      };
    }
    default:
      return fail('operator', `cannot run the operator ${operator}`, node);
  }
}
