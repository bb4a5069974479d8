/** What our files in YAML hold. */
export type Yaml = string | number | boolean | readonly Yaml[] | { readonly [name: string]: Yaml };

/**
 * A mapping as YAML of the plainest kind: a line for each scalar, texts of several lines as blocks, single words, ids and versions
 * as they are, and everything else as JSON has it. Source: yaml.org/spec/1.2.2.
 */
export function yamlOf(value: { readonly [name: string]: Yaml }): string {
  return `${mapping(value, '').join('\n')}\n`;
}

function mapping(value: { readonly [name: string]: Yaml }, indent: string): string[] {
  return Object.entries(value).flatMap(([name, each]) => member(`${indent}${name}:`, each, indent));
}

function member(head: string, value: Yaml, indent: string): string[] {
  const inner = `${indent}  `;
  if (typeof value === 'string' && value.includes('\n')) {
    return [`${head} |`, ...value.split('\n').map((line) => (line ? `${inner}${line}` : ''))];
  }
  if (typeof value !== 'object' || Object.keys(value).length === 0) return [`${head} ${scalar(value)}`];
  return [head, ...(isList(value) ? sequence(value, inner) : mapping(value, inner))];
}

function sequence(values: readonly Yaml[], indent: string): string[] {
  return values.flatMap((each) => {
    if (typeof each !== 'object' || isList(each)) return [`${indent}- ${scalar(each)}`];
    const [first = '', ...rest] = mapping(each, `${indent}  `);
    return [`${indent}- ${first.trimStart()}`, ...rest];
  });
}

const plain = /^(?:[A-Za-z]\w+|\d+[mhd]|\d+\.\d+\.\d+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
const taken = /^(?:true|false|null|yes|no|on|off)$/i;

function scalar(value: Yaml): string {
  return typeof value === 'string' && plain.test(value) && !taken.test(value) ? value : JSON.stringify(value);
}

function isList(value: Yaml): value is readonly Yaml[] {
  return Array.isArray(value);
}
