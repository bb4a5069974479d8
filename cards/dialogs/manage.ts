import type { Connector } from '../../ingestion/connector/connector.ts';
import { pauseSubmit, serviceAppSubmit } from '../kit/actions.ts';
import { header } from '../kit/header.ts';
import { type Card, expand } from '../kit/template.ts';
import { line, paragraph, shown, strong } from '../kit/text.ts';
import { type FieldId, pages, type Texts, zoneHint } from '../words/fields.ts';
import { pausedWords, pauseHint } from '../words/pause.ts';
import { sentences } from '../words/sentences.ts';
import {
  conversationChoices,
  type Errors,
  faultBlock,
  fieldBlocks,
  hintBlock,
  intervalChoices,
  noteBlocks,
  type Shown,
} from './fields.ts';
import template from './manage.json' with { type: 'json' };
import confirmTemplate from './manage-confirm.json' with { type: 'json' };
import shortenTemplate from './manage-shorten.json' with { type: 'json' };

/** What the manage dialog shows: the connector, what was typed, what is to be confirmed, and the sentences at wrong fields. */
export type ManagePage = {
  connector: Connector;
  draft: string;
  /** The table is in the lake tier, which has no analytics retention. */
  lake: boolean;
  values: Partial<Texts>;
  conversations: { id: string; name: string }[];
  /** From where the bot calls, as far as it is known. */
  outboundAddresses: string[];
  /** A new token was tried and is kept until the dialog ends. */
  keyKept: boolean;
  /** Another domain was typed that works, and is to be confirmed. */
  newDomain: string | null;
  /** The connectors that feed the workspace from there already. */
  feeding?: string[];
  /** A shorter total retention was typed, in days, and is to be confirmed. */
  shorter: { from: number; to: number } | null;
  errors: Errors<FieldId | 'confirm' | 'shorten'>;
  /** Plain sentences. */
  notes: string[];
};

/** The dialog: everything that may be changed, as it is. The token is never put back into its field. */
export function manageDialog(given: ManagePage): Card {
  const { connector, draft, errors, notes } = given;
  return expand(template, {
    header: header({
      title: [`Manage ${shown(connector.name)}`],
      lines: [`Workspace ${shown(connector.settings.workspace.name)}`, ...pausedLine(connector)],
    }),
    formError: faultBlock(errors.form),
    notes: noteBlocks(notes),
    fields: fieldBlocks({
      dialog: 'manage',
      ids: pages.manage.filter((id) => !(given.lake && id === 'retention')),
      show: (id) => shownOf(id, given),
      below: belowOf(given),
    }),
    save: { dialog: 'manage', connector: connector.id, draft },
    hint: hintBlock(pauseHint),
    app: serviceAppSubmit(connector, draft),
    pause: pauseSubmit(connector),
  });
}

function pausedLine(connector: Connector): string[] {
  const paused = pausedWords(connector);
  return paused === null ? [] : [`Paused ${paused}.`];
}

function shownOf(id: FieldId, given: ManagePage): Shown {
  const { connector, values, errors, conversations, keyKept } = given;
  const state = { value: values[id] ?? '', error: errors[id] };
  const usual = `${connector.settings.intervalSeconds}`;
  if (id === 'interval') return { ...state, usual, choices: intervalChoices(connector.settings.intervalSeconds) };
  if (id === 'conversation') return { ...state, choices: conversationChoices(conversations) };
  if (id !== 'key') return state;
  const byApp = connector.settings.clientId ? { label: 'API token instead of the service app' } : {};
  const hint = zoneHint(given.outboundAddresses);
  return { ...state, ...byApp, hint, ...(keyKept ? { placeholder: 'Tried, and works; leave empty to use it' } : {}) };
}

/** What is said of the table that all share, and what needs a yes. */
function belowOf({
  connector,
  newDomain,
  feeding = [],
  shorter,
  errors,
}: ManagePage): Partial<Record<FieldId, Card[]>> {
  const workspace = shown(connector.settings.workspace.name);
  const table = `Of the table OktaSystemLogs_CL in ${workspace}, for every connector that writes to it. Alert rules and queries see the days of the analytics retention; the days beyond are kept in the data lake. More days cost more.`;
  return {
    total: [hintBlock(table), ...(shorter ? [shortening(shorter, errors.shorten)] : [])],
    domain: newDomain ? [confirmation(connector, { to: newDomain, feeding, error: errors.confirm })] : [],
  };
}

function shortening({ from, to }: { from: number; to: number }, error: string | undefined): Card {
  return expand(shortenTemplate, { from, to: `${to}`, shortenError: faultBlock(error) });
}

/** The yes to another domain: one that was given before others fed the workspace from there is none. */
export function yesTo(domain: string, feeding: string[]): string {
  return feeding.length > 0 ? `${line(domain)} again` : line(domain);
}

function confirmation(
  { domain: from }: Connector,
  { to, feeding, error }: { to: string; feeding: string[]; error: string | undefined },
): Card {
  const names = feeding.map((name) => shown(name));
  return expand(confirmTemplate, {
    from: shown(from),
    to: shown(to),
    yes: yesTo(to, feeding),
    twice: names.length > 0 ? [paragraph(strong('The workspace: '), sentences.twice(shown(to), names))] : [],
    question: `Yes, read ${shown(to)} from now on, and begin anew there`,
    confirmError: faultBlock(error),
  });
}
