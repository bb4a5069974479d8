// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how the templates of Adaptive Cards look.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { detailsPage, namePage, productsPage } from '../../cards/dialogs/connect.ts';
import { manageDialog } from '../../cards/dialogs/manage.ts';
import { bytesOf, mostBytes } from '../../cards/kit/size.ts';
import { type Card, expand } from '../../cards/kit/template.ts';
import { line } from '../../cards/kit/text.ts';
import { duration, every } from '../../cards/kit/times.ts';
import { pageOf } from '../../cards/messages/connectors.ts';
import { helpCard } from '../../cards/messages/help.ts';
import { incidentCard, incidentSummary } from '../../cards/messages/incident.ts';
import { progressCard } from '../../cards/messages/progress.ts';
import { quarantineCard } from '../../cards/messages/quarantine.ts';
import { statusCard } from '../../cards/messages/status.ts';
import { domainSentence, nameSentence, tokenSentence } from '../../cards/words/fields.ts';
import { hintOf, hints } from '../../cards/words/hints.ts';
import { probeSentence } from '../../cards/words/okta-probe.ts';
import { type Connector, stateOf } from '../../ingestion/connector/connector.ts';
import { progressOf } from '../../ingestion/connector/progress.ts';
import { type Reason, reasons } from '../../ingestion/reasons.ts';
import { actions, FieldsRefused, faultsOf, inputs, parts, press, textOf } from '../sims/teams/cards.ts';
import {
  answers,
  built,
  checkpoint,
  connected,
  connectorNamed,
  detail,
  draft,
  everyCard,
  failing,
  halfBuilt,
  hostile,
  incidentOf,
  lastHour,
  manageable,
  minute,
  now,
  page,
  portal,
  rowsOf,
  said,
} from './every-card.ts';

/** The buttons that a person sees; rows that open something are none. */
function buttons(card: Card): Card[] {
  return (card.actions ?? []) as Card[];
}

test('every card is one that Teams draws, whatever stands in the names', () => {
  for (const foreign of hostile) {
    for (const [name, card, place] of everyCard(foreign)) {
      assert.deepEqual(faultsOf(card, place), [], `${name} with ${foreign}`);
      assert.equal(card.version, '1.5');
      assert.equal(typeof card.fallbackText, 'string');
      assert.ok(bytesOf(card) < mostBytes, name);
    }
  }
});

test('the table of all cards leaves none out: whatever makes one is called there', () => {
  const source = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
  const makers = ['messages', 'dialogs'].flatMap((room) =>
    readdirSync(new URL(`../../cards/${room}`, import.meta.url)).flatMap((file) =>
      [...source(`../../cards/${room}/${file}`).matchAll(/^export function (\w+)\([\s\S]*?\): (.+?) \{$/gm)].flatMap(
        ([, name = '', made]) => (made === 'Card' && !name.endsWith('Block') ? [name] : []),
      ),
    ),
  );
  const table = source('./every-card.ts');
  assert.ok(makers.length > 15, makers.join(', '));
  assert.deepEqual(
    makers.filter((name) => !table.includes(`${name}(`)),
    [],
  );
});

test('text is cut, and keeps its letters whole', () => {
  assert.equal([...line('😀'.repeat(300), 50)].length, 50);
  assert.ok(line('😀'.repeat(300), 50).isWellFormed());
  assert.equal(line('\u202etxt.exe'), 'txt.exe');
});

test('a template that asks for what the data lacks is refused', () => {
  assert.throws(() => expand({ text: '${name}' }, {}), /lacks: name/);
  assert.throws(() => expand({ text: 'Hello ${name}' }, {}), /lacks: name/);
  assert.throws(() => expand({ items: [{ $data: '${rows}', text: '${name}' }] }, { rows: [{}] }), /lacks: name/);
  assert.throws(() => expand({ items: [{ $data: '${rows}' }] }, {}), /lacks: rows/);
  assert.deepEqual(expand({ text: '${name}' }, { name: '${other}' }), { text: '${other}' });
});

test('every reason has a whole hint in words without protocol', () => {
  assert.deepEqual(new Set(hints.keys()), new Set(reasons));
  for (const [reason, hint] of hints) {
    for (const evidence of [
      {},
      said,
      { subject: 'no events' },
      { code: 'Monitoring Contributor', text: 'an action' },
    ]) {
      const texts = [hint.title, hint.what(evidence), ...hint.todo(evidence), hint.who, hint.data.sentence];
      for (const text of texts) {
        assert.ok(text.length > 5, reason);
        assert.doesNotMatch(text, /undefined|null|\[object|cursor|HTTP|\b40[134]\b|\$\{/, `${reason}: ${text}`);
      }
    }
    assert.ok(hint.title.length <= 50, hint.title);
    assert.ok(hint.todo({}).length > 0, reason);
  }
});

test('Repair stands where the hint sends a person there, and nowhere else', () => {
  for (const [reason, hint] of hints) {
    const connector = failing(reason);
    const offered = buttons(incidentCard({ connector, incident: incidentOf(connector), portal, now }));
    const says = /press Repair/i.test(hint.todo(said).join(' '));
    assert.equal(
      offered.some(({ title }) => title === 'Repair'),
      says,
      reason,
    );
  }
});

test('a missing role is named with the place where to give it', () => {
  const scope = '/subscriptions/s/resourceGroups/rg-soc';
  const connector = halfBuilt();
  connector.provisioning.problem = {
    reason: 'azure-forbidden',
    evidence: {
      grants: [{ role: 'Monitoring Contributor', scope, actions: ['Microsoft.Insights/dataCollectionRules/write'] }],
    },
  };
  const card = progressCard({ connector, now });
  assert.match(textOf(card), /resource group rg-soc › Access control \(IAM\).*role Monitoring Contributor/s);
  assert.deepEqual(press(card, 'Retry').action.verb, 'retry');
});

test('the platform’s own words stand on the card for support, as they are written', () => {
  const connector = failing('token-refused', { ...said, text: 'Invalid *token* [x](https://e.example)' });
  const text = textOf(incidentCard({ connector, incident: incidentOf(connector), portal, now }));
  assert.match(text, /For support: status 401 · E0000011 · “Invalid \*token\* \[x\]\(https:\/\/e\.example\)”/);
  assert.match(text, /request id reqABC-123/);
});

test('each step of the progress shows how far it is', () => {
  const fresh = connectorNamed('A');
  fresh.provisioning.done = ['rights'];
  fresh.provisioning.running = 'table';
  assert.equal(marks(progressCard({ connector: fresh, now })), '✓◐○○○○○○○○');
  assert.equal(marks(progressCard({ connector: halfBuilt(), now })), '✓✓✓✕○○○○○○');
  assert.equal(marks(progressCard({ connector: built({ lastPollAt: null }), now })), '✓✓✓✓✓✓✓✓◐○');
  assert.equal(marks(progressCard({ connector: built(), now })), '✓✓✓✓✓✓✓✓✓◐');
  assert.equal(marks(progressCard({ connector: built(connected), now })), '✓✓✓✓✓✓✓✓✓✓');
  assert.equal(marks(progressCard({ connector: failing('token-refused'), now })), '✓✓✓✓✓✓✓✓✕○');
  const late = failing('no-first-data', { subject: 'not visible' });
  late.status.failing = null;
  assert.equal(marks(progressCard({ connector: late, now })), '✓✓✓✓✓✓✓✓✓✕');
});

function marks(card: Card): string {
  return [...parts(card)]
    .flatMap(({ text }) => (typeof text === 'string' && /^[✓◐○✕]$/.test(text) ? [text] : []))
    .join('');
}

test('Pending says until when rows are expected, in each reader’s own time', () => {
  const text = textOf(progressCard({ connector: built(), now }));
  assert.match(text, /Waiting for the first rows, until \{\{TIME\(2026-03-02T14:28:03Z\)\}\} at the latest/);
});

test('the status of a Pending connector says what it waits for and for how long', () => {
  const of = (connector: Connector) =>
    textOf(statusCard({ connector, checkpoint, lastHour, ...detail, state: stateOf(connector), now }));
  assert.match(of(built()), /Waiting for the first rows, until \{\{TIME\(2026-03-02T14:28:03Z\)\}\} at the latest/);
  const begun = { ...built(), provisioning: { ...built().provisioning, finishedAt: null } };
  assert.match(of(begun), /Patchbay is setting it up in Azure/);
  assert.doesNotMatch(of(built(connected)), /Waiting for|setting it up/);
});

test('a role that is not in effect yet is waiting, not an error, and has no Retry', () => {
  const rows: [Reason, RegExp][] = [
    [
      'role-missing',
      /Waiting for Azure.*permission takes up to 30 minutes.*TIME\(2026-03-02T14:28:03Z\).*Nothing needs/,
    ],
    ['rule-missing', /Waiting for Azure.*rule takes up to 15 minutes.*TIME\(2026-03-02T14:13:03Z\).*Nothing needs/],
    ['okta-unreachable', /Okta does not answer\. Patchbay is trying again/],
  ];
  for (const [reason, says] of rows) {
    const waiting = built({ failing: { reason, since: now - minute, polls: 1 } });
    const card = progressCard({ connector: waiting, now });
    assert.equal(marks(card), '✓✓✓✓✓✓✓✓◐○');
    assert.match(textOf(card), says);
    assert.deepEqual(
      buttons(card).map(({ title }) => title),
      ['Status'],
    );
    const status = (connector: Connector) =>
      textOf(statusCard({ connector, checkpoint, lastHour, ...detail, state: stateOf(connector), now }));
    assert.match(status(waiting), says, 'Pending');
    assert.doesNotMatch(status(waiting), /first rows/, 'one thing at a time');
    assert.match(status(built({ ...connected, failing: waiting.status.failing })), says, 'made anew');
  }
});

test('Retry is offered exactly where something is wrong', () => {
  const titles = (connector: Connector) =>
    buttons(statusCard({ connector, checkpoint, lastHour, ...detail, state: stateOf(connector), now })).map(
      ({ title }) => title,
    );
  assert.deepEqual(titles(built(connected)), ['Refresh', 'Verify', 'Manage…', 'Pause', 'Delete…']);
  assert.deepEqual(titles(built()), ['Refresh', 'Verify', 'Manage…', 'Pause', 'Delete…']);
  assert.deepEqual(titles(failing('token-refused')), ['Refresh', 'Verify', 'Retry', 'Manage…', 'Pause', 'Delete…']);
  assert.deepEqual(titles(failing('rule-missing')), ['Refresh', 'Verify', 'Repair', 'Manage…', 'Pause', 'Delete…']);
  const paused: Connector = { ...failing('token-idle'), desired: 'pause' };
  assert.deepEqual(titles(paused), ['Refresh', 'Verify', 'Manage…', 'Resume', 'Delete…']);
  assert.deepEqual(titles(halfBuilt()), ['Refresh', 'Verify', 'Retry', 'Manage…', 'Pause', 'Delete…']);
});

test('Manage is a button where the hint sends a person there, and an alert that it does not help has none', () => {
  for (const [reason, hint] of hints) {
    const connector = failing(reason);
    const card = incidentCard({ connector, incident: incidentOf(connector), portal, now });
    const says = /press (Manage|Rotate token|New key)/.exec(hint.todo(said).join(' '))?.[1];
    const offered = buttons(card).map(({ title }) => title);
    assert.deepEqual(
      offered.filter((title) => /^(Manage|Rotate token|New key)…$/.test(String(title))),
      says ? [`${says}…`] : [],
      reason,
    );
  }
  const refused = failing('token-refused');
  const alert = incidentCard({ connector: refused, incident: incidentOf(refused), portal, now });
  assert.equal(press(alert, 'Rotate token…').data.dialog, 'manage');
});

test('what a poll has met is told by its alert: the progress card of a new connector names it, and leaves the rest to that', () => {
  for (const reason of ['token-refused', 'no-first-data'] as const) {
    const card = progressCard({ connector: failing(reason), now });
    assert.match(textOf(card), /could not be connected/);
    const said = textOf(card).includes(`${hintOf(reason).title}. The alert about it says what to do`);
    assert.ok(said, textOf(card));
    assert.doesNotMatch(textOf(card), /For support|TIME\(/, 'nothing that is another at the next poll');
    assert.deepEqual(
      buttons(card).map(({ title }) => title),
      ['Status'],
    );
  }
});

test('the progress card follows exactly where it shows another thing of its polls', () => {
  const failure = { since: now - minute, polls: 3 };
  const problem = { health: 'error', since: now, evidence: said } as const;
  const statuses: Partial<Connector['status']>[] = [
    { lastPollAt: null },
    {},
    { lastPollAt: now },
    { lastEventAt: now },
    { lastEventAt: now - minute },
    { unseenSince: now - minute, lastEventAt: now },
    { lastFailedAt: now - minute },
    { lastFailedAt: now },
    { lastFailedAt: now - minute, failing: { ...failure, reason: 'role-missing' } },
    { lastFailedAt: now, failing: { ...failure, polls: 4, reason: 'role-missing' } },
    { failing: { ...failure, reason: 'okta-unreachable' } },
    {
      health: 'error',
      problem: { ...problem, reason: 'token-refused' },
      failing: { ...failure, reason: 'token-refused' },
    },
    {
      health: 'error',
      problem: { ...problem, reason: 'token-refused', evidence: { ...said, requestId: 'another' } },
      failing: { ...failure, polls: 9, reason: 'token-refused' },
      lastFailedAt: now,
    },
    { health: 'error', problem: { ...problem, reason: 'no-first-data' } },
    { firstSeenAt: now },
    { firstSeenAt: now, lastFailedAt: now, failing: { ...failure, reason: 'okta-unreachable' } },
  ];
  const drawn = (status: Partial<Connector['status']>) => {
    const connector = built(status);
    return [JSON.stringify(progressCard({ connector, now })), progressOf(connector)] as const;
  };
  for (const one of statuses)
    for (const other of statuses) {
      const [[cardA, keyA], [cardB, keyB]] = [drawn(one), drawn(other)];
      assert.equal(keyA === keyB, cardA === cardB, JSON.stringify([one, other]));
    }
});

test('the manage dialog shows all as it is, holds no token, and asks for a yes only to another domain', () => {
  const connector = built(connected);
  connector.settings.intervalSeconds = 77;
  const page = manageDialog(manageable(connector));
  const data = press(page, 'Save').data;
  assert.deepEqual(data, {
    ...{ dialog: 'manage', connector: connector.id, draft, key: '' },
    ...{ name: 'Okta production', domain: 'acme.okta.com', interval: '77', conversation: '19:soc@thread.tacv2' },
    ...{ surges: 'no', retention: '90', total: '365' },
  });
  const field = (id: string, card: Card) => inputs(card).find((input) => input.id === id);
  assert.deepEqual([field('key', page)?.style, field('key', page)?.value], ['Password', undefined]);
  assert.equal(field('confirm', page), undefined);
  const asking = manageDialog({ ...manageable(connector), newDomain: 'globex.okta.com' });
  assert.equal(press(asking, 'Save').data.confirm, 'false');
  assert.match(textOf(asking), /From acme\.okta\.com to globex\.okta\.com/);
  assert.throws(() => press(page, 'Save', { domain: 'not a domain' }), FieldsRefused);
  assert.throws(() => press(page, 'Save', { total: '4384' }), FieldsRefused);
  const lake = manageDialog({ ...manageable(connector), lake: true, shorter: { from: 365, to: 30 } });
  assert.equal(field('retention', lake), undefined, 'the lake tier has no analytics retention');
  assert.equal(press(lake, 'Save').data.shorten, 'false');
});

test('the status says what was sent, what may stand twice and what was put aside', () => {
  const text = textOf(
    statusCard({ connector: built(connected), checkpoint, lastHour, ...detail, state: 'connected', now }),
  );
  for (const fact of [
    'Events sent: 1,234,567',
    'Possibly twice: at most 12 rows',
    'Put aside: 3',
    'Behind: no, caught up',
  ]) {
    assert.ok(text.includes(fact), `${fact} in ${text}`);
  }
});

test('the status says when health records were written last, or why they are not', () => {
  const told = (reporting: Parameters<typeof statusCard>[0]['reporting']) =>
    textOf(
      statusCard({
        connector: built(connected),
        checkpoint,
        lastHour,
        ...detail,
        reporting: reporting ?? null,
        state: 'connected',
        now,
      }),
    );
  assert.match(told({ sentAt: null, problem: null }), /Health records: none yet/);
  assert.match(told({ sentAt: now, problem: null }), /Health records: last written \{\{DATE/);
  const problem = { reason: 'role-missing' as const, evidence: {}, since: now };
  assert.match(told({ sentAt: now, problem }), /not written since \{\{DATE.*: Patchbay may not send to the workspace/);
});

test('the status asks for another token when that is older than it may be, and never when nobody wants that', () => {
  const day = 1_440 * minute;
  const of = (token: { keptAt: number | null; ageDays: number }) =>
    textOf(
      statusCard({ connector: built(connected), checkpoint, lastHour, ...detail, token, state: 'connected', now }),
    );
  const old = of({ keptAt: now - 365 * day - 1, ageDays: 365 });
  assert.match(
    old,
    /API token: the same since \{\{DATE\(2025-03-02.*for more than 365 days; create another one in Okta/,
  );
  assert.match(old, /✓ Connected/, 'an old token works');
  for (const token of [
    { keptAt: now - 365 * day, ageDays: 365 },
    { keptAt: now - 9_999 * day, ageDays: 0 },
    { keptAt: null, ageDays: 1 },
  ])
    assert.doesNotMatch(of(token), /API token:/);
});

test('a token that Okta refuses soon after it took it was not idle: it was revoked, or its owner is gone', () => {
  const what = (subject?: string) => hintOf('token-refused').what(subject ? { subject } : {});
  assert.match(what(), /revoked, its owner was deactivated, or it was not used for 30 days/);
  assert.match(
    what('2026-03-02T14:00:00.000Z'),
    /took it until 2026-03-02 14:00 UTC.*revoked, or its owner was deactivated/,
  );
  assert.doesNotMatch(what('2026-03-02T14:00:00.000Z'), /30 days/);
});

test('the status names the command that shows what was put aside, and says how often Okta is asked', () => {
  const of = (connector: Connector) =>
    textOf(statusCard({ connector, checkpoint, lastHour, ...detail, state: 'connected', now }));
  const connector = built(connected);
  assert.match(of(connector), /Put aside: 3; say “quarantine Okta production” to see them/);
  assert.match(of(connector), /Checked: every minute/);
  const said = [10, 30, 300, 900, 77].map((intervalSeconds) => {
    const text = of({ ...connector, settings: { ...connector.settings, intervalSeconds } });
    return /Checked: (.*)/.exec(text)?.[1];
  });
  assert.deepEqual(said, [
    'every 10 seconds',
    'every 30 seconds',
    'every 5 minutes',
    'every 15 minutes',
    'every 77 seconds',
  ]);
});

test('what is put aside is shown by its outside, with the command that exports it', () => {
  const published = '2026-03-02T13:00:00.000Z';
  const event = { uuid: 'u-1', published, reason: 'refused by Azure (400 InvalidPayload)', bytes: 2048, at: now };
  const card = quarantineCard({ connector: built(connected), events: 12, newest: [event], now });
  const text = textOf(card);
  assert.match(text, /^▲ 12 events of Okta production put aside$/m);
  assert.match(text, /^npm run -s quarantine -- export "Okta production" > events\.jsonl$/m);
  assert.match(text, /^u-1$/m);
  assert.match(text, /^2,048 bytes, refused by Azure \(400 InvalidPayload\)$/m);
  assert.match(text, /^Published \{\{DATE\(2026-03-02T13:00:00Z, SHORT\)\}\}/m);
  assert.match(text, /^The newest 1$/m);
  assert.match(textOf(quarantineCard({ connector: built(), events: 0, newest: [], now })), /Nothing is put aside/);
});

test('a name that a shell would act on is never in a command to be copied', () => {
  for (const name of ['A"; rm -rf ~ #', '$(id)', '`id`', '-rf', 'a!b', "a'b", 'a\\b']) {
    const connector = built(connected, name);
    const text = textOf(quarantineCard({ connector, events: 1, newest: [], now }));
    assert.ok(text.includes(`npm run -s quarantine -- export ${connector.id} > events.jsonl`), name);
  }
});

test('the deadline for the first rows counts from the first events that Azure took', () => {
  const text = textOf(progressCard({ connector: built({ unseenSince: now - minute, lastEventAt: now }), now }));
  assert.match(text, /until \{\{TIME\(2026-03-02T14:31:03Z\)\}\} at the latest/);
});

test('the interval is a choice from every 10 seconds to every 15 minutes, and a minute unless chosen', () => {
  const given = { draft, unavailable: [], conversations: [], errors: {} };
  const workspaces = [{ id: 'w1', name: 'soc', location: 'westeurope', resourceGroup: 'rg' }];
  const choice = (interval: string) =>
    inputs(detailsPage({ ...given, workspaces, values: { ...answers, interval } })).find(({ id }) => id === 'interval');
  const offered = choice('60')?.choices as Card[] | undefined;
  assert.deepEqual(
    offered?.map(({ title, value }) => `${value} ${title}`),
    ['10 Every 10 seconds', '30 Every 30 seconds', '60 Every minute', '300 Every 5 minutes', '900 Every 15 minutes'],
  );
  assert.deepEqual([choice('300')?.value, choice('77')?.value, choice('')?.value], ['300', '60', '60']);
});

test('how long something lasted is said in its two largest units, and how often in one', () => {
  const minutes = [0, 1, 12, 60, 185, 1440, 1441, 1500, 3125, 1_440_000];
  assert.deepEqual(
    minutes.map((count) => duration(count * minute + 59_999)),
    [
      'less than a minute',
      '1 minute',
      '12 minutes',
      '1 hour',
      '3 hours 5 minutes',
      '1 day',
      '1 day',
      '1 day 1 hour',
      '2 days 4 hours',
      '1000 days',
    ],
  );
  assert.deepEqual([1, 90, 60, 900].map(every), [
    'Every second',
    'Every 90 seconds',
    'Every minute',
    'Every 15 minutes',
  ]);
});

test('the list turns its pages, corrects a wrong one, and opens a status from a row', () => {
  assert.deepEqual(
    [1, 3, 99, 0, Number.NaN].map((wanted) => pageOf({ all: 11 }, wanted).page),
    [1, 3, 3, 1, 1],
  );
  const rows = rowsOf(Array.from({ length: 5 }, (_, index) => built(connected, `Org ${index + 6}`)));
  const card = page(rows, { all: 11, page: 2, filter: 'org' });
  assert.deepEqual(press(card, 'Next').action.data, { page: 3, filter: 'org' });
  assert.deepEqual(press(card, 'Previous').action.data, { page: 1, filter: 'org' });
  assert.deepEqual([...parts(card)].find(({ selectAction }) => selectAction)?.selectAction, {
    type: 'Action.Submit',
    title: 'Open Org 6: Connected',
    data: { msteams: { type: 'task/fetch' }, dialog: 'status', connector: rows[0]?.connector.id },
  });
});

test('the status compares the last full hour with what is usual, in words beside the chart and without one', () => {
  const text = (events: number, usual: number | null) => {
    const hour = { start: now - 60 * minute, events, usual, p50Seconds: 2, p95Seconds: 256 };
    const trend = { hours: [{ ...hour, events: 7, usual }, hour], repeated: 0 };
    return textOf(
      statusCard({ connector: built(connected), checkpoint, lastHour, ...detail, trend, state: 'connected', now }),
    );
  };
  assert.match(
    text(1_000, 900),
    /1,000 in the last full hour: about what is usual at that hour, 900 by the days before/,
  );
  assert.match(text(10, 900), /10 in the last full hour: well below what is usual/);
  assert.match(text(2_000, 900), /2,000 in the last full hour: well above .*Over the day from 7 to 2,000 an hour/);
  assert.match(text(5, null), /5 in the last full hour: what is usual is known after three days/);
  assert.match(text(5, null), /half within 2 s, 95 % within 4 minutes; at worst 95 % within 4 minutes/);
});

test('a row of the list tells its state to screen readers, and all that a SOC wants to know of it', () => {
  const [row] = rowsOf([failing('token-refused', {}, 'Contoso labs')]);
  const card = page(row ? [row] : []);
  assert.match(JSON.stringify(card), /"title":"Open Contoso labs: Error: Okta refuses the API token"/);
  const text = textOf(card);
  assert.match(text, /acme\.okta\.com → soc · OktaSystemLogs_CL, Analytics · last event 2 min ago/);
  assert.match(text, /Since \{\{DATE/);
  assert.match(text, /Created .* by Ada Byron · last change: Contoso labs changed its Contoso labs, /);
});

test('an alert names the broken leg, and turns calm when it is over', () => {
  const connector = failing('token-refused');
  const opened = textOf(incidentCard({ connector, incident: incidentOf(connector), portal, now }));
  assert.match(opened, /^Okta ✕ Patchbay → Microsoft Sentinel$/m);
  assert.match(opened, /Data is delayed/);
  assert.match(opened, /An Okta administrator/);
  const resolved = incidentCard({ connector, incident: incidentOf(connector, now), portal, now });
  assert.match(textOf(resolved), /Recovered after 12 minutes/);
  assert.deepEqual(
    buttons(resolved).map(({ title }) => title),
    ['Status'],
  );
  assert.match(
    incidentSummary({ connector, incident: incidentOf(connector) }),
    /^Okta production: Okta refuses the API token, since 13:50 UTC\.$/,
  );
});

test('the pages of the dialog carry their draft and page, and Back asks for nothing', () => {
  const page1 = namePage({
    draft,
    values: { name: '', domain: '' },
    keyStored: false,
    outboundAddresses: [],
    errors: {},
    notes: [],
  });
  const typed = { name: 'A', domain: 'https://acme.okta.com/', key: 'a key' };
  assert.deepEqual(press(page1, 'Next', typed).data, {
    dialog: 'connect',
    draft,
    page: 1,
    credential: 'token',
    ...typed,
  });
  // Whoever reads by a service app has none.
  assert.equal(press(page1, 'Next', { ...typed, credential: 'app', key: '' }).data.key, '');
  assert.throws(() => press(page1, 'Next', { ...typed, domain: 'not a domain' }), FieldsRefused);
  const page2 = productsPage({ draft, notes: [], errors: {} });
  assert.deepEqual(press(page2, 'Next').data, { dialog: 'connect', draft, page: 2, products: 'siem' });
  assert.throws(() => press(page2, 'Next', { products: '' }), FieldsRefused);
  assert.deepEqual(press(page2, 'Back', { products: '' }).data, { dialog: 'connect', draft, page: 2, back: true });
  const [workspace] = [{ id: 'w1', name: 'soc', location: 'westeurope', resourceGroup: 'rg' }];
  const given = { draft, values: answers, unavailable: [], conversations: [{ id: 'c1', name: 'SOC' }], errors: {} };
  const page3 = detailsPage({ ...given, workspaces: [workspace] });
  const data = { ...answers, workspace: 'w1', conversation: 'c1', dialog: 'connect', draft, page: 3 };
  assert.deepEqual(press(page3, 'Connect').data, data);
  assert.throws(() => press(page3, 'Connect', { retention: '731' }), FieldsRefused);
  assert.throws(() => press(page3, 'Connect', { backfill: '49' }), FieldsRefused);
  const none = detailsPage({
    ...given,
    workspaces: [],
    unavailable: [{ name: 'soc', why: 'you lack Log Analytics Contributor (for tables/write)' }],
  });
  assert.deepEqual(
    buttons(none).map(({ title }) => title),
    ['Back'],
  );
  assert.match(textOf(none), /soc: you lack Log Analytics Contributor/);
  assert.match(textOf(none), /up to 15 minutes/);
});

test('a stored key is not asked for again, and no field for a key holds one', () => {
  const page = namePage({
    draft,
    values: { name: 'A', domain: 'a.okta.com' },
    keyStored: true,
    outboundAddresses: ['203.0.113.4', '203.0.113.5'],
    errors: { key: 'Wrong.' },
    notes: [],
  });
  const key = inputs(page).find(({ id }) => id === 'key');
  assert.deepEqual([key?.isRequired, key?.value, key?.style], [false, undefined, 'Password']);
  assert.match(String(key?.placeholder), /leave empty to keep it/);
  assert.match(textOf(page), /✕ Wrong\./);
  assert.match(
    textOf(page),
    /network zones, they must let in 203\.0\.113\.4, 203\.0\.113\.5, from where Patchbay calls/,
  );
});

test('no card carries the reference to the key', () => {
  for (const [name, card] of everyCard('A')) assert.ok(!JSON.stringify(card).includes('the-id-of-a-sealed-key'), name);
});

test('guests get no button, and others get the dialog', () => {
  assert.deepEqual(actions(helpCard({ commands: [], may: null })), []);
  const [button] = actions(helpCard({ commands: [], may: { change: false, answer: false } }));
  assert.deepEqual(button?.data, { msteams: { type: 'task/fetch' }, dialog: 'connect' });
});

test('each wrong field has its sentence', () => {
  for (const fault of ['empty', 'not-a-host', 'address', 'internal', 'admin', 'example'] as const) {
    assert.match(domainSentence(fault), /\.$/);
  }
  assert.match(domainSentence('admin', 'acme.okta.com'), /Did you mean acme\.okta\.com\?$/);
  for (const fault of ['empty', 'blanks', 'too-long', 'not-a-token'] as const)
    assert.match(tokenSentence(fault), /\.$/);
  for (const fault of ['empty', 'too-long', 'taken'] as const) assert.match(nameSentence(fault), /\.$/);
  assert.equal(probeSentence('token-refused', said).field, 'key');
  assert.equal(probeSentence('domain-unknown', {}).field, 'domain');
  for (const reason of reasons) assert.match(probeSentence(reason, {}).text, /[.?]$/);
});

test('a progress card drawn again after the first rows tells nothing of later trouble', () => {
  const later = failing('token-refused');
  later.status.firstSeenAt = now - 60 * minute;
  const card = progressCard({ connector: later, now });
  assert.equal(marks(card), '✓✓✓✓✓✓✓✓✓✓');
  assert.match(textOf(card), /^✓ Okta production is connected$/m);
});

test('a new connector of a silent org is told how to make an event', () => {
  assert.match(textOf(progressCard({ connector: built(), now })), /no events yet\. Sign in to Okta once/);
  assert.doesNotMatch(textOf(progressCard({ connector: built({ lastEventAt: now }), now })), /no events yet/);
});

test('a choice that is not offered any more is not chosen', () => {
  const given = { draft, values: { ...answers, workspace: 'gone' }, unavailable: [], conversations: [], errors: {} };
  const two = ['w1', 'w2'].map((id) => ({ id, name: id, location: 'westeurope', resourceGroup: 'rg' }));
  const workspace = inputs(detailsPage({ ...given, workspaces: two })).find(({ id }) => id === 'workspace');
  assert.equal(workspace?.value, '');
});

test('a connector that can’t be removed says why and offers Retry', () => {
  const stuck: Connector = { ...halfBuilt(), desired: 'delete' };
  const card = statusCard({ connector: stuck, checkpoint, lastHour, ...detail, state: stateOf(stuck), now });
  assert.match(textOf(card), /✕ Deleting stopped/);
  assert.equal(press(card, 'Retry').action.verb, 'retry');
});
