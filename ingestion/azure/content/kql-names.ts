/**
 * The tables and functions that a KQL text may read: identifiers outside of strings and comments, without what `let` and
 * `parameters` (as a saved search has them) name, without what is assigned to or stands behind a dot. Columns are among
 * them, as only a schema could tell; `Okta*` of a union stays as it is. Any text has an answer, broken KQL too.
 */
export function namesIn(text: string, parameters = ''): Set<string> {
  const tokens = tokensOf(text);
  const scopes = [parametersOf(parameters)];
  /** How many open scopes name it. */
  const named = new Map<string, number>();
  const declare = (name: string, times: 1 | -1) => named.set(name, (named.get(name) ?? 0) + times);
  for (const name of parametersOf(parameters)) declare(name, 1);
  const lets: { name: string; depth: number }[] = [];
  const found = new Set<string>();
  const read = (name: string) => {
    if (!named.get(name)) found.add(name);
  };
  let depth = 0;
  for (let at = 0; at < tokens.length; at++) {
    const { kind, text: word } = tokens[at] as Token;
    if (kind === 'name') {
      const made = word === 'let' ? nameAt(tokens, at + 1) : null;
      if (made && isAssigned(tokens, made.end)) {
        lets.push({ name: made.name, depth });
        at = made.end;
      } else if (word === 'dynamic' && tokens[at + 1]?.text === '(') {
        at = closing(tokens, at + 1);
      } else if (word === 'table' && tokens[at + 1]?.text === '(' && tokens[at + 2]?.kind === 'text') {
        read(unquoted(tokens[at + 2] as Token));
      } else if (!isPart(tokens, at) && !isAssigned(tokens, at + 1)) {
        read(isPrefix(tokens, at) ? `${word}*` : word);
      }
    } else if (word === '[') {
      const quoted = isIndex(tokens, at) ? null : nameAt(tokens, at);
      if (quoted && !isAssigned(tokens, quoted.end)) read(quoted.name);
    }
    if (kind !== 'sign') continue;
    if ('([{'.includes(word)) depth++;
    if (')]}'.includes(word)) depth--;
    if (word === '{') scopes.push([]);
    if (word === '}' && scopes.length > 1) for (const name of scopes.pop() ?? []) declare(name, -1);
    // A name counts from the end of its own statement on: `let T = T | …` reads the table.
    while (word === ';' && lets.at(-1) && (lets.at(-1)?.depth ?? 0) >= depth) {
      const name = lets.pop()?.name ?? '';
      scopes.at(-1)?.push(name);
      declare(name, 1);
    }
  }
  return found;
}

/** The names of the parameters of a saved function: `starttime` and `pack` of `starttime:datetime=datetime(null), pack:bool=false`. */
export function parametersOf(text: string): string[] {
  return [...text.matchAll(/\b(\w+)\s*:/g)].map(([, name = '']) => name);
}

/** `glued`: nothing stands between it and what comes before. */
type Token = { kind: 'name' | 'text' | 'number' | 'sign'; text: string; glued: boolean };

const pattern = new RegExp(
  [
    /(?<gap>\s+|\/\/[^\n]*)/,
    /(?<text>[hH]?(?:```[\s\S]*?(?:```|$)|~~~[\s\S]*?(?:~~~|$)|@'(?:[^'\n]|'')*'?|@"(?:[^"\n]|"")*"?|'(?:[^'\\\n]|\\.)*'?|"(?:[^"\\\n]|\\.)*"?))/,
    /(?<name>[A-Za-z_]\w*)/,
    /(?<number>\d\w*)/,
    /(?<sign>[\s\S])/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
);

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let glued = false;
  for (const { groups = {} } of text.matchAll(pattern)) {
    const kind = (['name', 'text', 'number', 'sign'] as const).find((each) => groups[each] !== undefined);
    if (kind) tokens.push({ kind, text: groups[kind] ?? '', glued });
    glued = kind !== undefined;
  }
  return tokens;
}

/** A name as it is or quoted (`['a name']`), and the place behind it; null when there is none. */
function nameAt(tokens: Token[], at: number): { name: string; end: number } | null {
  const [first, second, third] = tokens.slice(at, at + 3);
  if (first?.kind === 'name') return { name: first.text, end: at + 1 };
  if (first?.text !== '[' || second?.kind !== 'text' || third?.text !== ']') return null;
  return { name: unquoted(second), end: at + 3 };
}

/** A single `=`, as in a named column or argument. */
function isAssigned(tokens: Token[], at: number): boolean {
  const next = tokens[at + 1];
  return tokens[at]?.text === '=' && !(next?.glued && /^[=~]/.test(next.text));
}

/** Behind a dot: a part of a value, or a table of another workspace. Two dots are a range. */
function isPart(tokens: Token[], at: number): boolean {
  return tokens[at - 1]?.text === '.' && tokens[at - 2]?.text !== '.';
}

/** `d['key']` takes a part of a value, where `union ['a table']` names one. */
function isIndex(tokens: Token[], at: number): boolean {
  return (tokens[at]?.glued ?? false) && /^(\w+|\)|\])$/.test(tokens[at - 1]?.text ?? '');
}

/** `Okta*` in a union, which no product `a*b` is. */
function isPrefix(tokens: Token[], at: number): boolean {
  const [star, next] = tokens.slice(at + 1, at + 3);
  return star?.text === '*' && star.glued && !(next?.glued && /^[\w(]/.test(next.text));
}

function unquoted({ text }: Token): string {
  return text.replace(/^[hH]?@?(```|~~~|['"])/, '').replace(/(```|~~~|['"])$/, '');
}

/** The place of the bracket that closes the one at `at`; the end of the text where none does. */
function closing(tokens: Token[], at: number): number {
  let depth = 0;
  for (let place = at; place < tokens.length; place++) {
    const { kind, text } = tokens[place] as Token;
    if (kind !== 'sign') continue;
    if (text === '(') depth++;
    if (text === ')' && --depth === 0) return place;
  }
  return tokens.length;
}
