import type { Errors } from '../../cards/dialogs/fields.ts';
import { type FieldId, pages, type Texts } from '../../cards/words/fields.ts';
import { type Connector, isLake } from '../../ingestion/connector/connector.ts';
import type { Chosen } from '../../ingestion/connector/owner-requests.ts';
import type { Backend } from '../teams/backend.ts';
import { readFields, settingsOf, tableFrom, tableOf, tidied, typedTexts, type Values, valuesOf } from './fields.ts';
import type { ManageTurn } from './manage-page.ts';

type Typed = Pick<Texts, (typeof pages.manage)[number]>;

/** What was typed, and what of it differs from what the dialog showed: the rest is left as the connector has it by then. */
export type Form = { texts: Typed; changed: Partial<Values>; notes: string[] };

/** The fields that were changed, each checked by itself; every wrong one has its sentence. */
export async function readForm(
  { pool }: Backend,
  { call, draft, connector }: ManageTurn,
): Promise<Form | { texts: Typed; errors: Errors }> {
  const typed = typedTexts(call, pages.manage);
  // The lake tier has no analytics retention, and the dialog no field for it.
  const texts = isLake(connector) ? { ...typed, retention: draft.answers.retention } : typed;
  const shown = { ...draft.answers, key: '' };
  const differing = pages.manage.filter((id) => texts[id] !== tidied(id, shown[id]));
  const asked = together(differing);
  const read = await readFields(asked, { pool, call, connector, hasToken: true, texts });
  if ('errors' in read) return { texts, errors: read.errors };
  const { domain, ...others } = read.values;
  const moves = asked.includes('domain') && domain !== connector.domain;
  return { texts, changed: moves ? { ...others, domain } : others, notes: read.notes };
}

/** Both retentions are one setting, and are checked against each other. */
function together<Id extends FieldId>(ids: Id[]): (Id | 'retention' | 'total')[] {
  const isKept = (id: FieldId) => id === 'retention' || id === 'total';
  return ids.some(isKept) ? [...ids.filter((id) => !isKept(id)), 'retention', 'total'] : ids;
}

/** From and to how many days in all the table is to keep its rows, if that is less than now; else null. */
export function shortened(connector: Connector, { changed }: Form): { from: number; to: number } | null {
  const from = tableOf(connector).totalRetentionDays;
  return changed.total !== undefined && changed.total < from ? { from, to: changed.total } : null;
}

/** The connector as it is by now, with what this person has changed. Another credential without a client id is an API token. */
export function chosenFrom(held: Connector, changed: Partial<Values>, keyId: string): Chosen {
  const values = { ...valuesOf(held), ...changed };
  const { name, domain } = values;
  const clientId = changed.client ?? (keyId === held.settings.keyId ? (held.settings.clientId ?? null) : null);
  return { ...settingsOf(values), name, domain, keyId, clientId, table: 'total' in changed ? tableFrom(values) : null };
}
