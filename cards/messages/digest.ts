import type { Counts } from '../../ingestion/connector/directory.ts';
import type { Incident } from '../../ingestion/connector/incident.ts';
import { cardOf } from '../kit/card.ts';
import { header } from '../kit/header.ts';
import type { Card } from '../kit/template.ts';
import { facts, type Piece, paragraph, shown, strong, subtle } from '../kit/text.ts';
import { duration, moment } from '../kit/times.ts';
import { hintOf } from '../words/hints.ts';

/** The day as a digest tells of it. Names are as people gave them. */
export type Day = {
  counts: Counts;
  /** Those of the last day, open ones first. */
  incidents: { name: string; incident: Incident }[];
  /** Events sent in the last day, and in the day before, of the busiest connectors. */
  traffic: { name: string; events: number; before: number }[];
  /** Connectors that are silent on purpose: muted until then, or paused (null). */
  silent: { name: string; until: number | null }[];
  /** Places that alerts can't be delivered to, and since when. */
  undeliverable: { name: string; since: number }[];
  now: number;
};

/** So many rows of a part at most: the rest is counted. */
const most = 10;

/** Once a day, how all connectors stand, and what the last day was like. */
export function digestCard(day: Day): Card {
  const open = day.incidents.filter(({ incident }) => incident.resolvedAt === null).length;
  const { counts } = day;
  return cardOf({
    fallback: digestSummary(day),
    body: [
      header({
        title: 'The last day',
        tone: counts.errors > 0 ? 'attention' : counts.warnings > 0 ? 'warning' : 'good',
        lines: [countsLine(counts)],
      }),
      part('Alerts', alertsTitle(day.incidents.length, open)),
      ...rows(day.incidents.map((row) => incidentRow(row, day.now))),
      part('Events sent', 'in the last day, against the day before'),
      ...(day.traffic.length > 0 ? rows(day.traffic.map(trafficRow)) : [paragraph(subtle('None in two days.'))]),
      ...untold(day),
      paragraph(subtle('Say “connectors” for all, “status <name>” for one, “digest off” to end this.')),
    ],
  });
}

/** One sentence for the notification. */
export function digestSummary({ counts, incidents }: Day): string {
  const open = incidents.filter(({ incident }) => incident.resolvedAt === null).length;
  return `The last day: ${countsLine(counts)}; ${alertsTitle(incidents.length, open)}.`;
}

function countsLine({ all, errors, warnings, paused }: Counts): string {
  const well = all - errors - warnings - paused;
  return [
    `${all} ${all === 1 ? 'connector' : 'connectors'}`,
    ...(errors > 0 ? [`✕ ${errors} with an error`] : []),
    ...(warnings > 0 ? [`▲ ${warnings} with a warning`] : []),
    ...(paused > 0 ? [`‖ ${paused} paused`] : []),
    ...(well > 0 ? [`✓ ${well} well`] : []),
  ].join(' · ');
}

function alertsTitle(all: number, open: number): string {
  if (all === 0) return 'no alert';
  return `${all} ${all === 1 ? 'alert' : 'alerts'}, ${open === 0 ? 'none of them open' : `${open} open`}`;
}

function part(title: string, text: string): Card {
  return { ...paragraph(strong(`${title}: `), text), separator: true, spacing: 'Medium' };
}

type Row = [string, Piece[]];

function rows(all: Row[]): Card[] {
  const left = all.length - most;
  return [...facts(all.slice(0, most)), ...(left > 0 ? [paragraph(subtle(`and ${left} more`))] : [])];
}

function incidentRow({ name, incident }: Day['incidents'][number], now: number): Row {
  const { problem, beganAt, resolvedAt, acknowledged, closing } = incident;
  const open = resolvedAt === null;
  const mark = open ? (problem.health === 'error' ? '✕' : '▲') : closing ? '○' : '✓';
  const end = closing ? 'closed' : 'over';
  const lasted = open ? `open for ${duration(now - beganAt)}` : `${end} after ${duration(resolvedAt - beganAt)}`;
  const who = acknowledged ? `, ${shown(acknowledged.by.name)} was on it` : open ? ', nobody is on it' : '';
  return [shown(name), [`${mark} ${hintOf(problem.reason).title}: ${lasted}${who}`]];
}

function trafficRow({ name, events, before }: Day['traffic'][number]): Row {
  const count = (number: number) => number.toLocaleString('en-US');
  const change = before === 0 ? null : Math.round(((events - before) / before) * 100);
  const against =
    change === null
      ? ''
      : change === 0
        ? ', as the day before'
        : `, ${change > 0 ? '▲ +' : '▼ −'}${Math.abs(change)} %`;
  return [shown(name), [`${count(events)}${against} (${count(before)})`]];
}

/** What is not told, or not at work. */
function untold({ silent, undeliverable }: Day): Card[] {
  const quiet: Row[] = [
    ...silent.map(
      ({ name, until }): Row => [shown(name), [until === null ? '‖ paused' : `◔ muted until ${moment(until)}`]],
    ),
    ...undeliverable.map(
      ({ name, since }): Row => [
        shown(name) || 'A channel',
        [`✕ alerts can’t be delivered there since ${moment(since)}`],
      ],
    ),
  ];
  return quiet.length > 0 ? [part('Silent', 'what is muted, paused or out of reach'), ...rows(quiet)] : [];
}
