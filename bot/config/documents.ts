import { type Documented, readElsewhere, type Variable, variables } from './variables.ts';

const documented: Documented[] = [...Object.values(variables), ...readElsewhere];
const width = 120;
const head = '| Variable | Default | Meaning |\n|---|---|---|\n';

/** README with its table of variables as it must be; throws when it has none. */
export function withTable(readme: string): string {
  const start = readme.indexOf(head);
  if (start < 0) throw new Error(`README.md has no table that begins with ${head}`);
  const rest = readme.slice(start).replace(/^(\|.*\n)+/, '');
  return `${readme.slice(0, start)}${head}${documented.map(row).join('')}${rest}`;
}

/** The whole of .env.example. */
export function exampleFile(): string {
  return documented.map(paragraph).join('').trimStart();
}

function row(variable: Documented): string {
  const fallback = fallbackOf(variable);
  const shown = variable.shownAs ?? (fallback && `\`${fallback}\``);
  return `| \`${variable.name}\` | ${shown ? `${shown} ` : ''}| ${variable.meaning} |\n`;
}

/** A variable under its comment; with the one before it, where that comment is for both. */
function paragraph(variable: Documented): string {
  const { name, meaning, comment = upperFirst(meaning.replaceAll('`', '')), example } = variable;
  const line = example === undefined ? `${name}=${fallbackOf(variable)}` : `# ${name}=${example}`;
  return `${comment && `\n${wrapped(comment)}`}${line}\n`;
}

function fallbackOf(variable: Documented & Partial<Variable<unknown>>): string {
  return typeof variable.fallback === 'string' ? variable.fallback : '';
}

function upperFirst(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function wrapped(comment: string): string {
  const lines = ['#'];
  for (const word of comment.split(/\s+/)) {
    const line = `${lines.at(-1)} ${word}`;
    if (line.length <= width) lines[lines.length - 1] = line;
    else lines.push(`# ${word}`);
  }
  return `${lines.join('\n')}\n`;
}
