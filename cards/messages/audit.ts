import type { Audited } from '../../ingestion/connector/audit.ts';
import { executeAction } from '../kit/actions.ts';
import { cardOf } from '../kit/card.ts';
import { header } from '../kit/header.ts';
import type { Card } from '../kit/template.ts';
import { line, paragraph, shown, strong, subtle } from '../kit/text.ts';
import { clock, moment } from '../kit/times.ts';
import { deedWords } from '../words/deeds.ts';

/** So many entries stand on a page of the audit. */
export const pageSize = 8;

type Page = {
  /** What it is about: a connector's name, or what was typed; null for all of the tenant. */
  about: string | null;
  /** What its buttons send to find the same entries again: a connector, or a text with which names begin. */
  data: { connector: string } | { target: string } | Record<string, never>;
  entries: Audited[];
  /** What people call the conversations from which it was done, by their ids. */
  places: Map<string, string>;
  /** Counts from 1. */
  page: number;
  more: boolean;
  now: number;
};

/** Who did what and when, from where, and what came of it, the newest first. */
export function auditCard({ about, data, entries, places, page, more, now }: Page): Card {
  const title = about === null ? ['Audit'] : [`Audit of ${shown(about)}`];
  const turn = (name: string, to: number) =>
    executeAction('audit', name, { ...('target' in data ? { target: line(data.target) } : data), page: to });
  const none = page === 1 ? 'Nobody has changed anything yet.' : 'There are no older entries.';
  return cardOf({
    fallback: title.join(''),
    body: [
      header({ title, lines: ['What people did here; the changes in Azure are in its Activity Log.'] }),
      ...(entries.length === 0 ? [paragraph(none)] : []),
      ...entries.flatMap((entry) => drawn(entry, { places, named: about === null || 'target' in data })),
      paragraph(subtle(`${page > 1 || more ? `Page ${page} · ` : ''}As of ${clock(now)}`)),
    ],
    actions: [...(page > 1 ? [turn('Newer', page - 1)] : []), ...(more ? [turn('Older', page + 1)] : [])],
  });
}

function drawn(entry: Audited, { places, named }: { places: Map<string, string>; named: boolean }): Card[] {
  const { at, actor, connectorId, target, conversationId } = entry;
  const it = named || connectorId === null ? shown(target, 80) || 'something' : 'it';
  const place = conversationId === null ? null : (places.get(conversationId) ?? 'a conversation that is gone');
  const from = place ? ` · from ${shown(place, 80)}` : '';
  return [
    paragraph(strong(shown(actor.name, 60)), ` ${deedWords(entry, it)}`),
    { ...paragraph(subtle(`${moment(at)}${from}`)), spacing: 'None' },
  ];
}
