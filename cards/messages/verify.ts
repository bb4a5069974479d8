import type { Connector } from '../../ingestion/connector/connector.ts';
import type { Verification } from '../../ingestion/connector/verification.ts';
import type { Evidence } from '../../ingestion/errors.ts';
import type { Reason } from '../../ingestion/reasons.ts';
import { executeAction, statusAction } from '../kit/actions.ts';
import { cardOf } from '../kit/card.ts';
import { header } from '../kit/header.ts';
import { eventsQuery, portalAction } from '../kit/portal.ts';
import type { Card } from '../kit/template.ts';
import { facts, paragraph, shown, strong, subtle } from '../kit/text.ts';
import { age, moment } from '../kit/times.ts';
import { behindWords } from '../words/behind.ts';
import { evidenceLine, hintOf } from '../words/hints.ts';
import { count, seconds, share } from '../words/numbers.ts';
import type { Appearance } from '../words/state.ts';

/** `portal` is the address of the cloud's portal; `since` is from when on the rows are shown there. */
type About = { connector: Connector; portal: string; now: number };

type Verified = About & { verification: Verification; missing: number; onTheirWay: number };

/** What was sent against what is visible in the workspace: what is missing so far, how long it took, and the newest rows. */
export function verifyCard(given: Verified): Card {
  const { connector, verification, now } = given;
  const { text, tone, color } = outcome(given);
  return cardOf({
    fallback: `${shown(connector.name)}: ${text}`,
    body: [
      header({
        title: [`Verify ${shown(connector.name)}`],
        tone,
        state: { text, color },
        lines: [[`${shown(connector.settings.workspace.name)} · OktaSystemLogs_CL`]],
      }),
      ...advice(given),
      ...facts(rowsOf(given)),
      ...sampleOf(verification, now),
      paragraph(subtle(`Counted since ${moment(verification.since)} · As of ${moment(now)}`)),
    ],
    actions: actions(given, verification.since),
  });
}

type Outcome = Pick<Appearance, 'tone' | 'color'> & { text: string };

function outcome({ verification: { sent, cut }, missing, onTheirWay }: Verified): Outcome {
  if (sent === 0) return { text: '◐ Nothing was sent in this time', tone: 'default', color: 'Default' };
  if (missing === 0) return { text: '✓ All that was sent is visible', tone: 'good', color: 'Good' };
  if (cut) return { text: '◐ Azure has counted a part only', tone: 'default', color: 'Default' };
  if (missing === onTheirWay)
    return { text: `◐ ${count(missing)} on their way, the rest is visible`, tone: 'accent', color: 'Accent' };
  return { text: `▲ ${count(missing - onTheirWay)} are missing`, tone: 'warning', color: 'Warning' };
}

function advice({ verification: { cut }, missing, onTheirWay }: Verified): Card[] {
  if (cut && missing > 0)
    return [
      paragraph(
        `There are at least these rows; of the rest nothing is known, and nothing is wrong for it. Press Look again in a minute. For support: ${shown(evidenceLine(cut), 500)}`,
      ),
    ];
  if (missing === onTheirWay) return [];
  return [
    paragraph(
      'Azure took them more than 15 minutes ago, and the query does not find them. A transformation, a daily cap or a deleted table may be the cause: the status says so when it is known, and Repair checks all of it.',
    ),
  ];
}

function rowsOf({ connector, verification, missing, onTheirWay, now }: Verified): [string, string][] {
  const waiting = behindWords(connector, now);
  const { sent, rows, events, possiblyTwice, newestEvent, toCome, newestArrival, p50Seconds, p95Seconds } =
    verification;
  const twice = rows - events;
  const maybe = possiblyTwice > 0 ? `; at most ${count(possiblyTwice)} may have been sent twice` : '';
  const lately = onTheirWay > 0 ? `, ${count(onTheirWay)} of them sent in the last 20 minutes` : '';
  const gap = verification.cut ? 'not known' : `${count(missing)}${lately}`;
  const ahead: [string, string][] = [
    ['Of a time to come', `${count(toCome)}, by the events’ own time: not among the newest`],
  ];
  return [
    ['Events sent', count(sent)],
    ['Rows visible', verification.cut ? `at least ${count(rows)}` : count(rows)],
    ['Missing so far', missing === 0 ? 'none' : gap],
    ['Duplicates', twice > 0 ? `${count(twice)} rows, ${share(twice, rows)}${maybe}` : `none${maybe}`],
    ['Newest event', newestEvent === null ? 'none' : `${moment(newestEvent)}, ${age(newestEvent, now)}`],
    ...(toCome > 0 ? ahead : []),
    ['Newest arrival', newestArrival === null ? 'none' : `${moment(newestArrival)}, ${age(newestArrival, now)}`],
    ...(waiting === null ? [] : [['Behind', waiting] as [string, string]]),
    [
      'Delay',
      p50Seconds === null
        ? 'not known yet'
        : `from Okta to visible: half within ${seconds(p50Seconds)}, 95 % within ${seconds(p95Seconds)}`,
    ],
  ];
}

/** A channel has readers who may not read the workspace: no names, no addresses. */
function sampleOf({ sample }: Verification, now: number): Card[] {
  if (sample.length === 0) return [];
  return [
    { ...paragraph(strong('Newest rows')), spacing: 'Medium' },
    ...sample.map(({ published, type, result }) => ({
      ...paragraph(
        `${published === null ? 'no time' : age(published, now)} · ${shown(type, 80)} · ${shown(result, 80)}`,
      ),
      spacing: 'Small',
    })),
  ];
}

function actions({ connector, portal }: About, since: number): Card[] {
  const { id, tenantId, settings } = connector;
  const query = eventsQuery(id, { from: since, to: null });
  return [
    executeAction('verify', 'Look again', { connector: id }),
    portalAction({ address: portal, tenantId }, settings.workspace.id, query),
    statusAction(connector, 'Status'),
  ];
}

/** Why nothing can be compared: Azure still counts, or refuses; or the table is in the data lake, which no such query reads. */
export type Unverified = { kind: 'late' } | { kind: 'lake' } | { kind: 'refused'; reason: Reason; evidence: Evidence };

const dayMs = 86_400_000;

/** Says why what was sent can't be compared with what is visible, and what to do. */
export function unverifiedCard({ why, ...about }: About & { why: Unverified }): Card {
  const { connector, now } = about;
  const { title, text } = explained(why, connector);
  return cardOf({
    fallback: title,
    body: [
      header({
        title: [`Verify ${shown(connector.name)}`],
        tone: why.kind === 'refused' ? 'warning' : 'default',
        state: { text: title, color: why.kind === 'refused' ? 'Warning' : 'Default' },
      }),
      ...text.map((one) => paragraph(one)),
      paragraph(subtle(`As of ${moment(now)}`)),
    ],
    actions: actions(about, Math.max(connector.createdAt, now - dayMs)),
  });
}

function explained(why: Unverified, { settings }: Connector): { title: string; text: string[] } {
  if (why.kind === 'late') {
    const text = `Azure is still counting the rows of ${shown(settings.workspace.name)}. Nothing is wrong for it: press Look again in some seconds, and the answer is there.`;
    return { title: '◐ Azure is still counting', text: [text] };
  }
  if (why.kind === 'lake') {
    const text =
      'The table is in the data lake, which such a query can’t read: that Azure took the events is all there is to see from here. The status says how many.';
    return { title: 'The data lake can’t be looked into', text: [text] };
  }
  const hint = hintOf(why.reason);
  const said = evidenceLine(why.evidence);
  const steps = hint.todo(why.evidence).map((step, index) => `${index + 1}. ${shown(step, 500)}`);
  const text = [shown(hint.what(why.evidence), 600), ...steps, ...(said ? [`For support: ${shown(said, 500)}`] : [])];
  return { title: `▲ ${hint.title}`, text };
}
