import type { Change } from '../../ingestion/azure/content/changes.ts';
import type { Connector } from '../../ingestion/connector/connector.ts';
import { executeAction } from '../kit/actions.ts';
import { header } from '../kit/header.ts';
import { type Card, expand } from '../kit/template.ts';
import { paragraph, shown } from '../kit/text.ts';
import { moment } from '../kit/times.ts';
import template from './content-changes.json' with { type: 'json' };

/** Of a text so many lines are shown, the last ones: what is added stands at the end. */
const mostLines = 12;

type ChangesView = { connector: Connector; changes: Change[]; done: Change | null; now: number };

/** What may be changed in the workspace's functions, each text before and after, and what was changed just now. */
export function contentChangesCard({ connector, changes, done, now }: ChangesView): Card {
  const workspace = shown(connector.settings.workspace.name);
  const title = `Functions of ${workspace}`;
  return expand(template, {
    fallback: title,
    header: header({
      title: [title],
      ...(done
        ? { tone: 'good' as const, state: { text: `✓ ${didWords[done.kind](done.alias)}`, color: 'Good' as const } }
        : {}),
    }),
    notes: [paragraph(noteOn(changes))],
    rows: changes.map((change) => drawn(connector, change)),
    footer: `As of ${moment(now)}`,
    actions: [executeAction('content', 'Content', { connector: connector.id, page: 1 })],
  });
}

function noteOn(changes: Change[]): string {
  if (changes.length === 0)
    return 'Nothing is left to change: the functions that others call give Patchbay’s rows, or somebody has seen to it in another way.';
  return 'Rules, hunting queries and workbooks of others reach their data by these functions. Each button does what is shown above it, and nothing else; what it did can be taken back here.';
}

const didWords: Record<Change['kind'], (alias: string) => string> = {
  save: (alias) => `${alias} is saved`,
  extend: (alias) => `${alias} has one line more`,
  remove: (alias) => `${alias} is deleted again`,
  shorten: (alias) => `${alias} is as it was`,
};

/** Why, and what the button is called. */
const words: Record<Change['kind'], { what: string; button: string }> = {
  save: { what: 'Is not in the workspace. It would be saved with this text.', button: 'Save it' },
  extend: { what: 'Does not give Patchbay’s rows. One line would be added at its end.', button: 'Add the line' },
  remove: { what: 'Was saved by Patchbay. It can be deleted again.', button: 'Take it back' },
  shorten: { what: 'Has Patchbay’s line at its end. It can be taken away again.', button: 'Take it back' },
};

function drawn(connector: Connector, change: Change): Card {
  const { kind, alias, of, before, after } = change;
  const { what, button } = words[kind];
  return {
    name: shown(alias),
    what,
    texts: [
      ...(before === null ? [] : [{ label: 'Before', lines: linesOf(before, after) }]),
      ...(after === null ? [] : [{ label: before === null ? 'Its text' : 'After', lines: linesOf(after, before) }]),
    ],
    actions: [executeAction('content-change', button, { connector: connector.id, alias, of })],
  };
}

/** The end of a text, with the lines in colour that the other one has not. */
function linesOf(text: string, other: string | null): Card[] {
  const lines = text.split('\n');
  const others = new Set(other?.split('\n') ?? []);
  const cut = lines.length - mostLines;
  const last = lines.slice(-mostLines).map((line) => ({
    text: shown(line, 2000) || ' ',
    color: other !== null && !others.has(line) ? 'Accent' : 'Default',
  }));
  return cut > 0 ? [{ text: `… ${cut} ${cut === 1 ? 'line' : 'lines'} before`, color: 'Default' }, ...last] : last;
}
