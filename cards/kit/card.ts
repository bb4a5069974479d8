import { fitted } from './size.ts';
import type { Card } from './template.ts';

/**
 * A card of the version that bots may send (learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-reference),
 * of elements and actions of the kit. `fallback` is what a client shows that can't draw it; foreign text in it has gone through
 * `shown`.
 */
export function cardOf(given: { fallback: string; body: Card[]; actions?: Card[] }): Card {
  const { fallback, body, actions = [] } = given;
  return fitted({
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.5',
    fallbackText: fallback,
    body,
    actions,
  });
}
