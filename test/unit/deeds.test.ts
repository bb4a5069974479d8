import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deedWords } from '../../cards/words/deeds.ts';
import type { Audited } from '../../ingestion/connector/audit.ts';

const told: [action: Audited['action'], result: string, it: string, words: string][] = [
  ['connect', 'created', 'it', 'connected it'],
  ['connect', 'refused', 'Acme', 'was not allowed to connect Acme'],
  ['manage', 'changed name, token', 'it', 'changed its name, token'],
  ['manage', 'changed name, token', 'Acme', 'changed name, token of Acme'],
  ['pause', 'paused', 'it', 'paused it'],
  ['resume', 'resumed', 'it', 'resumed it'],
  ['delete', 'asked', 'it', 'deleted it'],
  ['retry', 'due at once', 'it', 'had it tried again'],
  ['retry', 'refused', 'it', 'was not allowed to have it tried again'],
  ['alerts', 'here errors', 'SOC', 'chose the alerts of SOC: “here errors”'],
  [
    'deliver',
    'undeliverable: 403 BotNotInConversationRoster',
    'SOC',
    'may not post in SOC any more (403 BotNotInConversationRoster)',
  ],
  ['acknowledge', 'done', 'it', 'acknowledged its alert'],
  ['acknowledge', 'already', 'Acme', 'acknowledged the alert of Acme once more'],
  ['snooze', 'for 240 minutes', 'Acme', 'snoozed the alert of Acme for 4 hours'],
  ['snooze', 'ended', 'Acme', 'ended the snooze of the alert of Acme'],
  ['snooze', 'over', 'Acme', 'snoozed the alert of Acme, which was over'],
  ['mute', 'for 15 minutes', 'it', 'muted it for 15 minutes'],
  ['mute', 'ended', 'it', 'ended its mute'],
  ['digest', '08:00 (Europe/Berlin)', 'SOC', 'set the digest of SOC to 08:00 (Europe/Berlin)'],
  ['digest', 'off', 'SOC', 'ended the digest of SOC'],
];

test('what the audit has of a deed reads as a sentence', () => {
  for (const [action, result, it, words] of told) assert.equal(deedWords({ action, result }, it), words);
});
