import type { TurnContext } from 'botbuilder';
import type { Person } from '../../ingestion/connector/connector.ts';
import { tenantOf } from './activity-check.ts';
import { conversationIdOf } from './conversations.ts';

/** Who asks, and where: of an authenticated activity that the check let in. */
export type Asker = { tenantId: string; person: Person; conversationId: string; activityId: string | undefined };

/** Reads it from the activity, never from what a card sent. Never throws. */
export function askerOf({ activity }: TurnContext): Asker {
  const { aadObjectId, name } = activity.from;
  return {
    tenantId: tenantOf(activity),
    person: { id: aadObjectId ?? '', name: name ?? 'Somebody' },
    conversationId: conversationIdOf(activity),
    activityId: activity.id,
  };
}
