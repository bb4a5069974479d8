import type { Card } from './template.ts';

/**
 * A card that follows a state under the id `card`: its buttons say so, and clients ask for its state of now when one of `viewers`
 * sees it, by the ids that Teams knows them by, 60 at most
 * (learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/universal-actions-for-adaptive-cards/up-to-date-views).
 * So a copy that nobody knows of mends itself.
 */
export function following(shown: Card, { card, viewers }: { card: string; viewers: string[] }): Card {
  const action = { type: 'Action.Execute', verb: 'refresh', data: { card } };
  const named = viewers.length > 0 ? { userIds: viewers.slice(0, 60) } : {};
  return { ...(marked(shown, card) as Card), refresh: { action, ...named } };
}

function marked(part: unknown, card: string): unknown {
  if (Array.isArray(part)) return part.map((one) => marked(one, card));
  if (typeof part !== 'object' || part === null) return part;
  const { type, data, ...rest } = part as Card;
  if (type === 'Action.Execute') return { ...(part as Card), data: { ...(data as Card), card } };
  const inner = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, marked(value, card)]));
  return { ...(type === undefined ? {} : { type }), ...(data === undefined ? {} : { data }), ...inner };
}
