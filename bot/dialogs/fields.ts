import { type Errors, typedText } from '../../cards/dialogs/fields.ts';
import { type FieldId, fieldWords, type Texts } from '../../cards/words/fields.ts';
import type { Connector, Settings, TableSettings } from '../../ingestion/connector/connector.ts';
import { visible } from '../../ingestion/okta/typed-input.ts';
import type { DialogCall } from '../teams/dialog.ts';
import { tidy } from '../teams/message-text.ts';
import {
  bounded,
  type FieldContext,
  inLake,
  type Parsed,
  parseClient,
  parseConversation,
  parseDomain,
  parseName,
  parseToken,
  whole,
} from './field-readers.ts';

/** A field of the connect and manage dialogs; its words are in `fieldWords`. */
export type Field<Value> = {
  /** As a connector has it. */
  of(connector: Connector): Value;
  /** Tidies what was typed before it is kept, shown again or compared. */
  tidy?(text: string): string;
  parse(text: string, context: FieldContext): Parsed<Value> | Promise<Parsed<Value>>;
  /** What the audit calls a change of it. What nobody can change has none. */
  audited?: string;
};

const fields = {
  name: field({
    of: ({ name }) => name,
    tidy: (text) => typedText(tidy(text)),
    parse: parseName,
    audited: 'name',
  }),
  key: field<string | null>({
    of: () => null,
    parse: parseToken,
    audited: 'token',
  }),
  credential: field({
    of: ({ settings }) => (settings.clientId ? 'app' : 'token'),
    parse: (text): Parsed<string> =>
      // A dialog that was opened before there was a choice sends none.
      text === 'app' || text === 'token' || text === ''
        ? { value: text || 'token' }
        : { fault: fieldWords.credential.fault },
  }),
  client: field<string>({
    of: ({ settings }) => settings.clientId ?? '',
    parse: parseClient,
    audited: 'service app',
  }),
  interval: field({
    of: ({ settings }) => settings.intervalSeconds,
    parse: (text) => bounded('interval', text, [10, 900]),
    audited: 'interval',
  }),
  conversation: field({
    of: ({ settings }) => settings.conversationId,
    parse: parseConversation,
    audited: 'conversation',
  }),
  surges: field({
    of: ({ settings }) => (settings.tellsSurges ? 'yes' : 'no'),
    parse: (text): Parsed<string> =>
      text === 'yes' || text === 'no' ? { value: text } : { fault: fieldWords.surges.fault },
    audited: 'surges',
  }),
  domain: field({
    of: ({ domain }) => domain,
    parse: parseDomain,
    audited: 'domain',
  }),
  retention: field({
    of: (connector) => tableOf(connector).retentionDays,
    // The lake tier has no analytics retention.
    parse: (text, context) => (inLake(context) ? { value: whole(text) ?? 90 } : bounded('retention', text, [4, 730])),
    audited: 'retention',
  }),
  total: field({
    of: (connector) => tableOf(connector).totalRetentionDays,
    parse: (text, context) => bounded('total', text, [inLake(context) ? 4 : Number(context.texts.retention), 4383]),
    audited: 'retention',
  }),
  workspace: field<string>({
    of: ({ settings }) => settings.workspace.id,
    parse: (id) => (id ? { value: id } : { fault: fieldWords.workspace.fault }),
  }),
  find: field({
    of: () => '',
    tidy: (text) => typedText(tidy(text)).slice(0, 100),
    parse: (value) => ({ value }),
  }),
  tier: field({
    of: (connector) => tableOf(connector).plan,
    parse: (text): Parsed<TableSettings['plan']> =>
      text === 'Analytics' || text === 'Auxiliary' ? { value: text } : { fault: fieldWords.tier.fault },
  }),
  backfill: field({
    of: ({ settings }) => settings.backfillHours,
    parse: (text) => bounded('backfill', text, [0, 48]),
  }),
} satisfies { [Id in FieldId]: Field<unknown> };

/** What the fields mean once they are read. */
export type Values = { [Id in FieldId]: ReturnType<(typeof fields)[Id]['of']> };

/** What of them is kept in a connector's settings, besides its workspace, table and token. */
export function settingsOf({
  interval,
  backfill,
  conversation,
  surges = fieldWords.surges.usual,
}: Pick<Values, 'interval' | 'backfill' | 'conversation'> & Partial<Pick<Values, 'surges'>>) {
  return {
    intervalSeconds: interval,
    backfillHours: backfill,
    conversationId: conversation,
    tellsSurges: surges === 'yes',
  } satisfies Partial<Settings>;
}

/** The table that they ask for. */
export function tableFrom({ tier, retention, total }: Pick<Values, 'tier' | 'retention' | 'total'>): TableSettings {
  return { plan: tier, retentionDays: retention, totalRetentionDays: total };
}

const ids = Object.keys(fieldWords) as FieldId[];

/** All fields as a connector has them. */
export function valuesOf(connector: Connector): Values {
  return Object.fromEntries(ids.map((id) => [id, fields[id].of(connector)])) as Values;
}

/** What the fields show at first: of the connector, or what is usual. */
export function firstTexts(connector: Connector | null): Texts {
  const text = (id: FieldId) => (connector ? textOf(fields[id].of(connector)) : fieldWords[id].usual);
  return Object.fromEntries(ids.map((id) => [id, text(id)])) as Texts;
}

/** What a card sent for these fields, as tidied text that people can see; what is no text and no number is empty. */
export function typedTexts<Id extends FieldId>({ data }: DialogCall, asked: readonly Id[]): Pick<Texts, Id> {
  return Object.fromEntries(asked.map((id) => [id, tidied(id, visible(textOf(data[id])).trim())])) as Pick<Texts, Id>;
}

/** The text of a field as it is kept and compared. */
export function tidied(id: FieldId, text: string): string {
  const field: Field<unknown> = fields[id];
  return field.tidy ? field.tidy(text) : text;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

/** What was read, and what was done to what was typed. */
type Read<All> = { values: All; notes: string[] } | { errors: Errors; values: Partial<All>; notes: string[] };

/** Reads each of these fields; the values when all are right, else those that are, and a sentence for every wrong one. */
export async function readFields<Id extends FieldId>(
  asked: readonly Id[],
  context: FieldContext,
): Promise<Read<Pick<Values, Id>>> {
  const [values, errors, notes]: [Partial<Record<FieldId, unknown>>, Errors, string[]] = [{}, {}, []];
  for (const id of asked) {
    const field: Field<unknown> = fields[id];
    const parsed = await field.parse(context.texts[id] ?? '', context);
    if ('fault' in parsed) errors[id] = parsed.fault;
    else values[id] = parsed.value;
    if ('note' in parsed && parsed.note) notes.push(parsed.note);
  }
  const read = { values: values as Pick<Values, Id>, notes };
  return Object.keys(errors).length > 0 ? { errors, ...read } : read;
}

/** What is changed, for the audit, and in words for the person; fields that are one setting are told once. */
export function changesOf(before: Connector, changed: Partial<Values>): { audited: string[]; words: string } {
  const told = new Map<string, string[]>();
  for (const id of ids.filter((id) => id in changed)) {
    const { of, audited }: Field<unknown> = fields[id];
    const words = fieldWords[id].change?.(textOf(of(before)), textOf(changed[id]));
    if (audited && words) told.set(audited, [...(told.get(audited) ?? []), words]);
  }
  return { audited: [...told.keys()], words: [...told.values()].map((words) => words.join(', ')).join('; ') };
}

/** The table as it is; before it is made, as it was asked for. A wish that Azure has not been told of yet counts. */
export function tableOf({ provisioning, settings }: Connector): TableSettings {
  const waiting = (settings.tableChangedAt ?? 0) > provisioning.tableAt;
  return waiting ? settings.table : (provisioning.table ?? settings.table);
}

function field<Value>(given: Field<Value>): Field<Value> {
  return given;
}
