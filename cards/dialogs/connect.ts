import { header } from '../kit/header.ts';
import { type Card, expand, line, plain } from '../kit/template.ts';
import { every } from '../kit/times.ts';
import { nameLimit } from '../words/fields.ts';
import { sentences } from '../words/sentences.ts';
import detailsTemplate from './connect-details.json' with { type: 'json' };
import findTemplate from './connect-find.json' with { type: 'json' };
import nameTemplate from './connect-name.json' with { type: 'json' };
import productsTemplate from './connect-products.json' with { type: 'json' };
import fault from './fault.json' with { type: 'json' };
import note from './note.json' with { type: 'json' };
import unavailableTemplate from './unavailable.json' with { type: 'json' };

/** Sentences are plain text everywhere here: foreign parts in them need no escaping by the caller. */
export type Errors<Field extends string> = Partial<Record<Field | 'form', string>>;

const sentenceLimit = 600;

/** The sentence of a wrong field, below it; nothing when the field is right. */
export function faultBlock(sentence: string | undefined): Card[] {
  return sentence ? [expand(fault, { sentence: plain(sentence, sentenceLimit) })] : [];
}

/** What went well, one line each. */
export function noteBlocks(notes: string[]): Card[] {
  return notes.map((text) => expand(note, { sentence: plain(text, sentenceLimit) }));
}

/** Page 1: name, Okta domain and API token. The token is never put back into the field. */
export function namePage(given: {
  draft: string;
  values: { name: string; domain: string };
  keyStored: boolean;
  errors: Errors<'name' | 'domain' | 'key'>;
  notes: string[];
}): Card {
  const { draft, values, keyStored, errors, notes } = given;
  return expand(nameTemplate, {
    header: header({ title: 'Step 1 of 3 · Name and connection details' }),
    formError: faultBlock(errors.form),
    notes: noteBlocks(notes),
    name: values.name,
    nameLimit,
    nameError: faultBlock(errors.name),
    domain: values.domain,
    domainError: faultBlock(errors.domain),
    keyRequired: !keyStored,
    keyPlaceholder: keyStored ? 'Stored; leave empty to keep it' : 'The token only, without “Authorization” or “SSWS”',
    keyError: faultBlock(errors.key),
    next: { dialog: 'connect', draft, page: 1 },
  });
}

/** Page 2: where the events go. */
export function productsPage(given: { draft: string; notes: string[]; errors: Errors<never> }): Card {
  const { draft, notes, errors } = given;
  return expand(productsTemplate, {
    header: header({ title: 'Step 2 of 3 · Select products' }),
    formError: faultBlock(errors.form),
    notes: noteBlocks(notes),
    next: { dialog: 'connect', draft, page: 2 },
    back: { dialog: 'connect', draft, page: 2, back: true },
  });
}

type Detail = 'workspace' | 'tier' | 'retention' | 'total' | 'backfill' | 'interval' | 'conversation';

export type DetailsPage = {
  draft: string;
  values: Record<Detail, string>;
  workspaces: { id: string; name: string; location: string; resourceGroup: string }[];
  /** Workspaces on which the person may not connect. */
  unavailable: { name: string; why: string }[];
  /** When these were found among many: how many more fit. */
  found?: { left: number } | null;
  conversations: { id: string; name: string }[];
  errors: Errors<Detail>;
};

/** Page 3: workspace, table, start and alerts. Without any usable workspace it says why and has no Connect. */
export function detailsPage(given: DetailsPage): Card {
  const { draft, workspaces, errors } = given;
  const usable = workspaces.length > 0;
  const back = { dialog: 'connect', draft, page: 3, back: true };
  const finds = { dialog: 'connect', draft, page: 3, finds: true };
  return expand(detailsTemplate, {
    header: header({ title: 'Step 3 of 3 · Workspace and table' }),
    formError: [
      ...faultBlock(errors.form),
      ...(given.found && given.found.left > 0
        ? [{ type: 'TextBlock', wrap: true, text: plain(sentences.moreFound(given.found.left)) }]
        : []),
    ],
    // When the list could not be read, the sentence above says so, and an empty list means nothing.
    unavailable:
      usable || (errors.form && given.unavailable.length === 0) ? [] : [unavailableBlock(given, noWorkspace)],
    form: usable ? [form(given)] : [],
    actions: [
      ...(usable
        ? [{ type: 'Action.Submit', title: 'Connect', style: 'positive', data: { dialog: 'connect', draft, page: 3 } }]
        : []),
      ...(given.found
        ? [{ type: 'Action.Submit', title: 'Find another', associatedInputs: 'none', data: { ...finds, find: '' } }]
        : []),
      { type: 'Action.Submit', title: 'Back', associatedInputs: 'none', data: back },
    ],
  });
}

/** Page 3 as long as it is not known which of many workspaces are meant; `left` is how many there are. */
export function findPage(given: { draft: string; find: string; left: number; errors: Errors<never> }): Card {
  const { draft, find, left, errors } = given;
  return expand(findTemplate, {
    header: header({ title: 'Step 3 of 3 · Workspace and table' }),
    formError: faultBlock(errors.form),
    label: left > 0 ? `Find the workspace among ${left} with Microsoft Sentinel` : 'Find the workspace',
    find: line(find),
    next: { dialog: 'connect', draft, page: 3, finds: true },
    back: { dialog: 'connect', draft, page: 3, back: true },
  });
}

/** What is offered as time between two looks for new events, with the seconds that a connector has now, if it has some. */
export function intervalChoices(current = 60): { title: string; value: string }[] {
  const offered = [...new Set([10, 30, 60, 300, 900, current])].sort((a, b) => a - b);
  return offered.map((seconds) => ({ title: every(seconds), value: `${seconds}` }));
}

/** What is offered as places for alerts. */
export function conversationChoices(conversations: { id: string; name: string }[]): { title: string; value: string }[] {
  return conversations.map(({ id, name }) => ({ title: line(name) || 'This conversation', value: id }));
}

/** The choices and values of page 3; what has no alternative is chosen already. */
function form(given: DetailsPage): Card {
  const { values, unavailable, errors } = given;
  const workspaces = given.workspaces.map(({ id, name, location, resourceGroup }) => ({
    title: [name, location, resourceGroup].map((text) => line(text)).join(' · '),
    value: id,
  }));
  const conversations = conversationChoices(given.conversations);
  const intervals = intervalChoices();
  return {
    workspaces,
    intervals,
    conversations,
    workspace: chosen(workspaces, values.workspace),
    conversation: chosen(conversations, values.conversation),
    tier: values.tier || 'Analytics',
    retention: numberOr(values.retention, 90),
    total: numberOr(values.total, 90),
    backfill: numberOr(values.backfill, 1),
    interval: chosen(intervals, values.interval) || '60',
    others: unavailable.length > 0 ? [unavailableBlock(given, someWorkspaces)] : [],
    workspaceError: faultBlock(errors.workspace),
    tierError: faultBlock(errors.tier),
    retentionError: faultBlock(errors.retention),
    totalError: faultBlock(errors.total),
    backfillError: faultBlock(errors.backfill),
    intervalError: faultBlock(errors.interval),
    conversationError: faultBlock(errors.conversation),
  };
}

/** The value that was chosen if it is still offered; else the only one there is. */
export function chosen(choices: { value: string }[], value: string): string {
  if (choices.some((choice) => choice.value === value)) return value;
  return choices.length === 1 ? (choices[0]?.value ?? '') : '';
}

/** A number field can hold nothing but a number. */
/** What a field for a number shows of a text that was typed. */
export function numberOr(text: string, usual: number): number {
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : usual;
}

const someWorkspaces = { style: 'emphasis', title: 'Not available to you' };
const noWorkspace = { style: 'warning', title: 'There is no workspace that you may connect to' };
const mostListed = 5;

/** The workspaces that can't be chosen, each with the reason. */
function unavailableBlock({ unavailable }: DetailsPage, look: { style: string; title: string }): Card {
  const rows = unavailable.slice(0, mostListed).map(({ name, why }) => ({
    text: `✕ **${plain(name)}**: ${plain(why, sentenceLimit)}`,
  }));
  const more = unavailable.length - rows.length;
  return expand(unavailableTemplate, {
    ...look,
    rows: more > 0 ? [...rows, { text: `and ${more} more` }] : rows,
    advice:
      rows.length > 0
        ? 'Ask for the roles in the workspace › Access control (IAM). Roles take up to 15 minutes to take effect.'
        : 'Patchbay sees no workspace with Microsoft Sentinel. Whoever runs it can give its identity Log Analytics Contributor on the resource group of one.',
  });
}
