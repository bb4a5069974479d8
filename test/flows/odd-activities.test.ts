import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeServer, type Scene } from '../scene/scene.ts';
import { sharedScene } from '../scene/shared.ts';
import { type Card, textOf } from '../sims/teams/cards.ts';

const shared = sharedScene();
after(closeServer);

const help = /What Patchbay can do/;
const half = 'a\ud800b';
const nested = (levels: number): unknown => JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`);
const invoke = (name: unknown, value: unknown) => ({ type: 'invoke', name, value, text: undefined });
const press = (action: unknown) => invoke('adaptiveCard/action', { action });
const from = (serviceUrl: string) => ({ type: 'conversationUpdate', serviceUrl });
const execute = (given: object) => press({ type: 'Action.Execute', ...given });

/** What comes in, and what comes of it: a status, and either the last thing that was said or what the answer's body holds. */
const rows: [what: string, changes: Card, status: number, says?: RegExp][] = [
  // Messages.
  ['no entity in the list of them', { entities: [null] }, 200, help],
  ['entities of all kinds', { entities: ['x', 7, [], { type: 7 }, { type: 'mention' }] }, 200, help],
  ['entities that are no list', { entities: { type: 'mention' } }, 200, help],
  ['a mention of nothing', { entities: [{ type: 'mention', mentioned: null, text: null }] }, 200, help],
  ['a mention of a thing', { entities: [{ type: 'mention', mentioned: { id: {}, name: [] }, text: {} }] }, 200, help],
  ['a number for a text', { text: 5 }, 200, help],
  ['no text', { text: null }, 200, help],
  ['a list for a text', { text: ['help'] }, 200, help],
  ['half a character in the text', { text: `connectors ${half}` }, 200, /a\ufffdb/],
  ['a null character in the text', { text: 'he\0lp' }, 200, help],
  ['no name of the sender', { from: { name: 7 } }, 200, help],
  ['half a character in the name', { from: { name: half } }, 200, help],
  ['a null character in the name', { from: { name: 'A\0da' } }, 200, help],
  ['half a character in the reference', { recipient: { name: half, [half]: half } }, 200, help],
  ['a null character in the reference', { conversation: { name: 'a\0b', 'a\0b': { 'a\0b': 'a\0b' } } }, 200, help],
  ['things in the reference', { conversation: { conversationType: {}, isGroup: 'x', name: [] } }, 200, help],
  ['a locale that is none', { locale: { toString: 5 } }, 200, help],
  ['data of the channel that are a text', { channelData: 'x' }, 200, help],
  [
    'data of the channel of other kinds',
    { channelData: { team: 'x', channel: [], eventType: {}, tenant: 7 } },
    200,
    help,
  ],
  ['a team without an id', { channelData: { team: { id: {}, name: 7 }, channel: { id: 7 } } }, 200, help],
  ['a team that is null', { channelData: { team: null, channel: null, tenant: null } }, 200, help],
  ['attachments of all kinds', { attachments: [null, 7, { contentType: {} }] }, 200, help],
  ['a value that is a text', { value: 'x' }, 200, help],
  ['a value without end', { value: nested(1_500) }, 200, help],
  ['a channel without end', { channelData: nested(1_500) }, 200, help],
  ['keys of prototypes', { value: JSON.parse('{"__proto__":{"x":1},"constructor":1,"toString":1}') }, 200, help],
  ['no id', { id: undefined }, 200, help],
  ['an id that is a number', { id: 7 }, 200, help],
  ['an id without end', { id: 'x'.repeat(5_000) }, 200, help],
  ['a reply to a thing', { replyToId: {} }, 200, help],
  ['a place without end', { conversation: { id: '19:'.padEnd(5_000, 'x') } }, 400],
  ['a tenant that is a thing', { conversation: { tenantId: { toString: null } } }, 403],
  ['a tenant that is a list', { conversation: { tenantId: ['x'] } }, 403],
  // Where it comes from.
  ['a newer host of Teams', from('https://smba.onyx.prod.teams.trafficmanager.net/emea/'), 200],
  ['a host of another cloud', from('https://smba.infra.dod.teams.microsoft.us/dod/'), 400],
  ['a host that ends like one of Teams', from('https://smba.trafficmanager.net.example.com/'), 400],
  // What happens in a place.
  ['nobody was removed', { type: 'conversationUpdate', membersRemoved: [null] }, 200],
  ['nobody was added', { type: 'conversationUpdate', membersAdded: [null, 7, {}, { id: {} }] }, 200],
  ['members that are no list', { type: 'conversationUpdate', membersAdded: 'x', membersRemoved: {} }, 200],
  ['an event that is a thing', { type: 'conversationUpdate', channelData: { eventType: {} } }, 200],
  ['an installation without an action', { type: 'installationUpdate', action: undefined }, 200],
  ['an installation with a thing for an action', { type: 'installationUpdate', action: {} }, 200],
  ['a type that nobody knows', { type: 'x' }, 200],
  ['a reaction', { type: 'messageReaction', reactionsAdded: [null] }, 200],
  // Presses and dialogs.
  ['a press without an action', press(undefined), 400],
  ['a press with a text for an action', press('x'), 400],
  ['a press with a list for an action', press([]), 400],
  ['a press of an unknown type', press({ type: 7 }), 400],
  ['a press with a thing for a verb', execute({ verb: {}, data: {} }), 200, /older version/],
  ['a press with a text for data', execute({ verb: 'retry', data: 'x' }), 200, /does not exist/],
  ['a press with a list for data', execute({ verb: 'retry', data: ['x'] }), 200, /does not exist/],
  ['a press without data', execute({ verb: 'retry', data: null }), 200, /does not exist/],
  [
    'a press with a thing for an id',
    execute({ verb: 'retry', data: { connector: { toString: 5 } } }),
    200,
    /does not exist/,
  ],
  ['a press with a null character', execute({ verb: 'say', data: { text: 'status \0\ud800' } }), 200, /connector/],
  ['a press with data without end', execute({ verb: 'status', data: nested(1_500) }), 200, /does not exist/],
  ['a refresh without data', execute({ verb: 'refresh', data: null }), 200],
  ['a refresh of a thing', execute({ verb: 'refresh', data: { card: { toString: 5 }, incident: [{}] } }), 200],
  ['a refresh of an unknown card', execute({ verb: 'refresh', data: { card: 'x\0', incident: '\ud800' } }), 200],
  [
    'a press on an unknown card',
    execute({ verb: 'retry', data: { card: 'x', connector: 'x' } }),
    200,
    /does not exist/,
  ],
  ['a dialog without data', invoke('task/fetch', { data: null }), 200, /expired/],
  ['a dialog with a text for data', invoke('task/fetch', { data: 'x' }), 200, /expired/],
  ['a dialog with a list for data', invoke('task/submit', { data: [{ dialog: 'connect' }] }), 200, /expired/],
  ['a dialog with a thing for a name', invoke('task/fetch', { data: { dialog: { toString: 5 } } }), 200, /expired/],
  [
    'a dialog with a thing for a draft',
    invoke('task/submit', { data: { dialog: 'connect', draft: {}, page: {} } }),
    200,
    /expired/,
  ],
  [
    'a dialog about a thing',
    invoke('task/fetch', { data: { dialog: 'manage', connector: [{}, 7] } }),
    200,
    /does not exist/,
  ],
  ['an extension without a command', invoke('composeExtension/fetchTask', { commandId: {} }), 200, /expired/],
  [
    'an extension of an unknown command',
    invoke('composeExtension/fetchTask', { commandId: 'constructor' }),
    200,
    /expired/,
  ],
  [
    'an extension with things for data',
    invoke('composeExtension/submitAction', { commandId: 'connect', data: ['x'] }),
    200,
    /expired/,
  ],
  ['a preview that nothing asks for', invoke('composeExtension/submitAction', { botMessagePreviewAction: {} }), 400],
  ['an invoke that nothing answers', invoke('composeExtension/query', { parameters: [null] }), 400],
  ['an invoke without a name', invoke(undefined, {}), 400],
  ['an invoke with a thing for a name', invoke({ toString: 5 }, {}), 400],
  ['an invoke without a value', invoke('task/fetch', null), 400],
  ['an invoke with a text for a value', invoke('task/fetch', 'x'), 400],
];

/** The activity's own parts with these in place of what they had, one level deep. */
function changed({ teams, ada, channel }: Scene, changes: Card): Card {
  const { team } = channel;
  const parts: Record<string, Card> = {
    from: { id: ada.id, name: ada.name, aadObjectId: ada.aadObjectId },
    recipient: { id: teams.tenant.bot.id, name: teams.tenant.bot.name },
    conversation: { id: channel.id, conversationType: 'channel', isGroup: true, tenantId: teams.tenant.id },
    channelData: { channel: { id: channel.id }, team: { id: team.id }, tenant: { id: teams.tenant.id } },
  };
  const isThing = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
  return Object.fromEntries(
    Object.entries(changes).map(([key, value]) => [
      key,
      parts[key] && isThing(value) ? { ...parts[key], ...(value as Card) } : value,
    ]),
  );
}

for (const [what, changes, status, says] of rows) {
  test(`an odd activity gets a proper answer or is turned away: ${what}`, async () => {
    const scene = shared();
    const delivery = await scene.teams.deliver(scene.ada, scene.channel, changed(scene, changes));
    assert.equal(delivery.status, status);
    const { answers } = delivery;
    assert.equal(answers.length, changes.type === undefined ? (status === 200 ? 1 : 0) : 0);
    const said = [...answers.map(({ cards }) => textOf(cards[0] ?? {})), JSON.stringify(delivery.body)].join();
    if (says) assert.match(said, says);
    assert.deepEqual(
      scene.logLines.filter((line) => line.includes('"level":50')),
      [],
    );
  });
}
