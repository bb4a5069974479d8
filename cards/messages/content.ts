import type { Content } from '../../ingestion/azure/content/content.ts';
import type { Coverage, Judged, Remedy } from '../../ingestion/azure/content/coverage.ts';
import type { Connector } from '../../ingestion/connector/connector.ts';
import type { Evidence } from '../../ingestion/errors.ts';
import type { Reason } from '../../ingestion/reasons.ts';
import { executeAction, statusAction } from '../kit/actions.ts';
import { header } from '../kit/header.ts';
import { type Card, expand } from '../kit/template.ts';
import { type Piece, paragraph, shown, strong } from '../kit/text.ts';
import { moment } from '../kit/times.ts';
import { evidenceLine, hintOf } from '../words/hints.ts';
import template from './content.json' with { type: 'json' };

const pageSize = 6;

type ContentView = { connector: Connector; coverage: Coverage; page: number; now: number };

/**
 * Which rules, hunting queries and functions of the workspace see the connector's data: counts, then those that miss it with
 * what to do, then those that see it. Pages count from 1, and a wrong one is corrected.
 */
export function contentCard({ connector, coverage, page, now }: ContentView): Card {
  const { judged } = coverage;
  const pages = Math.max(1, Math.ceil(judged.length / pageSize));
  const current = Math.min(Math.max(1, Math.trunc(page) || 1), pages);
  const first = (current - 1) * pageSize;
  const rows = judged.slice(first, first + pageSize);
  const left = judged.length - first - rows.length;
  const title = `Content of ${shown(connector.settings.workspace.name)}`;
  return expand(template, {
    fallback: title,
    header: header({ title: [title], ...verdict(connector, coverage) }),
    notes: current === 1 ? notes(connector, coverage).map((pieces) => paragraph(...pieces)) : [],
    rows: rows.map((each, index) => ({ ...drawn(each), heading: heading(each, rows[index - 1]) })),
    footer: `${left > 0 ? `And ${left} more · ` : ''}As of ${moment(now)}`,
    actions: [...turns(connector, current, pages), changesAction(connector), statusAction(connector, 'Status')],
  });
}

function verdict(
  { name }: Connector,
  { counts, judged, unrelated }: Coverage,
): Omit<Parameters<typeof header>[0], 'title'> {
  const misses = judged.filter(({ sees }) => !sees).length;
  const sees = judged.length - misses;
  const read = [
    counted(counts.rules, 'rule'),
    counted(counts.hunting, 'hunting query', 'hunting queries'),
    counted(counts.functions, 'function'),
  ];
  const lines = [
    `Read: ${read.join(', ')} · ✕ ${misses} ${misses === 1 ? 'misses' : 'miss'} it · ✓ ${sees} ${sees === 1 ? 'sees' : 'see'} it · ${unrelated} not about Okta`,
  ];
  const whose = `the data of ${shown(name)}`;
  if (misses > 0) {
    const text = `▲ ${misses} ${misses === 1 ? 'misses' : 'miss'} ${whose}`;
    return { tone: 'warning', state: { text, color: 'Warning' }, lines };
  }
  if (sees === 0)
    return { tone: 'default', state: { text: 'Nothing here is about Okta yet', color: 'Default' }, lines };
  return { tone: 'good', state: { text: `✓ All that is about Okta sees ${whose}`, color: 'Good' }, lines };
}

function notes({ provisioning, settings }: Connector, { judged, lost, taken }: Coverage): Piece[][] {
  const gone = lost.filter((name) => !taken.includes(name));
  const again = 'Patchbay saves its own when a connector is next connected to this workspace.';
  return [
    ...((provisioning.table ?? settings.table).plan === 'Auxiliary'
      ? [
          [
            strong('The table is in the data lake,'),
            ' which rules and functions can’t read: nothing below finds anything in it.',
          ],
        ]
      : []),
    ...(taken.length > 0
      ? [
          [
            strong(`Not saved, because somebody else’s saved search has the name: ${names(taken)}.`),
            ` What calls that name does not reach Patchbay’s function. Rename the other one; ${again}`,
          ],
        ]
      : []),
    ...(gone.length > 0
      ? [[strong(`Patchbay’s own, but not in the workspace: ${names(gone)}.`), ` Deleted, or never saved. ${again}`]]
      : []),
    ...(judged.length > 0
      ? []
      : [
          [
            'Microsoft’s rules and hunting queries for Okta come with the solution Okta Single Sign-On: Microsoft Sentinel › Content hub. They call OktaSSO; write PatchbayOktaSSO in its place.',
          ],
        ]),
  ];
}

function names(list: string[]): string {
  return shown(list.join(', '), 300);
}

function heading(each: Judged, before: Judged | undefined): { text: string }[] {
  if (before && before.sees === each.sees) return [];
  return [{ text: each.sees ? 'These see it' : 'These miss it' }];
}

const kinds = new Map<Content['kind'], string>([
  ['rule', 'Analytics rule'],
  ['hunting', 'Hunting query'],
  ['function', 'Function'],
]);

function drawn(each: Judged): Card {
  const { kind, name, enabled, through } = each;
  const what = `${kinds.get(kind)}${enabled ? '' : ', disabled'} · reads ${shown(through)}`;
  const remedy = each.sees ? null : each.remedy;
  return {
    color: each.sees ? 'Default' : enabled ? 'Attention' : 'Warning',
    mark: each.sees ? '✓' : '✕',
    name: shown(name),
    what,
    remedy: remedy ? [{ text: sentence(remedy) }] : [],
    line: remedy && 'line' in remedy ? [{ text: shown(remedy.line, 2000) }] : [],
  };
}

function sentence(remedy: Remedy): string {
  switch (remedy.kind) {
    case 'replace':
      return replaceSentence(remedy);
    case 'extend':
      return 'Add this line at the end of its text. If a solution brought it, an update may take the line away again.';
    case 'mend':
      return `It reads through ${shown(remedy.name)}: mend that one.`;
    case 'lost':
      return `It calls ${shown(remedy.name)}, a function of Patchbay’s that is not in this workspace.`;
    case 'unify':
      return unifySentence(remedy);
  }
}

function replaceSentence({ from, to, or }: Remedy & { kind: 'replace' }): string {
  const others = new Map([
    ['mend', ` Or mend ${shown(from)} itself, for all that call it.`],
    ['save', ` Or save a function ${shown(from)} whose text is ${shown(to)}, for all that call it.`],
  ]);
  return `Write ${shown(to)} in the place of ${shown(from)}: it gives columns of the same names.${others.get(or ?? '') ?? ''}`;
}

function unifySentence({ from, custom, exists, ours }: Remedy & { kind: 'unify' }): string {
  if (exists)
    return `Add this line at the end of ${shown(custom)}${custom === from ? '' : `, which ${shown(from)} calls`}.`;
  const parameters = ours.startsWith('vim') ? `the parameters of ${shown(ours)} and ` : '';
  return `Save a function ${shown(custom)} with ${parameters}this text; ${shown(from)} calls it.`;
}

function turns({ id }: Connector, page: number, pages: number): Card[] {
  const turn = (title: string, to: number) => executeAction('content', title, { connector: id, page: to });
  return [
    ...(page > 1 ? [turn('Previous', page - 1)] : []),
    ...(page < pages ? [turn('Next', page + 1)] : []),
    turn('Read again', page),
  ];
}

/** What may be changed is read when it is pressed: who may is known only then. */
function changesAction({ id }: Connector): Card {
  return executeAction('content-changes', 'Change functions…', { connector: id });
}

function counted(amount: number, one: string, many = `${one}s`): string {
  return `${amount} ${amount === 1 ? one : many}`;
}

/** Why there is no answer: Azure refused, or the workspace is gone, or Azure had not answered by the deadline. */
export type Unread = { kind: 'refused'; reason: Reason; evidence: Evidence } | { kind: 'gone' } | { kind: 'late' };

/** Says why the content could not be read, and what to do. */
export function unreadCard({ connector, why, now }: { connector: Connector; why: Unread; now: number }): Card {
  const { name } = connector.settings.workspace;
  const { title, paragraphs } = explained(why, shown(name));
  const retry = executeAction('content', 'Retry', { connector: connector.id, page: 1 });
  return expand(template, {
    fallback: title,
    header: header({ title: `▲ ${title}`, tone: 'warning' }),
    notes: paragraphs.map((pieces) => paragraph(...pieces)),
    rows: [],
    footer: `As of ${moment(now)}`,
    actions: [retry, statusAction(connector, 'Status')],
  });
}

function explained(why: Unread, workspace: string): { title: string; paragraphs: Piece[][] } {
  if (why.kind === 'late') {
    const text = `Azure had not listed the rules and functions of ${workspace} within the few seconds that Teams waits. Nothing is wrong with the connector for it; press Retry.`;
    return { title: 'Azure takes too long', paragraphs: [[text]] };
  }
  if (why.kind === 'gone') {
    const text = `Azure does not know the workspace ${workspace} any more. It was deleted or moved, or its resource group was.`;
    const todo = 'Bring it back (Azure keeps a deleted workspace for 14 days), or connect to another workspace.';
    return { title: 'The workspace is gone', paragraphs: [[text], [todo]] };
  }
  const hint = hintOf(why.reason);
  const { what, todo } = words(why, workspace);
  const said = shown(evidenceLine(why.evidence), 500);
  const steps = todo.map((step, index) => [`${index + 1}. ${shown(step, 500)}`]);
  const paragraphs = [[shown(what, 600)], ...steps, [strong('Who can fix it: '), hint.who]];
  return { title: hint.title, paragraphs: said ? [...paragraphs, [`For support: ${said}`]] : paragraphs };
}

/** A refused right is named as the one that this takes: the smallest role that has it is enough. */
function words({ reason, evidence }: Unread & { kind: 'refused' }, workspace: string) {
  const scope = `/providers/Microsoft.OperationalInsights/workspaces/${workspace}`;
  const actions = ['reading analytics rules and saved searches'];
  const needed = { grants: [{ role: 'Log Analytics Reader', scope, actions }] };
  const told = reason === 'azure-forbidden' ? needed : evidence;
  const hint = hintOf(reason);
  return { what: hint.what(told), todo: hint.todo(told) };
}
