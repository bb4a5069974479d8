import { patternOf, text } from './arguments.ts';
import type { Arg, Eval } from './expression.ts';

type Test = (text: string) => boolean;
type Operator = (left: Arg, right: Arg) => Eval;

/** A test of a text against another one; the test is made once when the other one is constant. */
function textTest(make: (needle: string) => Test, negate = false): Operator {
  return (left, right) => {
    const read = text(left);
    const needle = text(right);
    if (!right.constant) return (row) => make(needle(row))(read(row)) !== negate;
    const test = make(needle({}));
    return (row) => test(read(row)) !== negate;
  };
}

/** The same test without regard to case. */
export function anyCase(make: (needle: string) => Test): (needle: string) => Test {
  return (needle) => {
    const test = make(needle.toLowerCase());
    return (value) => test(value.toLowerCase());
  };
}

const letterOrDigit = /[\p{L}\p{N}]/u;

/** Whether a text has the needle as a whole term: no letter or digit touches it where it has one itself. */
export function hasTerm(before: boolean, after: boolean): (needle: string) => Test {
  return (needle) => {
    const guardBefore = before && letterOrDigit.test(needle.at(0) ?? '');
    const guardAfter = after && letterOrDigit.test(needle.at(-1) ?? '');
    return (value) => {
      for (let at = value.indexOf(needle); at !== -1; at = value.indexOf(needle, at + 1)) {
        const free = !guardBefore || !letterOrDigit.test(value[at - 1] ?? '');
        if (free && (!guardAfter || !letterOrDigit.test(value[at + needle.length] ?? ''))) return true;
      }
      return false;
    };
  };
}

const tests: [name: string, make: (needle: string) => Test][] = [
  ['has', hasTerm(true, true)],
  ['hasprefix', hasTerm(true, false)],
  ['hassuffix', hasTerm(false, true)],
  ['contains', (needle) => (value) => value.includes(needle)],
  ['startswith', (needle) => (value) => value.startsWith(needle)],
  ['endswith', (needle) => (value) => value.endsWith(needle)],
];

const same = (needle: string) => (value: string) => value === needle;

const matches: Operator = (left, right) => {
  const [read, regex] = [text(left), patternOf(right)];
  return (row) => regex(row).test(read(row));
};

/** The binary operators of texts, by their name in the query. */
export const textOperators = new Map<string, Operator>([
  ['=~', textTest(anyCase(same))],
  ['!~', textTest(anyCase(same), true)],
  ['matches regex', matches],
  ...tests.flatMap(([name, make]): [string, Operator][] => [
    [name, textTest(anyCase(make))],
    [`!${name}`, textTest(anyCase(make), true)],
    [`${name}_cs`, textTest(make)],
    [`!${name}_cs`, textTest(make, true)],
  ]),
]);
