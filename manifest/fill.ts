import { readVariables } from '../bot/config/read.ts';
import { type Variable, variables } from '../bot/config/variables.ts';

const table: [field: string, variable: Variable<unknown>][] = Object.entries(variables);
const used = table.filter(([, { usedBy }]) => usedBy.includes('package'));

/** What differs from one organization to the next: the names of the placeholders, which are those of variables. */
export const placeholders = used.map(([, { name }]) => name);

/** How a variable is called on the command line: `--bot-host` for BOT_HOST. */
export function optionOf(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

/** The value of every placeholder by its name, and one sentence for each that is missing or wrong. Never throws. */
export function readPlaceholders(given: Map<string, string>): { values: Map<string, string>; faults: string[] } {
  const { values, faults } = readVariables('package', Object.fromEntries(given));
  const byField = new Map<string, string | null>(Object.entries(values));
  return {
    values: new Map(used.map(([field, { name }]) => [name, byField.get(field) ?? ''])),
    faults: faults.map(({ name, says, given }) => {
      const wrong = given === null ? '' : `, and is "${given}"`;
      return `${name} (or --${optionOf(name)})${says}${wrong}.`;
    }),
  };
}

/** The manifest with each `${{NAME}}` that has a value replaced; others stay, for the check to find. */
export function fill(manifest: string, values: Map<string, string>): unknown {
  return JSON.parse(manifest, (_key, value: unknown) =>
    typeof value === 'string'
      ? value.replace(/\$\{\{(\w+)\}\}/g, (whole, name: string) => values.get(name) ?? whole)
      : value,
  );
}
