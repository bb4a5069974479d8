import { shownIn } from '../kit/times.ts';

/** A short answer, as `noticeCard` draws it. */
type Notice = { title: string; text: string; tone: 'good' | 'warning' | 'default' };

const good = (title: string, text: string): Notice => ({ title, text, tone: 'good' });
const plain = (title: string, text: string): Notice => ({ title, text, tone: 'default' });

/** "Mon 30 Nov 08:00 (Europe/Berlin)": a card’s text is for everybody, wherever they are. */
const at = (time: number, zone: string) => `${shownIn(zone, time)} (${zone})`;

/** What whoever answers an incident, or silences one, is told. Names are as they were typed: what draws them cleans them. */
export const responses = {
  refused: (text: string): Notice => ({ title: 'Nothing was changed', text, tone: 'warning' }),
  acknowledged: (name: string): Notice =>
    good('Acknowledged', `You are on it. The alert of ${name} says so, and nobody is reminded any more.`),
  acknowledgedBefore: (name: string, by: string, { time, zone }: { time: number; zone: string }): Notice =>
    plain('Acknowledged before', `${by} acknowledged the alert of ${name}, ${at(time, zone)}.`),
  nothingOpen: (name: string): Notice =>
    plain('Nothing to acknowledge', `${name} has no open alert. Say “status ${name}” to see how it stands.`),
  noneOpen: plain('Nothing to acknowledge', 'No connector has an open alert. Say “connectors” to see all.'),
  muted: (name: string, until: number, zone: string): Notice =>
    good(
      `${name} is muted`,
      `Nothing is posted about it until ${at(until, zone)}. What is still wrong then is told; what is over by then is not. Say “unmute ${name}” to hear of it earlier.`,
    ),
  mutedHere: (until: number, zone: string): Notice =>
    good(
      'Alerts are muted here',
      `Nothing is posted here until ${at(until, zone)}. What is still wrong then is told; what is over by then is not. Other places hear of it at once. Say “unmute here” to end it.`,
    ),
  unmuted: (name: string): Notice => good(`${name} is not muted any more`, 'What is wrong with it is told at once.'),
  unmutedHere: good('Alerts are not muted here any more', 'What is wrong is told here at once.'),
  notMuted: (name: string): Notice =>
    plain(
      `${name} is not muted`,
      `To mute it, say “mute ${name} 2h”. To end the mute of a conversation, say “unmute here” there.`,
    ),
  notMutedHere: plain('Alerts are not muted here', 'To mute this conversation, say “mute here 2h”.'),
  notSo: (name: string): Notice =>
    plain(
      'For how long?',
      `From 15 minutes to 7 days, such as “mute ${name} 30m”, “mute ${name} 2h” or “mute ${name} 1d”.`,
    ),
  alertsUnclear: plain(
    'Which alerts?',
    'Say “alerts here”, “alerts here errors”, “alerts here only <text>”, “alerts quiet 22:00-07:00”, “alerts quiet off”, “alerts off” or “alerts list”.',
  ),
  snoozed: (until: number, zone: string): Notice =>
    good('Snoozed', `Only the recovery is told until ${at(until, zone)}; if it is still so then, a reply says it.`),
  over: (name: string) => `The alert of ${name} is over: there is nothing to silence any more.`,
  several: 'This alert tells of several connectors by now. To silence one of them, say “mute <name> 2h”.',
  howLong: 'Choose for how long.',
  courtesy: plain('You’re welcome', 'I’m here. Say “connectors” to see how all stand, or “help” for what I can do.'),
  digestOn: (time: string, zone: string, first: number): Notice =>
    good(
      `A digest comes each day at ${time} (${zone})`,
      `The first one comes ${at(first, zone)}. Say “digest off” to end it.`,
    ),
  digestIs: (time: string, zone: string): Notice =>
    plain(
      `A digest comes each day at ${time} (${zone})`,
      'Say “digest 08:00” for another time, “digest off” to end it.',
    ),
  digestOff: good('No digest comes here any more', 'Say “digest 08:00” to have one each day.'),
  digestNone: plain(
    'No digest comes here',
    'Say “digest 08:00” to be told each day at that time how all connectors stand.',
  ),
  digestUnclear: plain('At what time?', 'Say a time of day, such as “digest 08:00”, or “digest off”.'),
};
