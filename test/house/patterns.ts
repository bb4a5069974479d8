/** A regular expression as it stands in a file. */
export type Pattern = { file: string; source: string; flags: string };

/** Every regular expression that is written in these texts, by file; those inside of template texts among them. */
export function patternsIn(texts: ReadonlyMap<string, string>): Pattern[] {
  return [...texts].flatMap(([file, text]) => literalsIn(text).map((found) => ({ file, ...found })));
}

/** What is built at run time can't be found by its text: each place is named by hand. */
export function builtIn(texts: ReadonlyMap<string, string>): string[] {
  return [...texts].flatMap(([file, text]) => [...text.matchAll(/\bRegExp\(/g)].map(() => file));
}

// Comments, texts, templates without what is filled in, and regular expressions where no value stands before: then it would divide.
const token =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[\s\S])*`|\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*|[\w$]+|\s+|[\s\S]/g;
const filled = /\$\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}/g;
const words = new Set(['return', 'typeof', 'case', 'in', 'of', 'throw', 'await', 'yield', 'else']);

function literalsIn(text: string): Omit<Pattern, 'file'>[] {
  const found: Omit<Pattern, 'file'>[] = [];
  let before = '';
  for (let at = 0; at < text.length; ) {
    token.lastIndex = at;
    const [piece = ''] = token.exec(text) ?? [];
    const isPattern = piece.length > 1 && piece.startsWith('/') && !/^\/[/*]/.test(piece);
    if (isPattern && /[\w$)\]]$/.test(before) && !words.has(before)) {
      at += 1; // It divides.
      before = '/';
      continue;
    }
    if (isPattern) {
      const end = piece.lastIndexOf('/');
      found.push({ source: piece.slice(1, end), flags: piece.slice(end + 1) });
    }
    if (piece.startsWith('`')) for (const [, code = ''] of piece.matchAll(filled)) found.push(...literalsIn(code));
    at += piece.length;
    if (!/^(\s|\/[/*])/.test(piece)) before = piece;
  }
  return found;
}

/** Texts of about so many letters that are hard on a pattern: runs of each of its letters and words, of two of them, and almost matches. */
export function hardTexts({ source }: Pick<Pattern, 'source'>, letters: number): string[] {
  const plain = source
    .replace(/\\[bBdDwWsSpP]|\\u\w{4}|\(\?<?[=!:]|\(\?<\w+>|\{\d+,?\d*\}/g, '\n')
    .replace(/\\(.)/g, '$1');
  const literals = plain.split(/[\n()[\]|*+?^$]+/).filter(Boolean);
  const single = [...new Set([...plain.replace(/\s/g, ''), ...'a0 \n\t-_.<>/"=,A'])].slice(0, 24);
  const pieces = [...new Set([...literals, ...single])];
  const pairs = literals.flatMap((one) => ['a', ' ', '0', ...literals].map((other) => one + other));
  const ended = single.map((run) => `a${filledWith(run, letters)}\u0001`);
  const runs = [...pieces, ...new Set(pairs)].slice(0, 60).map((piece) => filledWith(piece, letters));
  const almost = literals.flatMap((one) =>
    ['a', ' ', '0', '.'].map((run) => `${one + filledWith(run, letters)}\u0001`),
  );
  return [...runs, ...ended, ...almost.slice(0, 24)];
}

function filledWith(piece: string, letters: number): string {
  return piece.repeat(Math.ceil(letters / piece.length));
}
