import type { Connector } from '../../ingestion/connector/connector.ts';
import { header } from '../kit/header.ts';
import { type Card, expand, line, plain } from '../kit/template.ts';
import { nameLimit } from '../words/fields.ts';
import {
  chosen,
  conversationChoices,
  type Errors,
  faultBlock,
  intervalChoices,
  noteBlocks,
  numberOr,
} from './connect.ts';
import template from './manage.json' with { type: 'json' };
import confirmTemplate from './manage-confirm.json' with { type: 'json' };
import shortenTemplate from './manage-shorten.json' with { type: 'json' };

export type ManagePage = {
  connector: Connector;
  draft: string;
  /** The table is in the lake tier, which has no analytics retention. */
  lake: boolean;
  values: Record<'name' | 'domain' | 'interval' | 'conversation' | 'retention' | 'total', string>;
  conversations: { id: string; name: string }[];
  /** A new token was tried and is kept until the dialog ends. */
  keyKept: boolean;
  /** Another domain was typed that works, and is to be confirmed. */
  newDomain: string | null;
  /** A shorter total retention was typed, in days, and is to be confirmed. */
  shorter: { from: number; to: number } | null;
  errors: Errors<
    'name' | 'domain' | 'key' | 'interval' | 'conversation' | 'retention' | 'total' | 'confirm' | 'shorten'
  >;
  /** Plain sentences. */
  notes: string[];
};

/** The dialog: everything that may be changed, as it is. The token is never put back into its field. */
export function manageDialog(given: ManagePage): Card {
  const { connector, draft, lake, values, keyKept, newDomain, shorter, errors, notes } = given;
  const { settings } = connector;
  const intervals = intervalChoices(settings.intervalSeconds);
  const conversations = conversationChoices(given.conversations);
  return expand(template, {
    header: header({
      title: `Manage ${plain(connector.name)}`,
      lines: [`Workspace ${plain(settings.workspace.name)}`],
    }),
    formError: faultBlock(errors.form),
    notes: noteBlocks(notes),
    name: shownName(values.name),
    nameLimit,
    nameError: faultBlock(errors.name),
    keyPlaceholder: keyKept ? 'Tried, and works; leave empty to use it' : 'Leave empty to keep the stored one',
    keyError: faultBlock(errors.key),
    intervals,
    interval: chosen(intervals, values.interval) || `${settings.intervalSeconds}`,
    intervalError: faultBlock(errors.interval),
    conversations,
    conversation: chosen(conversations, values.conversation),
    conversationError: faultBlock(errors.conversation),
    analytics: lake ? [] : [{ days: numberOr(values.retention, 90), error: faultBlock(errors.retention) }],
    total: numberOr(values.total, 90),
    totalError: faultBlock(errors.total),
    workspace: plain(settings.workspace.name),
    shorten: shorter ? [shortening(shorter, errors.shorten)] : [],
    domain: line(values.domain, 260),
    domainError: faultBlock(errors.domain),
    confirm: newDomain ? [confirmation(connector.domain, newDomain, errors.confirm)] : [],
    save: { dialog: 'manage', connector: connector.id, draft },
  });
}

/** A name as its field shows it; `typedName` reads it back. */
function shownName(name: string): string {
  return line(name, 200);
}

/** What the field for the name holds, without what was put in to keep clients from reading a template in it. */
export function typedName(text: string): string {
  return shownName(text).replaceAll('\u2060', '');
}

function shortening({ from, to }: { from: number; to: number }, error: string | undefined): Card {
  return expand(shortenTemplate, { from, to: `${to}`, shortenError: faultBlock(error) });
}

function confirmation(from: string, to: string, error: string | undefined): Card {
  return expand(confirmTemplate, {
    from: plain(from),
    to: plain(to),
    typed: line(to),
    question: `Yes, read ${line(to)} from now on, and begin anew there`,
    confirmError: faultBlock(error),
  });
}
