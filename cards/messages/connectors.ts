import type { Audited } from '../../ingestion/connector/audit.ts';
import type { Sent } from '../../ingestion/connector/checkpoint.ts';
import { type Connector, isLake, type State } from '../../ingestion/connector/connector.ts';
import type { Counts } from '../../ingestion/connector/directory.ts';
import type { Incident } from '../../ingestion/connector/incident.ts';
import { muteAt } from '../../ingestion/connector/mutes.ts';
import { connectButton, executeAction, statusAction } from '../kit/actions.ts';
import { cardOf } from '../kit/card.ts';
import { header } from '../kit/header.ts';
import type { Card } from '../kit/template.ts';
import { colored, line, type Piece, paragraph, shown, strong, styled, subtle } from '../kit/text.ts';
import { age, clock, moment } from '../kit/times.ts';
import { troubledPieces } from '../words/counts.ts';
import { changeWords } from '../words/deeds.ts';
import { latestMessage } from '../words/health-messages.ts';
import { hintOf } from '../words/hints.ts';
import { count } from '../words/numbers.ts';
import { appearanceOf, problemOf } from '../words/state.ts';
import { type AlertPlaces, closedWords, placesWords } from './alert-places.ts';

/** So many connectors stand on a page of My connectors. */
export const pageSize = 5;

/** A connector of the page, with what is told of it. */
export type ConnectorRow = {
  connector: Connector;
  state: State;
  checkpoint: Sent | null;
  /** Its last incident, and the last time that somebody changed it. */
  incident: Incident | null;
  changed: Audited | null;
  places: AlertPlaces;
};

type List = { rows: ConnectorRow[]; counts: Counts; page: number; filter: string; now: number };

/** How many pages there are, and the one that is meant by `page`, which counts from 1: a wrong one is corrected. */
export function pageOf({ all }: Pick<Counts, 'all'>, page: number): { page: number; pages: number } {
  const pages = Math.max(1, Math.ceil(all / pageSize));
  return { pages, page: Math.min(Math.max(1, Math.trunc(page) || 1), pages) };
}

/** A page of My connectors, in the order given; a row opens its status, and ticked ones can be deleted together. */
export function connectorsCard({ rows, counts, page, filter, now }: List): Card {
  const { pages } = pageOf(counts, page);
  const lines = counts.all > 0 ? [summary(counts, filter)] : [];
  return cardOf({
    fallback: `My connectors: ${counts.all}`,
    body: [
      header({ title: 'My connectors', lines }),
      ...rows.map((row, index) => drawn(row, { separator: index > 0, now })),
      ...(rows.length === 0 ? [paragraph(...emptyText(filter))] : []),
      ...(counts.all > pageSize || filter ? [finder(filter)] : []),
      ...(rows.length > 1 ? picker(rows) : []),
      ...(rows.length > 0 ? [footer({ page, pages, now })] : []),
    ],
    actions: actions({ rows: rows.length, filter, page, pages }),
  });
}

function summary(counts: Counts, filter: string): Piece[] {
  const all = count(counts.all);
  return [filter ? `${all} matching “${shown(filter, 60)}”` : `${all} in all`, ...troubledPieces(counts)];
}

/** The row is read out with its state, which its colour shows to those who see it. */
function drawn(row: ConnectorRow, { separator, now }: { separator: boolean; now: number }): Card {
  const { connector, state } = row;
  const { mark, word, color } = appearanceOf(connector, state, now);
  const problem = problemOf(connector, state);
  const stands = problem ? `${word}: ${hintOf(problem.reason).title}` : word;
  const close = (...pieces: Piece[]) => ({ ...paragraph(...pieces), spacing: 'None' });
  return {
    type: 'Container',
    separator,
    spacing: 'Medium',
    selectAction: statusAction(connector, `Open ${shown(connector.name)}: ${stands}`),
    items: [
      {
        type: 'ColumnSet',
        columns: [
          { type: 'Column', width: '20px', items: [paragraph(...styled({ weight: 'Bolder', color }, mark))] },
          {
            type: 'Column',
            width: 'stretch',
            spacing: 'Small',
            items: [
              paragraph(strong(shown(connector.name))),
              close(colored(stands, color)),
              close(subtle(way(row, now))),
              close(subtle(latestMessage(connector, row.incident))),
              close(subtle(alertsOf(row, now))),
              ...closedWords(row.places).map((text) => close(colored(text, 'Warning'))),
              close(subtle(history(row))),
            ],
          },
          {
            type: 'Column',
            width: 'auto',
            verticalContentAlignment: 'Center',
            items: [paragraph(...styled({ isSubtle: true, size: 'Large' }, '›'))],
          },
        ],
      },
    ],
  };
}

function way({ connector, checkpoint }: ConnectorRow, now: number): string {
  const newest = checkpoint?.newest ?? connector.status.lastEventAt;
  const last = newest === null ? 'no event yet' : `last event ${age(newest, now)}`;
  const table = `OktaSystemLogs_CL, ${isLake(connector) ? 'data lake' : 'Analytics'}`;
  return `${shown(connector.domain)} → ${shown(connector.settings.workspace.name)} · ${table} · ${last}`;
}

function alertsOf({ connector: { muted }, places }: ConnectorRow, now: number): string {
  const mute = muteAt(muted, now);
  if (mute) return `Muted until ${moment(mute.until)}, by ${shown(mute.by.name, 60)}`;
  return `Alerts go to ${placesWords(places, now)}`;
}

function history({ connector, changed }: ConnectorRow): string {
  const created = `Created ${moment(connector.createdAt)} by ${shown(connector.settings.createdBy.name, 60)}`;
  return changed ? `${created} · last change: ${changeWords(changed)}` : created;
}

function emptyText(filter: string): Piece[] {
  if (filter) return [`No connector matches “${shown(filter, 60)}”.`];
  return ['Nothing is connected yet. Connect an Okta org, and its System Log flows into Microsoft Sentinel.'];
}

function finder(filter: string): Card {
  return {
    type: 'Input.Text',
    id: 'filter',
    label: 'Find by name, domain or workspace',
    value: line(filter, 60),
    maxLength: 60,
    inlineAction: executeAction('connectors', 'Find', { page: 1 }),
  };
}

const pickerId = 'several';

/** Hidden until it is asked for: what is ticked goes to the delete dialog, which asks once for all. */
function picker(rows: ConnectorRow[]): Card[] {
  const several = {
    type: 'Container',
    id: pickerId,
    isVisible: false,
    items: [
      {
        type: 'Input.ChoiceSet',
        id: 'connectors',
        label: 'Tick those that are to be deleted',
        style: 'expanded',
        isMultiSelect: true,
        choices: rows.map(({ connector: { id, name } }) => ({ title: shown(name), value: id })),
      },
      {
        type: 'ActionSet',
        actions: [
          {
            type: 'Action.Submit',
            title: 'Delete ticked…',
            style: 'destructive',
            data: { msteams: { type: 'task/fetch' }, dialog: 'delete' },
          },
        ],
      },
    ],
  };
  return [several];
}

function footer({ page, pages, now }: { page: number; pages: number; now: number }): Card {
  return {
    ...paragraph(subtle(`${pages > 1 ? `Page ${page} of ${pages} · ` : ''}As of ${clock(now)}`)),
    spacing: 'Medium',
  };
}

type Turn = { rows: number; filter: string; page: number; pages: number };

function actions({ rows, filter, page, pages }: Turn): Card[] {
  const turn = (title: string, to: number) =>
    executeAction('connectors', title, { page: to, filter: line(filter, 60) });
  const all = executeAction('connectors', 'Show all', { page: 1, filter: '', all: true });
  if (rows === 0) return [filter ? all : connectButton];
  return [
    ...(page > 1 ? [turn('Previous', page - 1)] : []),
    ...(page < pages ? [turn('Next', page + 1)] : []),
    ...(filter ? [all] : []),
    ...(rows > 1 ? [{ type: 'Action.ToggleVisibility', title: 'Delete several', targetElements: [pickerId] }] : []),
  ];
}
