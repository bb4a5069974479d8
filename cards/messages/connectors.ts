import type { Sent } from '../../ingestion/connector/checkpoint.ts';
import type { Connector, State } from '../../ingestion/connector/connector.ts';
import { connectButton, statusAction } from '../kit/actions.ts';
import { header } from '../kit/header.ts';
import { type Card, expand } from '../kit/template.ts';
import { shown } from '../kit/text.ts';
import { age, clock } from '../kit/times.ts';
import { hintOf } from '../words/hints.ts';
import { appearanceOf, problemOf } from '../words/state.ts';
import template from './connectors.json' with { type: 'json' };

const pageSize = 5;

type Row = { connector: Connector; checkpoint: Sent | null; state: State };
type List = { connectors: Row[]; page: number; filter: string; now: number };

/** My connectors, five a page in the order given; a row opens its status. Pages count from 1, and a wrong one is corrected. */
export function connectorsCard({ connectors, page, filter, now }: List): Card {
  const pages = Math.max(1, Math.ceil(connectors.length / pageSize));
  const current = Math.min(Math.max(1, Math.trunc(page) || 1), pages);
  const rows = connectors.slice((current - 1) * pageSize, current * pageSize);
  return expand(template, {
    fallback: `My connectors: ${connectors.length}`,
    header: header({ title: 'My connectors', lines: connectors.length > 0 ? [summary(connectors, filter)] : [] }),
    rows: rows.map((row, index) => ({ ...drawn(row, now), separator: index > 0 })),
    empty: rows.length === 0 ? [{ text: emptyText(filter) }] : [],
    footer:
      rows.length === 0 ? [] : [{ text: `${pages > 1 ? `Page ${current} of ${pages} · ` : ''}As of ${clock(now)}` }],
    actions: actions({ count: connectors.length, filter, page: current, pages }),
  });
}

function summary(connectors: Row[], filter: string): string {
  const appearances = connectors.map(({ connector, state }) => appearanceOf(connector, state));
  const broken = appearances.filter(({ color }) => color === 'Attention').length;
  const warned = appearances.filter(({ color }) => color === 'Warning').length;
  const parts = [
    filter ? `${connectors.length} matching “${shown(filter, 60)}”` : `${connectors.length} in all`,
    ...(broken > 0 ? [`✕ ${broken} with an error`] : []),
    ...(warned > 0 ? [`▲ ${warned} with a warning`] : []),
  ];
  return parts.join(' · ');
}

function drawn({ connector, checkpoint, state }: Row, now: number): Card {
  const appearance = appearanceOf(connector, state);
  const problem = problemOf(connector, state);
  const newest = checkpoint?.newest ?? connector.status.lastEventAt;
  const last = newest === null ? 'no event yet' : `last event ${age(newest, now)}`;
  const name = shown(connector.name);
  const trouble = problem ? [hintOf(problem.reason).title] : [];
  return {
    open: statusAction(connector, `Open ${name}: ${[appearance.word, ...trouble].join(', ')}`),
    mark: appearance.mark,
    color: appearance.color,
    name,
    word: [appearance.word, ...trouble].join(': '),
    way: `${shown(connector.domain)} → ${shown(connector.settings.workspace.name)} · ${last}`,
  };
}

function emptyText(filter: string): string {
  if (filter) return `No connector matches “${shown(filter, 60)}”.`;
  return 'Nothing is connected yet. Connect an Okta org, and its System Log flows into Microsoft Sentinel.';
}

function actions({
  count,
  filter,
  page,
  pages,
}: {
  count: number;
  filter: string;
  page: number;
  pages: number;
}): Card[] {
  const turn = (title: string, to: number, by: string) => ({
    type: 'Action.Execute',
    title,
    verb: 'connectors',
    data: { page: to, filter: by },
  });
  if (count === 0) return [filter ? turn('Show all', 1, '') : connectButton];
  return [
    ...(page > 1 ? [turn('Previous', page - 1, filter)] : []),
    ...(page < pages ? [turn('Next', page + 1, filter)] : []),
  ];
}
