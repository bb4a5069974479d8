import type { AlertPlaces } from '../../cards/messages/alert-places.ts';
import type { Connector } from '../../ingestion/connector/connector.ts';
import type { Queryable } from '../../ingestion/store/queryable.ts';
import { takesAlert } from './alert-rules.ts';
import type { Conversation } from './conversations.ts';
import { listAlertPlaces } from './told-places.ts';

/** Where the alerts of each of these connectors of one tenant go, by their ids. */
export async function alertPlacesOf(db: Queryable, connectors: Connector[]): Promise<Map<string, AlertPlaces>> {
  const [first] = connectors;
  if (!first) return new Map();
  const chosen = connectors.map(({ settings }) => settings.conversationId);
  const places = await listAlertPlaces(db, first.tenantId, chosen);
  return new Map(connectors.map((connector) => [connector.id, placesOf(connector, places)]));
}

/** Channels by their names, and how many personal chats: whose they are is nobody's business. */
function placesOf(connector: Connector, all: Conversation[]): AlertPlaces {
  const places = all.filter((place) => takesAlert(place, connector, { health: 'error' }));
  const reached = places.filter((place) => unreachedSince(place) === null);
  const isChat = ({ kind }: Conversation) => kind === 'personal';
  return {
    channels: reached
      .filter((place) => !isChat(place))
      .map(({ name, muted }) => ({ name: name || 'a channel', mutedUntil: muted?.until ?? null })),
    chats: reached.filter(isChat).length,
    closed: places.flatMap((place) => {
      const since = unreachedSince(place);
      return since === null ? [] : [{ name: isChat(place) ? 'a personal chat' : place.name || 'a channel', since }];
    }),
  };
}

/** The bot may not speak there, or Teams does not know the place at the moment. */
function unreachedSince({ closed, missingSince }: Conversation): number | null {
  return closed?.since ?? missingSince;
}
