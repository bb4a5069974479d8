import type { Connector } from '../../ingestion/connector/connector.ts';
import type { PutAside } from '../../ingestion/connector/quarantine.ts';
import { statusAction } from '../kit/actions.ts';
import { header } from '../kit/header.ts';
import { type Card, expand } from '../kit/template.ts';
import { shown } from '../kit/text.ts';
import { moment } from '../kit/times.ts';
import { noticeCard } from './notice.ts';
import template from './quarantine.json' with { type: 'json' };

type Quarantine = { connector: Connector; events: number; newest: PutAside[]; now: number };

/** The events of a connector that are put aside: how many, the newest of them without their content, and what to do. */
export function quarantineCard({ connector, events, newest, now }: Quarantine): Card {
  if (events === 0) return nothing(connector);
  const name = shown(connector.name);
  const title = `${counted(events)} of ${name} put aside`;
  return expand(template, {
    fallback: title,
    header: header({ title: [`▲ ${title}`], tone: 'warning' }),
    command: shown(`npm run -s quarantine -- export ${inShell(connector)} > events.jsonl`, 200),
    listed: newest.length < events ? `The newest ${newest.length}` : 'Newest first',
    rows: newest.map(drawn),
    footer: `As of ${moment(now)}`,
    actions: [statusAction(connector, 'Status')],
  });
}

function nothing({ name }: Connector): Card {
  return noticeCard({
    title: 'Nothing is put aside',
    text: `So far no event of ${name} had to be put aside: none was too large for Azure, and none was refused by itself.`,
    tone: 'good',
  });
}

function drawn({ uuid, published, reason, bytes, at }: PutAside): Card {
  return {
    uuid: shown(uuid, 80),
    why: `${count(bytes)} bytes, ${shown(reason)}`,
    when: `Published ${timeOf(published)} · put aside ${moment(at)}`,
  };
}

/** Okta's own time; what is no time is shown as it is. */
function timeOf(published: string): string {
  const time = /^\d{4}-\d\d-\d\dT/.test(published) ? Date.parse(published) : Number.NaN;
  return Number.isFinite(time) ? moment(time) : shown(published, 60) || 'at an unknown time';
}

/** The name as a word that a shell takes as it is; a name with anything that a shell might act on is named by its id. */
function inShell({ id, name }: Connector): string {
  return /^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u.test(name) ? `"${name}"` : id;
}

function counted(events: number): string {
  return `${count(events)} ${events === 1 ? 'event' : 'events'}`;
}

function count(amount: number): string {
  return amount.toLocaleString('en-US');
}
