import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Activity } from 'botbuilder';
import { isExtension, type Move, moveIn, speaksFrom } from '../../bot/teams/moves.ts';

const recipient = { id: '28:bot' };
const conversation = { id: '19:general@thread.tacv2;messageid=1' };
const inTeam = { team: { id: '19:general@thread.tacv2' } };
const inChannel = { ...inTeam, channel: { id: '19:x@thread.tacv2', name: 'New' } };
const activity = (given: object) =>
  ({ type: 'conversationUpdate', recipient, conversation, ...given }) as unknown as Activity;
const event = (eventType: string, channelData: object = inChannel) => ({ channelData: { eventType, ...channelData } });

const removed: Move = {
  kind: 'closed',
  where: { id: '19:general@thread.tacv2', teamId: '19:general@thread.tacv2' },
  why: 'the app was removed',
};
const channel = { id: '19:x@thread.tacv2', teamId: null };
const team = { id: null, teamId: '19:general@thread.tacv2' };

test('what becomes of a place is read off whichever form Teams tells it in, and off nothing else', () => {
  const rows: [given: object, move: Move | null][] = [
    [{ type: 'installationUpdate', action: 'remove', channelData: inTeam }, removed],
    [{ type: 'installationUpdate', action: 'remove-upgrade', channelData: inTeam }, removed],
    [{ membersRemoved: [{ id: '29:ada' }, recipient], channelData: inTeam }, removed],
    [{ membersRemoved: [recipient] }, { ...removed, where: { id: '19:general@thread.tacv2', teamId: null } }],
    [{ membersRemoved: [{ id: '29:ada' }], ...event('teamMemberRemoved') }, null],
    [{ type: 'installationUpdate', action: 'add' }, null],
    [event('channelDeleted'), { kind: 'closed', where: channel, why: 'the channel was deleted' }],
    [event('teamDeleted'), { kind: 'closed', where: team, why: 'the team was deleted' }],
    [event('teamHardDeleted'), { kind: 'closed', where: team, why: 'the team was deleted' }],
    [event('teamArchived'), { kind: 'closed', where: team, why: 'the team was archived' }],
    [event('channelRestored'), { kind: 'opened', where: channel }],
    [event('teamRestored'), { kind: 'opened', where: team }],
    [event('teamUnarchived'), { kind: 'opened', where: team }],
    [event('channelRenamed'), { kind: 'renamed', where: channel, name: 'New' }],
    [
      event('teamRenamed', { team: { ...inTeam.team, name: 'SecOps' } }),
      { kind: 'renamed', where: team, name: 'SecOps' },
    ],
    [event('teamRenamed'), null],
    [event('channelRenamed', inTeam), null],
    [event('channelCreated'), null],
    [event('teamMemberAdded'), null],
    [event('constructor'), null],
    [{ type: 'message', ...event('channelDeleted') }, null],
    [{}, null],
  ];
  for (const [given, move] of rows) assert.deepEqual(moveIn(activity(given)), move, JSON.stringify(given));
});

test('a place is remembered where somebody speaks to the bot or adds it, and not for others who come or for an extension', () => {
  const rows: [given: object, speaks: boolean][] = [
    [{ type: 'message' }, true],
    [{ type: 'invoke', name: 'task/fetch' }, true],
    [{ type: 'invoke' }, true],
    [{ type: 'invoke', name: 'composeExtension/fetchTask' }, false],
    [{ type: 'installationUpdate', action: 'add' }, true],
    [{ type: 'installationUpdate', action: 'add-upgrade' }, true],
    [{ type: 'installationUpdate' }, false],
    [{ membersAdded: [{ id: '29:ada' }, recipient] }, true],
    [{ membersAdded: [{ id: '29:ada' }] }, false],
    [event('channelCreated'), false],
    [{ type: 'messageReaction' }, false],
  ];
  for (const [given, speaks] of rows) assert.equal(speaksFrom(activity(given)), speaks, JSON.stringify(given));
  assert.equal(isExtension(activity({ type: 'invoke', name: 'composeExtension/submitAction' })), true);
  assert.equal(isExtension(activity({ type: 'message', name: 'composeExtension/submitAction' })), false);
});
