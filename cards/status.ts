import type { Checkpoint } from '../ingestion/checkpoint.ts';
import type { Connector, State } from '../ingestion/connector.ts';
import { header } from './header.ts';
import { hintOf } from './hints.ts';
import { problemBlock } from './problem.ts';
import { lookOf, troubleOf } from './standing.ts';
import template from './status.json' with { type: 'json' };
import { type Card, expand, plain } from './template.ts';
import { clock, duration, moment } from './times.ts';

type Status = { connector: Connector; checkpoint: Checkpoint | null; state: State; now: number };

/** Everything about one connector: how it stands, what is wrong and what to do, what it has sent. */
export function statusCard({ connector, checkpoint, state, now }: Status): Card {
  const look = lookOf(connector, state);
  const name = plain(connector.name);
  const ref = { connector: connector.id };
  const well = look.color === 'Good' || look.color === 'Accent' || state === 'deleting';
  return expand(template, {
    fallback: `${name}: ${look.word}`,
    header: header({ title: name, tone: look.tone, lines: [`${look.mark} **${look.word}**`] }),
    problem: problems(connector).map((block) => ({ block })),
    facts: facts({ connector, checkpoint, state, now }),
    footer: `As of ${moment(now)}`,
    ref,
    retry: well ? [] : [{ type: 'Action.Execute', title: 'Retry', verb: 'retry', data: ref }],
    remove: { msteams: { type: 'task/fetch' }, dialog: 'delete', connector: connector.id },
  });
}

function problems(connector: Connector): Card[] {
  const trouble = troubleOf(connector);
  if (!trouble) return [];
  const { standing } = connector;
  const title = plain(hintOf(trouble.reason).title);
  const since = standing.problem ? `, since ${moment(standing.problem.since)}` : '';
  return [problemBlock(trouble, { text: `${title}${since}`, health: standing.problem?.health ?? 'error' })];
}

type Fact = { title: string; value: string };

function facts({ connector, checkpoint, now }: Status): Fact[] {
  const { settings, standing, sight } = connector;
  const rows: [string, string | null][] = [
    ['Okta domain', plain(connector.domain)],
    ['Workspace', `${plain(settings.workspace.name)}, ${plain(settings.workspace.location)}`],
    ['Table', table(connector)],
    ['Events sent', checkpoint ? count(checkpoint.sentEvents) : null],
    ['Possibly twice', checkpoint && checkpoint.doubtfulEvents > 0 ? count(checkpoint.doubtfulEvents) : null],
    ['Put aside', checkpoint && checkpoint.refusedEvents > 0 ? count(checkpoint.refusedEvents) : null],
    ['Newest event sent', timeOr(checkpoint?.newest ?? standing.lastEventAt, 'none yet')],
    ['Newest row seen', timeOr(sight?.seen?.newestEvent ?? null, 'none yet')],
    ['Last check', timeOr(standing.lastBeatAt, 'not yet')],
    ['Next check', nextCheck(connector, now)],
    [
      'Behind',
      standing.behindMs > 0 ? duration(standing.behindMs) : standing.lastBeatAt === null ? null : 'no, caught up',
    ],
    ['Created', `${moment(connector.createdAt)}, by ${plain(settings.createdBy.name)}`],
  ];
  return rows.flatMap(([title, value]) => (value === null ? [] : [{ title, value }]));
}

function table({ settings: { table } }: Connector): string {
  if (table.plan === 'Auxiliary') return `OktaSystemLogs\\_CL, data lake only, ${table.totalRetentionDays} days`;
  const total = table.totalRetentionDays > table.retentionDays ? `, ${table.totalRetentionDays} days in all` : '';
  return `OktaSystemLogs\\_CL, Analytics, ${table.retentionDays} days${total}`;
}

function nextCheck({ dueAt, wish }: Connector, now: number): string | null {
  if (wish === 'delete') return null;
  return dueAt <= now ? 'now' : clock(dueAt);
}

function timeOr(time: number | null, otherwise: string): string {
  return time === null ? otherwise : moment(time);
}

function count(events: number): string {
  return events.toLocaleString('en-US');
}
