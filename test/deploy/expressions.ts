/** One expression of a template as a tree. */
export type Expression =
  | { kind: 'literal'; value: string | number }
  | { kind: 'call'; name: string; args: Expression[] }
  | { kind: 'member'; of: Expression; name: Expression };

/** What a function of a template gets: its arguments, evaluated only when they are asked for. */
export type Call = { count: number; arg(index: number): unknown };
export type Functions = Map<string, (call: Call) => unknown>;

const token = /\s*(?:'((?:[^']|'')*)'|(-?\d+)|([A-Za-z_]\w*)|([()[\],.]))/y;
type Token = { text: string; kind: 'string' | 'number' | 'word' | 'sign' };

/** Whether a string of a template is an expression; `[[` is a bracket that is meant. */
export function isExpression(text: string): boolean {
  return text.startsWith('[') && text.endsWith(']') && !text.startsWith('[[');
}

/** Parses an expression in its brackets. Throws an Error that says where it can't be read. */
export function parse(text: string): Expression {
  const tokens = tokensOf(text.slice(1, -1));
  let at = 0;
  const take = (wanted?: string): Token => {
    const next = tokens[at++];
    if (!next || (wanted !== undefined && (next.text !== wanted || next.kind !== 'sign'))) {
      throw new Error(`${text}: expected ${wanted ?? 'more'}, found ${next?.text ?? 'its end'}`);
    }
    return next;
  };
  const isNext = (sign: string) => tokens[at]?.kind === 'sign' && tokens[at]?.text === sign;

  function readCall(name: string): Expression {
    const args: Expression[] = [];
    take('(');
    while (!isNext(')')) {
      if (args.length > 0) take(',');
      args.push(read());
    }
    take(')');
    return { kind: 'call', name, args };
  }

  function readFirst(): Expression {
    const { kind, text: word } = take();
    if (kind === 'string') return { kind: 'literal', value: word };
    if (kind === 'number') return { kind: 'literal', value: Number(word) };
    if (kind === 'word') return readCall(word);
    throw new Error(`${text}: unexpected ${word}`);
  }

  function read(): Expression {
    let expression = readFirst();
    while (isNext('.') || isNext('[')) {
      if (take().text === '.') {
        expression = { kind: 'member', of: expression, name: { kind: 'literal', value: take().text } };
      } else {
        expression = { kind: 'member', of: expression, name: read() };
        take(']');
      }
    }
    return expression;
  }

  const expression = read();
  if (at < tokens.length) throw new Error(`${text}: unexpected ${tokens[at]?.text}`);
  return expression;
}

/** Every call in an expression, the arguments' own among them. */
export function callsIn(expression: Expression): { name: string; args: Expression[] }[] {
  if (expression.kind === 'literal') return [];
  if (expression.kind === 'member') return [...callsIn(expression.of), ...callsIn(expression.name)];
  return [expression, ...expression.args.flatMap(callsIn)];
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.trimEnd().length) {
    const from = token.lastIndex;
    const found = token.exec(text);
    if (!found) throw new Error(`[${text}]: can't be read from character ${from + 1} on`);
    const [, string, number, word, sign] = found;
    if (string !== undefined) tokens.push({ kind: 'string', text: string.replaceAll("''", "'") });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else tokens.push({ kind: 'sign', text: sign ?? '' });
  }
  return tokens;
}

/** The value of an expression. Throws an Error for an unknown function, or a member that is not there. */
export function evaluate(expression: Expression, functions: Functions): unknown {
  if (expression.kind === 'literal') return expression.value;
  if (expression.kind === 'member') {
    const name = String(evaluate(expression.name, functions));
    const owner = evaluate(expression.of, functions);
    // Names of members do not tell cases apart.
    const found = Object.entries(Object(owner)).find(([key]) => key.toLowerCase() === name.toLowerCase());
    if (!found) throw new Error(`there is no member ${name}`);
    return found[1];
  }
  const { name, args } = expression;
  const run = functions.get(name.toLowerCase());
  if (!run) throw new Error(`there is no function ${name}`);
  return run({
    count: args.length,
    arg(index) {
      const argument = args[index];
      if (!argument) throw new Error(`${name} lacks an argument`);
      return evaluate(argument, functions);
    },
  });
}
