import assert from 'node:assert/strict';
import type { Activity, TurnContext } from 'botbuilder';
import { alertsRequest } from '../../bot/commands/alerts-request.ts';
import { commands } from '../../bot/commands/commands.ts';
import { minutesIn, splitDuration } from '../../bot/commands/duration.ts';
import { meantBy } from '../../bot/commands/meant.ts';
import { readFields, tidied, typedTexts } from '../../bot/dialogs/fields.ts';
import { readActivity, tenantOf } from '../../bot/teams/activity-check.ts';
import { askerOf } from '../../bot/teams/asker.ts';
import { conversationIdOf } from '../../bot/teams/conversations.ts';
import type { DialogCall } from '../../bot/teams/dialog.ts';
import { didYouMean, holdsToken, nearest, parseCommand, tidy, typedText } from '../../bot/teams/message-text.ts';
import { isExtension, moveIn, speaksFrom } from '../../bot/teams/moves.ts';
import type { FieldId } from '../../cards/words/fields.ts';
import { readClient, readDomain, readToken } from '../../ingestion/okta/typed-input.ts';
import type { Random } from '../sims/okta/random.ts';
import { damaged, oddText } from './damage.ts';

const tenant = '11111111-1111-4111-8111-111111111111';
const gate = { allowedTenants: [tenant], cloud: 'public' as const, serviceHosts: [] as string[] };
const whole = {
  type: 'message',
  id: '1',
  text: '<at>Patchbay</at> status Acme',
  channelId: 'msteams',
  serviceUrl: 'https://smba.trafficmanager.net/emea/',
  conversation: { id: '19:x@thread.tacv2;messageid=1', tenantId: tenant, conversationType: 'channel', isGroup: true },
  channelData: { tenant: { id: tenant }, team: { id: '19:t', name: 'SOC' }, channel: { id: '19:x' }, eventType: 'x' },
  recipient: { id: '28:bot', name: 'Patchbay' },
  from: { id: '29:ada', name: 'Ada', aadObjectId: '22222222-2222-4222-8222-222222222222' },
  entities: [
    { type: 'mention', text: '<at>Patchbay</at>', mentioned: { id: '28:bot', name: 'Patchbay' } },
    { type: 'clientInfo', timezone: 'Europe/Vienna' },
  ],
  localTimezone: 'Europe/Vienna',
  replyToId: '1',
  membersAdded: [{ id: '28:bot' }],
  value: { action: { type: 'Action.Execute', verb: 'status', data: { connector: 'c' } }, data: { dialog: 'connect' } },
};
const types = ['message', 'invoke', 'conversationUpdate', 'installationUpdate', 'messageReaction'];
const names = ['task/fetch', 'task/submit', 'adaptiveCard/action', 'composeExtension/fetchTask'];

/** An odd activity is turned away, or all that is read of it first can be read. */
export function readOddActivity(random: Random): void {
  const given = damaged({ ...whole, type: random.pick(types), name: random.pick(names) }, random);
  const read = readActivity(given, gate);
  if ('why' in read) return;
  const { activity } = read;
  assert.equal(tenantOf(activity).toLowerCase(), tenant);
  const text = typedText(activity);
  holdsToken(text);
  parseCommand(text);
  askerOf({ activity } as TurnContext);
  conversationIdOf(activity);
  moveIn(activity);
  speaksFrom(activity);
  isExtension(activity);
}

const words = [
  ...commands.keys(),
  'Acme',
  'here',
  'for',
  '2h',
  '90',
  'minutes',
  'off',
  'only',
  'errors',
  'quiet',
  '22:00-07:00',
  '<at>',
  '<at>Patchbay</at>',
  '@Patchbay',
  '00abcdefghijklmnopqrstuvwxyz0123456789ABCD',
  ' ',
  ' ',
  '"',
  '“',
  '*',
];
const known = [{ name: 'Acme' }, { name: 'R&D Zürich' }, { name: '' }];

/** An odd command is read as one word, what goes with it, and what may have been meant. */
export function readOddCommand(random: Random): void {
  const typed = typedText({ ...whole, text: oddText(random, { words }) } as unknown as Activity);
  holdsToken(typed);
  const { word, argument } = parseCommand(typed);
  meantBy(word, [...commands.keys()]);
  didYouMean(word, [...commands.keys()]);
  nearest(argument, known);
  alertsRequest(argument);
  const { ms } = splitDuration(argument);
  assert.ok(ms === null || Number.isFinite(ms));
}

const typedPieces = [
  'acme',
  '.okta.com',
  'https://',
  '/',
  '-admin',
  '[',
  '](',
  ')',
  'Authorization: ',
  'SSWS ',
  '00',
  'x',
  '::1',
  '0x7f.1',
  '.',
  '\u200b',
];
const read: FieldId[] = ['key', 'interval', 'backfill', 'tier', 'retention', 'total'];

/** Odd texts in the fields of dialogs become values or sentences. */
export async function readOddForm(random: Random): Promise<void> {
  const typed = oddText(random, { words: typedPieces });
  const text = () =>
    random.chance(0.1) ? random.pick([7, true, '', [7], Number.NaN]) : oddText(random, { words: typedPieces, most: 4 });
  for (const each of [readDomain(typed), readToken(typed), readClient(typed)])
    assert.match(each.kind, /^(ok|refused)$/);
  minutesIn({ minutes: text() });
  const data = Object.fromEntries([...read, 'name', 'domain'].map((id) => [id, text()]));
  const call = { data } as unknown as DialogCall;
  const texts = typedTexts(call, [...read, 'name', 'domain']);
  tidied('name', tidy(texts.name));
  const context = { call, connector: null, hasToken: random.chance(0.5), texts, pool: null as never };
  await readFields(read, context);
}
