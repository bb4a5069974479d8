import assert from 'node:assert/strict';
import { test } from 'node:test';
import { children, kindOf, type Node, parse } from '../sims/kql/language.ts';
import { columnsFrom, KqlError } from '../sims/kql.ts';
import { texts } from '../unit/kql-texts.ts';

/** The tables and functions that Microsoft's parser finds a text to refer to. */
function referred(node: Node): string[] {
  const symbol = (node as { ReferencedSymbol?: { Name: string; Kind?: unknown } | null }).ReferencedSymbol;
  const name = kindOf(node) === 'NameReference' ? symbol?.Name : undefined;
  return [...(name ? [name] : []), ...children(node).flatMap(referred)];
}

// A name that `let` makes has the same symbol name as a table, and table() names its table in a text.
const unlike = /let \W*OktaSSO|table\(/;

test('of texts that Microsoft’s parser takes it reads the same tables', () => {
  const columns = columnsFrom(['TimeGenerated', 'a', 'b', 'd', 'x'].map((name) => ({ name, type: 'dynamic' })));
  const tables = new Map(['Okta_CL', 'OktaV2_CL', 'OktaSSO', 'T', 'Heartbeat'].map((name) => [name, columns]));
  let compared = 0;
  for (const [what, text, names] of texts.filter(([, each]) => !unlike.test(each))) {
    const parsed = accepted(text, tables);
    if (!parsed) continue;
    const tablesOf = (all: string[]) => all.filter((name) => tables.has(name) && /Okta/.test(name)).sort();
    assert.deepEqual([...new Set(tablesOf(parsed.flatMap(referred)))], tablesOf(names), what);
    compared++;
  }
  assert.ok(compared >= 10, `${compared} texts`);
});

function accepted(text: string, tables: Parameters<typeof parse>[1]): Node[] | null {
  try {
    const { lets, result } = parse(text, tables);
    return [...lets, result];
  } catch (error) {
    if (error instanceof KqlError) return null;
    throw error;
  }
}
