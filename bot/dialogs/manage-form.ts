import { typedName } from '../../cards/dialogs/manage.ts';
import { domainSentence, tokenSentence } from '../../cards/words/fields.ts';
import { sentences } from '../../cards/words/sentences.ts';
import { type Connector, isLake, type TableSettings } from '../../ingestion/connector/connector.ts';
import type { Chosen } from '../../ingestion/connector/owner-requests.ts';
import { readDomain, readToken } from '../../ingestion/okta/typed-input.ts';
import { tidy } from '../teams/message-text.ts';
import { conversationsFor } from './choices.ts';
import type { WizardParts } from './connect.ts';
import type { DialogCall } from './dialog.ts';
import type { Answers, Draft } from './drafts.ts';
import { intervalFault, nameFault, retentionFaults, textOf } from './fields.ts';

export type Values = Pick<Answers, 'name' | 'domain' | 'interval' | 'conversation' | 'retention' | 'total'>;
export type Errors = Record<string, string>;

/** What was typed, and what of it differs from what the dialog showed: null is left as the connector has it by then. */
export type Form = { values: Values; to: To; token: string | null; notes: string[] };
type To = Record<'name' | 'domain' | 'interval' | 'conversation', string | null> & { table: TableSettings | null };

/** What the dialog shows of a connector. */
export function shownOf(connector: Connector): Values {
  const { name, domain, settings } = connector;
  const { retentionDays, totalRetentionDays } = tableOf(connector);
  return {
    name,
    domain,
    interval: `${settings.intervalSeconds}`,
    conversation: settings.conversationId,
    retention: `${retentionDays}`,
    total: `${totalRetentionDays}`,
  };
}

/** The fields, each checked by itself; every wrong one has its sentence. */
export async function readForm(
  { pool }: WizardParts,
  { call, draft, connector }: { call: DialogCall; draft: Draft; connector: Connector },
): Promise<Form | { values: Values; errors: Errors }> {
  const { answers: shown } = draft;
  const values: Values = {
    name: tidy(typedName(textOf(call, 'name'))),
    domain: textOf(call, 'domain'),
    interval: textOf(call, 'interval'),
    conversation: textOf(call, 'conversation'),
    // The lake tier has no analytics retention, and the dialog no field for it.
    retention: isLake(connector) ? shown.retention : textOf(call, 'retention'),
    total: textOf(call, 'total'),
  };
  const differs = (field: keyof Values) => (values[field] === shown[field] ? null : values[field]);
  const name = values.name === tidy(typedName(shown.name)) ? null : values.name;
  const [interval, conversation] = [differs('interval'), differs('conversation')];
  const kept = differs('retention') ?? differs('total');
  const domain = values.domain === shown.domain ? null : readDomain(values.domain);
  const key = textOf(call, 'key');
  const token = key === '' ? null : readToken(key);
  const notes: string[] = [];
  if (domain?.kind === 'ok' && domain.stripped) notes.push(sentences.strippedDomain(domain.value));
  if (token?.kind === 'ok' && token.stripped) notes.push(sentences.strippedKey);

  const faults: [string, string | null][] = [
    ['name', name === null ? null : await nameFault(pool, call.tenantId, name, connector.id)],
    ['domain', domain?.kind === 'refused' ? domainSentence(domain.why, domain.suggestion) : null],
    ['key', token?.kind === 'refused' ? tokenSentence(token.why) : null],
    ['interval', interval === null ? null : intervalFault(interval)],
    [
      'conversation',
      conversation === null || (await isOffered(pool, call, conversation)) ? null : sentences.conversation,
    ],
    ...(kept === null ? [] : Object.entries(retentionFaults(values, isLake(connector)))),
  ];
  const errors = Object.fromEntries(faults.filter((fault): fault is [string, string] => fault[1] !== null));
  if (domain?.kind === 'refused' || token?.kind === 'refused' || Object.keys(errors).length > 0)
    return { values, errors };
  const other = domain && domain.value !== connector.domain ? domain.value : null;
  const table = kept === null ? null : tableFrom(values, connector);
  return { values, to: { name, interval, conversation, domain: other, table }, token: token?.value ?? null, notes };
}

async function isOffered(pool: WizardParts['pool'], call: DialogCall, id: string): Promise<boolean> {
  const offered = await conversationsFor(pool, call);
  return offered.some((conversation) => conversation.id === id);
}

/** The table as it is; before it is made, as it was asked for. A wish that Azure has not been told of yet counts. */
function tableOf({ provisioning, settings }: Connector): TableSettings {
  const waiting = (settings.tableChangedAt ?? 0) > provisioning.tableAt;
  return waiting ? settings.table : (provisioning.table ?? settings.table);
}

function tableFrom({ retention, total }: Values, connector: Connector): TableSettings {
  return { plan: tableOf(connector).plan, retentionDays: Number(retention), totalRetentionDays: Number(total) };
}

/** From and to how many days in all the table is to keep its rows, if that is less than now; else null. */
export function shortened(connector: Connector, { to }: Form): { from: number; to: number } | null {
  const from = tableOf(connector).totalRetentionDays;
  return to.table && to.table.totalRetentionDays < from ? { from, to: to.table.totalRetentionDays } : null;
}

/** The connector as it is by now, with what this person has changed. */
export function chosen({ name, domain, settings }: Connector, { to }: Form, keyId: string): Chosen {
  return {
    name: to.name ?? name,
    domain: to.domain ?? domain,
    keyId,
    intervalSeconds: to.interval === null ? settings.intervalSeconds : Number(to.interval),
    conversationId: to.conversation ?? settings.conversationId,
    table: to.table,
  };
}

/** What is changed, for the audit, and in words for the person. */
export function changesOf({ name, settings }: Connector, { to }: Form, keyId: string): [what: string, words: string][] {
  const { changes } = sentences;
  const all: [string, string, boolean][] = [
    ['name', changes.name(name), to.name !== null],
    ['token', changes.key, keyId !== settings.keyId],
    ['interval', changes.interval, to.interval !== null],
    ['conversation', changes.conversation, to.conversation !== null],
    ['domain', changes.domain(to.domain ?? ''), to.domain !== null],
    ['retention', changes.retention, to.table !== null],
  ];
  return all.flatMap(([what, words, done]) => (done ? [[what, words] as [string, string]] : []));
}
