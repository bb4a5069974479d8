import sample from '../../fixtures/events/sign-in.json' with { type: 'json' };

/** So often something happens in an org: five times a minute. */
const everyMs = 12_000;
/** Of so many orgs one is silent. */
const silent = 5;

const mark = '\u0001';
const [head = '', middle = '', tail = ''] = JSON.stringify({ ...sample.event, uuid: mark, published: mark }).split(
  JSON.stringify(mark).slice(1, -1),
);

/** The page of org number `org` after the place `from`, or else from the time `since` on; and the place behind it. */
export function pageOf(
  org: number,
  { after, since, now }: { after: number | null; since: number; now: number },
): { body: string; place: number } {
  const place = placeAt(org, now);
  const from = Math.min(after ?? placeAt(org, since), place);
  const events = Array.from({ length: place - from }, (_, index) => eventAt(org, from + index));
  return { body: `[${events.join(',')}]`, place };
}

/** How many events the org has had by then: the log is a function of time, so that nothing of it is kept. */
function placeAt(org: number, time: number): number {
  return org % silent === 0 ? 0 : Math.floor((time + phaseOf(org)) / everyMs);
}

function eventAt(org: number, place: number): string {
  return eventOf({ org, place, publishedAt: place * everyMs - phaseOf(org) });
}

/** The event at this place of an org's log, as Okta writes it; `placeIn` reads org and place off its uuid. */
export function eventOf({ org, place, publishedAt }: { org: number; place: number; publishedAt: number }): string {
  return `${head}${uuidAt(org, place)}${middle}${new Date(publishedAt).toISOString()}${tail}`;
}

/** The uuid of the event at this place of an org's log. */
export function uuidAt(org: number, place: number): string {
  return `${String(org).padStart(8, '0')}-0000-4000-8000-${place.toString(16).padStart(12, '0')}`;
}

/** Which event of which org has this uuid; null for one that no event of ours has. */
export function placeIn(uuid: string): { org: number; place: number } | null {
  const [, org, place] = /^(\d{8})-0000-4000-8000-([0-9a-f]{12})$/.exec(uuid) ?? [];
  return org && place ? { org: Number(org), place: Number.parseInt(place, 16) } : null;
}

/** Not all orgs at the same moment. */
function phaseOf(org: number): number {
  return (org * 7919) % everyMs;
}
