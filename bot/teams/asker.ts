import type { Activity, TurnContext } from 'botbuilder';
import type { Person } from '../../ingestion/connector/connector.ts';
import { zoneFrom } from '../../ingestion/runtime/local-time.ts';
import { tenantOf } from './activity-check.ts';
import { conversationIdOf } from './conversations.ts';

/** Who asks, where, and by the clocks of which IANA zone: of an authenticated activity that the check let in. */
export type Asker = {
  tenantId: string;
  person: Person;
  conversationId: string;
  activityId: string | undefined;
  zone: string;
};

/** Reads it from the activity, never from what a card sent. Never throws. */
export function askerOf({ activity }: TurnContext): Asker {
  const { aadObjectId, name } = activity.from;
  return {
    tenantId: tenantOf(activity),
    person: { id: aadObjectId ?? '', name: name ?? 'Somebody' },
    conversationId: conversationIdOf(activity),
    activityId: activity.id,
    zone: zoneOf(activity),
  };
}

/** The zone of the client in which it was typed; UTC where it does not say. */
function zoneOf({ localTimezone, entities }: Activity): string {
  const client = entities?.find((entity) => entity?.type === 'clientInfo') as { timezone?: unknown } | undefined;
  return zoneFrom(localTimezone ?? client?.timezone);
}
