import { globSync, readFileSync } from 'node:fs';

/** Something that other files may call or name, with the comment directly above it (null for none) and its text. */
export type Exported = {
  file: string;
  name: string;
  kind: 'function' | 'class' | 'type' | 'method';
  comment: string | null;
  text: string;
};

const declaration = /^export (?:async )?(function|class|type|interface)\*? (\w+)/;
const functionInConst = /^export const (\w+)(?:: [^=]+)? = (?:async )?(?:\([^()]*\)(?:: [^=]+)? =>|\w+ =>|function\b)/;
/** A method or accessor, two blanks in as the formatter sets it; what overrides one of the SDK has its promise there. */
const method = /^ {2}(?:static )?(?:async )?\*?(?:(?:get|set) )?(?!constructor\b)([a-z]\w*)(?:<[^(]*>)?\(/;

/** All that the files below these folders export, as the formatter sets it. */
export function exportsOf(folders: string[]): Exported[] {
  const root = new URL('../../', import.meta.url);
  const files = globSync(
    folders.map((folder) => `${folder}/**/*.ts`),
    { cwd: root.pathname },
  );
  return files.sort().flatMap((file) => exportsIn(file, readFileSync(new URL(file, root), 'utf8')));
}

/** What one file exports: functions, classes with the methods that others may call, and types. */
export function exportsIn(file: string, source: string): Exported[] {
  const lines = source.split('\n');
  let inside: string | null = null;
  return lines.flatMap((line, at) => {
    const found = declared(line, inside);
    if (found?.kind === 'class') inside = found.name;
    else if (line === '}') inside = null;
    return found ? [{ file, ...found, comment: commentAbove(lines, at), text: textFrom(lines, at) }] : [];
  });
}

function declared(line: string, inside: string | null): Pick<Exported, 'name' | 'kind'> | null {
  const [, kind, name] = declaration.exec(line) ?? [];
  if (kind && name) return { name, kind: kind === 'interface' ? 'type' : (kind as Exported['kind']) };
  const constant = functionInConst.exec(line)?.[1];
  if (constant) return { name: constant, kind: 'function' };
  const own = inside && method.exec(line)?.[1];
  return own ? { name: `${inside}.${own}`, kind: 'method' } : null;
}

function commentAbove(lines: string[], at: number): string | null {
  const above = lines[at - 1]?.trim() ?? '';
  if (above.startsWith('//')) return above;
  if (!above.endsWith('*/')) return null;
  const start = lines.findLastIndex((line, index) => index < at && line.trim().startsWith('/*'));
  return lines.slice(start, at).join('\n');
}

/** From its first line to the brace, at the same depth, that closes it. */
function textFrom(lines: string[], at: number): string {
  const first = lines[at] ?? '';
  if (/[;}]$/.test(first)) return first;
  const indent = /^ */.exec(first)?.[0] ?? '';
  const end = lines.findIndex((line, index) => index > at && [`${indent}}`, `${indent}};`].includes(line));
  return lines.slice(at, end + 1).join('\n');
}

/** A sentence for each that has no doc comment directly above it, or does not say which ConnectorError it throws. */
export function undocumented(exported: Exported[]): string[] {
  return exported.flatMap((each) => {
    const fault = faultOf(each);
    return fault ? [`${each.file}: ${each.name} ${fault}`] : [];
  });
}

function faultOf({ kind, comment, text }: Exported): string | null {
  const line = kind === 'type' && comment?.startsWith('//');
  if (!line && !comment?.trimStart().startsWith('/**')) return 'has no doc comment directly above it';
  if (kind === 'class' || kind === 'type') return null;
  const thrown = [...text.matchAll(/\bthrow new ConnectorError\((?:'([a-z-]+)')?/g)].map(([, reason]) => reason);
  const said = ['ConnectorError', ...thrown].filter((word) => word !== undefined && !comment?.includes(word));
  return thrown.length > 0 && said.length > 0 ? `throws and does not say: ${[...new Set(said)].join(', ')}` : null;
}
