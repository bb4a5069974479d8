import { sayAction } from '../kit/actions.ts';
import { cardOf } from '../kit/card.ts';
import { header } from '../kit/header.ts';
import type { Card } from '../kit/template.ts';
import { facts, type Piece, paragraph, shown, strong, subtle } from '../kit/text.ts';
import { moment } from '../kit/times.ts';

/** A place that alerts go to, as far as the list tells of it. */
export type AlertPlace = {
  name: string;
  /** It takes the alerts of all connectors; else only of those that were set to it. */
  alerts: boolean;
  /** How many connectors were set to it. */
  connectors: number;
  filter: { errorsOnly: boolean; only: string } | null;
  quiet: { from: string; to: string; zone: string } | null;
  muted: { by: { name: string }; until: number } | null;
  /** Since when nothing can be delivered there (ms since the epoch); null when it can. */
  undeliverableSince: number | null;
};

type Given = {
  name: string;
  here: AlertPlace | null;
  /** The other channels and group chats. */
  others: AlertPlace[];
  /** How many personal chats there are besides. */
  chats: number;
  /** How many alerts are open in the tenant. */
  open: number;
  now: number;
};

/** So many places are listed; a tenant may have more channels than a card can hold. */
const listed = 20;

/** Which alerts come here and when, and where else they go. */
export function alertsCard({ name, here, others, chats, open, now }: Given): Card {
  const title = titleOf(here);
  return cardOf({
    fallback: title,
    body: [
      header({ title, tone: here?.alerts ? 'good' : 'default' }),
      paragraph(`${shown(name) || 'This conversation'} ${whatComes(here)}`),
      ...facts(here ? rules(here, now) : []),
      ...(open > 0 ? [paragraph(openNow(open))] : []),
      paragraph(subtle(howTo(here))),
      ...elsewhere(others, chats).map((pieces) => paragraph(...pieces)),
      ...others.slice(0, listed).flatMap((place) => placeRow(place, now)),
    ],
    actions: [sayAction(here?.alerts ? 'alerts off' : 'alerts here')],
  });
}

function titleOf(here: AlertPlace | null): string {
  if (here?.alerts) return '✓ Alerts come here';
  return here && here.connectors > 0 ? 'Some alerts come here' : 'Alerts do not come here';
}

function whatComes(here: AlertPlace | null): string {
  const own = here && here.connectors > 0 ? ownPart(here.connectors) : null;
  if (!here?.alerts) return own ? `is told of ${own} only.` : 'is told of no connector.';
  const what = here.filter?.errorsOnly ? 'when a connector breaks' : 'when a connector breaks or goes quiet';
  const only = here.filter?.only
    ? ` It takes those of connectors with “${shown(here.filter.only, 60)}” in their name, domain or workspace`
    : '';
  return `is told ${what}, and when it recovers.${only && `${only}${own ? `, and of ${own}` : ''}.`}`;
}

function openNow(open: number): string {
  const now = open === 1 ? '1 alert is open now' : `${open} alerts are open now`;
  return `${now}: say “connectors” to see what is wrong.`;
}

function ownPart(connectors: number): string {
  return connectors === 1 ? 'the connector that was set to it' : `the ${connectors} connectors that were set to it`;
}

function rules({ filter, quiet, muted, undeliverableSince }: AlertPlace, now: number): [string, string][] {
  return [
    ...(filter?.errorsOnly ? [['Severity', 'errors only'] as [string, string]] : []),
    ...(quiet ? [['Quiet', `${quiet.from}–${quiet.to} (${quiet.zone}): warnings wait`] as [string, string]] : []),
    ...(muted && muted.until > now
      ? [['Muted', `until ${moment(muted.until)}, by ${shown(muted.by.name)}`] as [string, string]]
      : []),
    ...(undeliverableSince === null
      ? []
      : [
          ['✕ Not delivered', `alerts can’t be delivered there since ${moment(undeliverableSince)}`] as [
            string,
            string,
          ],
        ]),
  ];
}

function howTo(here: AlertPlace | null): string {
  const basics = here?.alerts
    ? 'Say “alerts here errors” for errors only, “alerts here only <text>” for some connectors, “alerts off” for none'
    : 'Say “alerts here” to get those of all connectors';
  return `${basics}; “alerts quiet 22:00-07:00” to have warnings wait.`;
}

function elsewhere(others: AlertPlace[], chats: number): Piece[][] {
  if (others.length === 0 && chats === 0) return [['No other place gets alerts.']];
  const more = others.length > listed ? ` The first ${listed} of ${others.length}:` : '';
  const personal =
    chats === 0 ? '' : chats === 1 ? ' A personal chat gets alerts too.' : ` ${chats} personal chats get alerts too.`;
  return [[strong('Elsewhere.'), `${personal}${more}`]];
}

function placeRow(place: AlertPlace, now: number): Card[] {
  const { name, alerts, connectors, filter } = place;
  const all = alerts ? `all alerts${filter?.only ? ` with “${shown(filter.only, 60)}”` : ''}` : null;
  const own = connectors > 0 ? `those of ${connectors} ${connectors === 1 ? 'connector' : 'connectors'}` : null;
  const lines = [
    [all, own].filter(Boolean).join(', and '),
    ...rules(place, now).map(([title, value]) => `${title}: ${value}`),
  ];
  return facts([[shown(name) || 'A channel', lines.filter(Boolean).join('; ')]]);
}
