import { shown } from '../kit/text.ts';
import { moment } from '../kit/times.ts';

/** Where alerts go, and where they can't be delivered, since when (ms since the epoch). */
export type AlertPlaces = {
  channels: { name: string; mutedUntil: number | null }[];
  chats: number;
  closed: { name: string; since: number }[];
};

/** No place at all. */
export const nowhere: AlertPlaces = { channels: [], chats: 0, closed: [] };

/** The places in one phrase: "SOC › Alerts and 2 personal chats"; "nowhere" where there is none. */
export function placesWords({ channels, chats }: AlertPlaces, now: number): string {
  const few = channels.slice(0, 5).map(({ name, mutedUntil }) => {
    const muted = mutedUntil !== null && mutedUntil > now ? ` (muted until ${moment(mutedUntil)})` : '';
    return `${shown(name, 80)}${muted}`;
  });
  const more = channels.length > few.length ? [`${channels.length - few.length} more channels`] : [];
  const private_ = chats === 0 ? [] : [chats === 1 ? 'a personal chat' : `${chats} personal chats`];
  const all = [...few, ...more, ...private_];
  return all.length === 0 ? 'nowhere: say “alerts here” where they should go' : list.format(all);
}

/** A sentence for each place that can't be reached. */
export function closedWords({ closed }: AlertPlaces): string[] {
  return closed
    .slice(0, 3)
    .map(
      ({ name, since }) =>
        `▲ Alerts can’t be delivered to ${shown(name, 80)} since ${moment(since)}: the bot was removed or blocked there, or the place is gone.`,
    );
}

const list = new Intl.ListFormat('en');
