import { header } from '../kit/header.ts';
import { type Card, expand } from '../kit/template.ts';
import { type Piece, paragraph, shown, strong } from '../kit/text.ts';
import { type FieldId, pages, type Texts, zoneHint } from '../words/fields.ts';
import { sentences } from '../words/sentences.ts';
import againTemplate from './connect-again.json' with { type: 'json' };
import detailsTemplate from './connect-details.json' with { type: 'json' };
import findTemplate from './connect-find.json' with { type: 'json' };
import nameTemplate from './connect-name.json' with { type: 'json' };
import productsTemplate from './connect-products.json' with { type: 'json' };
import {
  conversationChoices,
  type Errors,
  faultBlock,
  fieldBlocks,
  intervalChoices,
  noteBlocks,
  type Shown,
  sentenceLimit,
} from './fields.ts';
import unavailableTemplate from './unavailable.json' with { type: 'json' };

/** Page 1: name, Okta domain and API token. The token is never put back into the field. */
export function namePage(given: {
  draft: string;
  values: Partial<Texts>;
  keyStored: boolean;
  /** From where the bot calls, as far as it is known. */
  outboundAddresses: string[];
  errors: Errors;
  notes: string[];
}): Card {
  const { draft, values, keyStored, errors, notes } = given;
  const stored = keyStored ? { optional: true, placeholder: 'Stored; leave empty to keep it' } : {};
  const ofKey = { ...stored, hint: zoneHint(given.outboundAddresses) };
  return expand(nameTemplate, {
    header: header({ title: 'Step 1 of 3 · Name and connection details' }),
    formError: faultBlock(errors.form),
    notes: noteBlocks(notes),
    fields: fieldBlocks({
      dialog: 'connect',
      ids: pages.connectName,
      show: (id) => ({ value: values[id] ?? '', error: errors[id], ...(id === 'key' ? ofKey : {}) }),
    }),
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

/** What page 3 shows: what was typed, what may be chosen and what not, and the sentences at wrong fields. */
export type DetailsPage = {
  draft: string;
  values: Partial<Texts>;
  workspaces: { id: string; name: string; location: string; resourceGroup: string }[];
  /** Workspaces on which the person may not connect. */
  unavailable: { name: string; why: string }[];
  /** When these were found among many: how many more fit. */
  found?: { left: number } | null;
  conversations: { id: string; name: string }[];
  /** The connectors that feed the chosen workspace with the same org already: one more takes a yes. */
  again?: { workspaceId: string; by: string[] } | null;
  errors: DetailsErrors;
};

/** Sentences at what page 3 asks for. */
export type DetailsErrors = Errors<FieldId | 'again'>;

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
      ...(given.found && given.found.left > 0 ? [paragraph(sentences.moreFound(given.found.left))] : []),
    ],
    // When the list could not be read, the sentence above says so, and an empty list means nothing.
    unavailable:
      usable || (errors.form && given.unavailable.length === 0) ? [] : [unavailableBlock(given, noWorkspace)],
    form: usable ? [{ fields: detailFields(given) }] : [],
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
  const among = left > 0 ? { label: `Find the workspace among ${left} with Microsoft Sentinel` } : {};
  return expand(findTemplate, {
    header: header({ title: 'Step 3 of 3 · Workspace and table' }),
    formError: faultBlock(errors.form),
    fields: fieldBlocks({ dialog: 'connect', ids: pages.find, show: () => ({ value: find, ...among }) }),
    next: { dialog: 'connect', draft, page: 3, finds: true },
    back: { dialog: 'connect', draft, page: 3, back: true },
  });
}

/** The fields of page 3; what has no alternative is chosen already. */
function detailFields({ values, errors, ...given }: DetailsPage): Card[] {
  const choices = new Map([
    ['workspace', given.workspaces.map(({ id: value, ...workspace }) => ({ title: titleOf(workspace), value }))],
    ['conversation', conversationChoices(given.conversations)],
    ['interval', intervalChoices()],
  ]);
  const show = (id: FieldId): Shown => {
    const offered = choices.get(id);
    return { value: values[id] ?? '', error: errors[id], ...(offered ? { choices: offered } : {}) };
  };
  const others = given.unavailable.length > 0 ? [unavailableBlock(given, someWorkspaces)] : [];
  const below = { workspace: [...againBlock({ values, errors, ...given }), ...others] };
  return fieldBlocks({ dialog: 'connect', ids: pages.connectDetails, show, below });
}

/** What it costs to feed a workspace twice, and the yes that it takes: to this workspace, and no other. */
function againBlock({ again, workspaces, values, errors }: DetailsPage): Card[] {
  const workspace = workspaces.find(({ id }) => id === again?.workspaceId);
  if (!again || !workspace) return [];
  return [
    expand(againTemplate, {
      title: `${shown(workspace.name)} gets these events already`,
      text: sentences.twice(
        shown(values.domain ?? ''),
        again.by.map((name) => shown(name)),
      ),
      id: again.workspaceId,
      required: workspaces.length === 1,
      fault: faultBlock(errors.again),
    }),
  ];
}

function titleOf({ name, location, resourceGroup }: { name: string; location: string; resourceGroup: string }): string {
  return [name, location, resourceGroup].map((text) => shown(text)).join(' · ');
}

const someWorkspaces = { style: 'emphasis', title: 'Not available to you' };
const noWorkspace = { style: 'warning', title: 'There is no workspace that you may connect to' };
const mostListed = 5;

/** The workspaces that can't be chosen, each with the reason. */
function unavailableBlock(
  { unavailable }: Pick<DetailsPage, 'unavailable'>,
  look: { style: string; title: string },
): Card {
  const rows = unavailable
    .slice(0, mostListed)
    .map(({ name, why }): Piece[] => ['✕ ', strong(shown(name)), `: ${shown(why, sentenceLimit)}`]);
  const more = unavailable.length - rows.length;
  return expand(unavailableTemplate, {
    ...look,
    rows: [...rows, ...(more > 0 ? [[`and ${more} more`]] : [])].map((pieces) => paragraph(...pieces)),
    advice:
      rows.length > 0
        ? 'Ask for the roles in the workspace › Access control (IAM). Roles take up to 15 minutes to take effect.'
        : 'Patchbay sees no workspace with Microsoft Sentinel. Whoever runs it can give its identity Log Analytics Contributor on the resource group of one.',
  });
}
