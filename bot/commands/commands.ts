import type pg from 'pg';
import { removeCard } from '../../cards/dialogs/delete.ts';
import type { Card } from '../../cards/kit/template.ts';
import { connectorsCard } from '../../cards/messages/connectors.ts';
import { helpCard } from '../../cards/messages/help.ts';
import { manageCard } from '../../cards/messages/manage.ts';
import { alertsCard, noticeCard } from '../../cards/messages/notice.ts';
import { quarantineCard } from '../../cards/messages/quarantine.ts';
import { statusCard } from '../../cards/messages/status.ts';
import { sentences } from '../../cards/words/sentences.ts';
import { need } from '../../ingestion/azure/access/rights.ts';
import { audit } from '../../ingestion/connector/audit.ts';
import { readCheckpoint, readSent } from '../../ingestion/connector/checkpoint.ts';
import { type Connector, type Person, stateOf } from '../../ingestion/connector/connector.ts';
import { findConnectors, listConnectors } from '../../ingestion/connector/connectors.ts';
import { getHealthRule } from '../../ingestion/connector/health-rules.ts';
import { readQuarantine } from '../../ingestion/connector/quarantine.ts';
import { readTraffic } from '../../ingestion/connector/statistics.ts';
import type { Runtime } from '../../ingestion/runtime/runtime.ts';
import { type Membership, refusalOn, turnDeadline } from '../authorization.ts';
import { type Conversation, listAlertConversations, setAlerts } from '../teams/conversations.ts';
import { didYouMean } from '../teams/message-text.ts';
import { contentFor } from './content.ts';

export type CommandCall = {
  tenantId: string;
  person: Person;
  membership: Membership;
  conversation: Conversation;
  activityId: string | undefined;
  argument: string;
};

type Parts = { runtime: Runtime; pool: pg.Pool };
type Command = { usage: string; what: string; run(parts: Parts, call: CommandCall): Promise<Card> };

/** The commands, in the order in which help lists them. */
export const commands = new Map<string, Command>([
  ['help', { usage: 'help', what: 'What I can do', run: help }],
  ['connect', { usage: 'connect', what: 'Connect an Okta org to a Microsoft Sentinel workspace', run: connect }],
  ['connectors', { usage: 'connectors [text]', what: 'My connectors, worst first', run: connectors }],
  ['status', { usage: 'status <name>', what: 'How one connector stands, and what to do', run: status }],
  [
    'quarantine',
    { usage: 'quarantine <name>', what: 'Events that Azure did not take, and what to do', run: quarantine },
  ],
  ['content', { usage: 'content <name>', what: 'Which rules and functions see its data', run: content }],
  ['manage', { usage: 'manage <name>', what: 'Change its token, interval, name, domain or alerts', run: manage }],
  ['delete', { usage: 'delete <name>', what: 'Remove a connector; its data stays', run: remove }],
  ['alerts', { usage: 'alerts here|off|list', what: 'Choose where alerts go', run: alerts }],
]);

const greetings = new Set(['', 'hi', 'hello', 'hey']);

/** Runs what was typed; an unknown word gets the nearest command as a suggestion, never run by itself. */
export async function runCommand(parts: Parts, word: string, call: CommandCall): Promise<Card> {
  const command = commands.get(greetings.has(word) ? 'help' : word);
  if (call.membership === 'unknown')
    return noticeCard({ title: 'Not now', text: sentences.unknownMember, tone: 'warning' });
  if (!command) return suggestion(word);
  if (call.membership === 'guest' && command.usage !== 'help') {
    return noticeCard({ title: 'Members only', text: sentences.guest, tone: 'warning' });
  }
  return command.run(parts, call);
}

function suggestion(word: string): Card {
  const meant = didYouMean(word, [...commands.keys()]);
  const text = meant
    ? `Did you mean ${meant}? Say "${meant}", or "help" for all I can do.`
    : 'Say "help" for all I can do.';
  return noticeCard({
    title: word.length > 20 ? "I don't know that command" : `I don't know "${word}"`,
    text,
    tone: 'default',
  });
}

async function help(_parts: Parts, { membership }: CommandCall): Promise<Card> {
  const list = [...commands.values()].map(({ usage, what }) => ({ usage, what }));
  return helpCard({ commands: list, mayChange: membership === 'member', guest: membership === 'guest' });
}

/** A dialog opens from a button only, so the command answers with one. */
function connect(parts: Parts, call: CommandCall): Promise<Card> {
  return help(parts, call);
}

async function connectors(parts: Parts, { tenantId, argument }: CommandCall): Promise<Card> {
  return connectorsPage(parts, tenantId, { page: 1, filter: argument });
}

/** One page of My connectors; also behind its Previous and Next. */
export async function connectorsPage(
  { pool, runtime }: Parts,
  tenantId: string,
  { page, filter }: { page: number; filter: string },
): Promise<Card> {
  const wanted = filter.toLowerCase();
  const matching = (await listConnectors(pool, tenantId)).filter(({ name, domain, settings }) =>
    [name, domain, settings.workspace.name].some((text) => text.toLowerCase().includes(wanted)),
  );
  const sent = await readSent(
    pool,
    matching.map(({ id }) => id),
  );
  const views = matching.map((connector) => ({
    connector,
    checkpoint: sent.get(connector.id) ?? null,
    state: stateOf(connector),
  }));
  return connectorsCard({ connectors: views, page, filter, now: runtime.now() });
}

async function viewOf(pool: pg.Pool, connector: Connector) {
  return { connector, checkpoint: await readCheckpoint(pool, connector.id), state: stateOf(connector) };
}

async function status(parts: Parts, call: CommandCall): Promise<Card> {
  const found = await one(parts, call, 'status');
  return found.connector ? statusOf(parts, found.connector) : found.card;
}

/** How a connector stands, as a message or as the page of a dialog. */
export async function statusOf({ pool, runtime }: Parts, connector: Connector, inDialog = false): Promise<Card> {
  const now = runtime.now();
  const lastHour = await readTraffic(pool, connector.id, now - 3_600_000);
  const reporting = await getHealthRule(pool, connector.settings.workspace.id.toLowerCase());
  return statusCard({ ...(await viewOf(pool, connector)), lastHour, reporting, inDialog, now });
}

const mostShown = 10;

async function quarantine(parts: Parts, call: CommandCall): Promise<Card> {
  const found = await one(parts, call, 'quarantine');
  if (!found.connector) return found.card;
  const { connector } = found;
  const held = await readQuarantine(parts.pool, connector.id, mostShown);
  return quarantineCard({ connector, ...held, now: parts.runtime.now() });
}

async function content(parts: Parts, call: CommandCall): Promise<Card> {
  const found = await one(parts, call, 'content');
  return found.connector ? contentFor(parts.runtime, call.person, found.connector) : found.card;
}

async function manage(parts: Parts, call: CommandCall): Promise<Card> {
  const found = await one(parts, call, 'manage');
  return found.connector ? manageCard({ connector: found.connector }) : found.card;
}

async function remove(parts: Parts, call: CommandCall): Promise<Card> {
  const found = await one(parts, call, 'delete');
  return found.connector ? removeCard({ connector: found.connector }) : found.card;
}

type One = { connector: Connector } | { connector: null; card: Card };

/** The one connector that the argument names, or a card that asks. */
async function one({ pool }: Parts, { tenantId, argument }: CommandCall, word: string): Promise<One> {
  const found = argument ? await findConnectors(pool, tenantId, argument) : [];
  if (found.length === 1 && found[0]) return { connector: found[0] };
  const text = !argument
    ? sentences.needsName(word)
    : found.length > 1
      ? sentences.which(found.slice(0, 10).map(({ name }) => name))
      : sentences.noSuch(argument);
  return { connector: null, card: noticeCard({ title: 'Which connector?', text, tone: 'default' }) };
}

const responderNeeds = [need('Microsoft.SecurityInsights/incidents/write')];

async function alerts(parts: Parts, call: CommandCall): Promise<Card> {
  const { runtime, pool } = parts;
  const { tenantId, person, conversation, argument, activityId } = call;
  const desired = argument.toLowerCase();
  if (desired !== 'here' && desired !== 'off') return alertsState(parts, call, conversation.alerts);
  const refusal = await mayRoute(parts, tenantId, person);
  if (refusal) return noticeCard({ title: 'Nothing was changed', text: refusal, tone: 'warning' });
  await setAlerts(pool, conversation.id, desired === 'here');
  const target = conversation.name || conversation.kind;
  const entry = {
    tenantId,
    actor: person,
    action: 'alerts' as const,
    target,
    result: desired,
    conversationId: conversation.id,
    activityId,
  };
  await audit(pool, entry, runtime.now());
  return alertsState(parts, call, desired === 'here');
}

async function alertsState({ pool }: Parts, { tenantId, conversation }: CommandCall, on: boolean): Promise<Card> {
  const others = (await listAlertConversations(pool, tenantId)).filter(({ id }) => id !== conversation.id);
  const channels = others.filter(({ kind }) => kind === 'channel').map(({ name }) => name || 'a channel');
  // Whose personal chats they are is nobody's business.
  const chats = others.length - channels.length;
  return alertsCard({
    conversationName: conversation.name,
    on,
    others: chats > 0 ? [...channels, chats === 1 ? 'a personal chat' : `${chats} personal chats`] : channels,
  });
}

/** Alerts are about all connectors, so it takes the right on the workspace of each. */
async function mayRoute({ runtime, pool }: Parts, tenantId: string, person: Person): Promise<string | null> {
  const workspaces = new Map(
    (await listConnectors(pool, tenantId)).map(({ settings }) => [settings.workspace.id, settings.workspace]),
  );
  const deadline = turnDeadline();
  const refusals = await Promise.all(
    [...workspaces.values()].map((workspace) => refusalOn(runtime, person, workspace, responderNeeds, deadline)),
  );
  return refusals.find((refusal) => refusal !== null) ?? (workspaces.size > 0 ? null : sentences.nothingToRoute);
}
