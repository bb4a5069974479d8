import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Known, type Noted, whyLost } from '../../ingestion/judgement/lost.ts';
import { hour, minute, now } from './record.ts';

const rule = '/subscriptions/s/resourceGroups/SOC/providers/Microsoft.Insights/dataCollectionRules/patchbay-okta-1';
const since = now - 20 * minute;
const open = { status: 'RespectQuota', resetsAt: '2026-11-24T14:00:00Z' };
const over = { ...open, status: 'OverQuota' };

function note(kind: string, text: string, at = since, ruleId = ''): Noted {
  return { kind, text, at, ruleId, times: 3 };
}

const ofRule = (kind: string, text: string, at = since) => note(kind, text, at, rule.toLowerCase());
const cap = (at: number) => note('cap', 'Ingestion status = OverQuota', at);
const rate = (at: number) => note('rate', 'volume rate … dropped', at);
const transform = (at: number) => ofRule('Transformation', 'Column actor is missing.', at);

test('what Azure has noted names the reason for missing rows, with its own words', () => {
  const why = (given: Partial<Known>) => {
    const { reason, evidence } = whyLost({
      notes: [],
      capping: open,
      unread: null,
      ruleId: rule,
      isLogOff: false,
      since,
      some: false,
      ...given,
    });
    return [reason, evidence];
  };
  const refused = { status: 403, code: 'AuthorizationFailed' };
  const words = { text: 'Ingestion status = OverQuota' };
  const resets = { subject: '2026-11-24T14:00:00Z' };
  const nothing = ['not-visible', { subject: 'nothing found' }];
  const rows: [name: string, given: Partial<Known>, expected: unknown[]][] = [
    ['nothing', {}, nothing],
    ['the log is off', { isLogOff: true }, ['not-visible', { subject: 'error log off' }]],
    ['over the cap', { capping: over }, ['daily-cap', { code: 'OverQuota', ...resets }]],
    [
      'over and noted',
      { capping: over, notes: [cap(since)] },
      ['daily-cap', { code: 'OverQuota', ...words, ...resets }],
    ],
    ['over, and no time', { capping: { ...over, resetsAt: null } }, ['daily-cap', { code: 'OverQuota' }]],
    ['noted since', { notes: [cap(since)] }, ['daily-cap', { code: 'OverQuota', ...words }]],
    ['noted before, and over since', { notes: [cap(since - hour)] }, nothing],
    ['noted, not asked', { notes: [cap(since - hour)], capping: null }, ['daily-cap', { code: 'OverQuota', ...words }]],
    ['collection goes on again', { notes: [note('cap', 'Data collection resumed', since)] }, nothing],
    ['too fast', { notes: [rate(since - 5 * hour)] }, ['ingestion-limit', { text: 'volume rate … dropped' }]],
    ['too fast long ago', { notes: [rate(since - 7 * hour)] }, nothing],
    ['transform', { notes: [transform(since)] }, ['transform-failed', { text: 'Column actor is missing.' }]],
    ['transform, before', { notes: [transform(since - 3 * minute)] }, nothing],
    ['of another rule', { notes: [note('Transformation', 'x', since, '/other')] }, nothing],
    [
      'another error of the rule',
      { notes: [ofRule('Ingestion', 'too large')] },
      ['not-visible', { text: 'too large' }],
    ],
    [
      'the cap stops everything',
      { notes: [transform(since), rate(since)], capping: over },
      ['daily-cap', { code: 'OverQuota', ...resets }],
    ],
    [
      'some, while Azure drops what is too much',
      { some: true, notes: [rate(since)] },
      ['ingestion-limit', { text: 'volume rate … dropped' }],
    ],
    ['some, of a rate long ago', { some: true, notes: [rate(since - hour)] }, nothing],
    [
      'some, of a cap long ago',
      { some: true, notes: [cap(since - hour)], capping: null },
      ['not-visible', { subject: 'nothing found' }],
    ],
    ['nothing could be read', { notes: null, capping: null, unread: refused }, ['not-visible', refused]],
    ['a part could be read', { notes: null, unread: refused }, ['not-visible', refused]],
    [
      'and tells enough',
      { notes: [transform(since)], capping: null, unread: refused },
      ['transform-failed', { text: 'Column actor is missing.' }],
    ],
    [
      'suspended',
      { capping: { ...open, status: 'SubscriptionSuspended' } },
      ['not-visible', { code: 'SubscriptionSuspended' }],
    ],
    ['near the cap', { capping: { ...open, status: 'ApproachingQuota' } }, nothing],
  ];
  for (const [name, given, expected] of rows) assert.deepEqual(why(given), expected, name);
});
