import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TurnContext } from 'botbuilder';
import { askerOf } from '../../bot/teams/asker.ts';

const person = { from: { id: '29:a', name: 'Ada', aadObjectId: 'a' }, conversation: { id: 'c', tenantId: 't' } };

test('the zone of whoever asks is the one of their client, and UTC where it says none that there is', () => {
  const clientInfo = (timezone: unknown) => ({
    entities: [null, { type: 'mention' }, { type: 'clientInfo', timezone }],
  });
  for (const [activity, zone] of [
    [{ localTimezone: 'Europe/Berlin' }, 'Europe/Berlin'],
    [clientInfo('America/New_York'), 'America/New_York'],
    [{ localTimezone: 'Asia/Tokyo', ...clientInfo('America/New_York') }, 'Asia/Tokyo'],
    [{ localTimezone: 'Nowhere/At all' }, 'UTC'],
    [clientInfo(5), 'UTC'],
    [{ entities: null }, 'UTC'],
    [{}, 'UTC'],
  ] as const)
    assert.equal(askerOf({ activity: { ...person, ...activity } } as unknown as TurnContext).zone, zone);
});
