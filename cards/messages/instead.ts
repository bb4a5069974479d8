import type { Card } from '../kit/template.ts';
import { paragraph, shown, strong } from '../kit/text.ts';
import { moment } from '../kit/times.ts';

/** The place that was to be told: since when it can't be reached, in ms since the epoch; null when it just does not answer. */
export type Unreached = { name: string; since: number | null };

/** A card that is told in the stead of another place, below its header with the reason for that. */
export function inStead(card: Card, { name, since }: Unreached): Card {
  const [head, ...rest] = card.body as Card[];
  const place = strong(shown(name || 'The place that was to be told'));
  const why =
    since === null
      ? ' could not be told so far, so this comes here as well.'
      : ` can’t be reached since ${moment(since)}, so this comes here.`;
  return { ...card, body: [head, paragraph(place, why), ...rest] };
}
