import type { Json } from '../template.ts';

type Line = { number: number; indent: number; text: string };

/**
 * Reads YAML of the kind that we write: mappings and lists by their indent, blocks of text, plain words, and whatever else as JSON
 * has it. Throws an Error that names the line for anything else, though other YAML may be right too.
 */
export function readYaml(text: string): Json {
  const reader = new Reader(text);
  const value = reader.mapping(0);
  reader.end();
  return value;
}

class Reader {
  readonly #lines: Line[];
  #at = 0;

  constructor(text: string) {
    this.#lines = text.split('\n').map((line, index) => ({
      number: index + 1,
      indent: line.length - line.trimStart().length,
      text: line.trim(),
    }));
  }

  mapping(indent: number): Json {
    const found: { [name: string]: Json } = {};
    for (let line = this.#next(); line?.indent === indent; line = this.#next()) {
      const [, name, rest = ''] = /^([A-Za-z]\w*):(?: (.*))?$/.exec(line.text) ?? [];
      if (name === undefined) throw new Error(`line ${line.number} is no member of a mapping`);
      if (name in found) throw new Error(`line ${line.number} says ${name} again`);
      this.#at++;
      found[name] = this.#value(rest, line);
    }
    return found;
  }

  end(): void {
    const line = this.#next();
    if (line) throw new Error(`line ${line.number} stands where nothing is expected`);
  }

  #list(indent: number): Json {
    const found: Json[] = [];
    for (let line = this.#next(); line?.indent === indent && line.text.startsWith('- '); line = this.#next()) {
      const rest = line.text.slice(2);
      if (/^[A-Za-z]\w*:(?: |$)/.test(rest)) {
        line.indent += 2;
        line.text = rest;
        found.push(this.mapping(line.indent));
      } else {
        this.#at++;
        found.push(scalar(rest, line));
      }
    }
    return found;
  }

  #value(rest: string, { indent, number }: Line): Json {
    if (rest === '|') return this.#block(indent + 2);
    if (rest !== '') return scalar(rest, { number });
    const inner = this.#next();
    if (!inner || inner.indent !== indent + 2) throw new Error(`line ${number} has no value`);
    return inner.text.startsWith('- ') ? this.#list(inner.indent) : this.mapping(inner.indent);
  }

  /** The lines that are indented as far, or empty; of empty ones at the end none is left. */
  #block(indent: number): string {
    const lines: string[] = [];
    for (let line = this.#lines[this.#at]; line && (line.text === '' || line.indent >= indent); ) {
      lines.push(line.text === '' ? '' : `${' '.repeat(line.indent - indent)}${line.text}`);
      line = this.#lines[++this.#at];
    }
    return `${lines.join('\n').trimEnd()}\n`;
  }

  #next(): Line | undefined {
    while (this.#lines[this.#at]?.text === '') this.#at++;
    return this.#lines[this.#at];
  }
}

function scalar(text: string, { number }: { number: number }): Json {
  if (/^[A-Za-z0-9][\w.-]*$/.test(text) && !/^(?:true|false|null|\d+)$/.test(text)) return text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new Error(`line ${number} has a value that is not read: ${text}`);
  }
}
