/** How a part of an activity looks, where it is there: a text, a thing, scalars by name, lists and things of these. */
type Shape = 'text' | 'id' | 'flag' | 'scalars' | readonly [Shape] | { readonly [property: string]: Shape };

const account: Shape = { id: 'text', name: 'text', aadObjectId: 'text' };

/**
 * What the bot and the SDK read of an activity, besides what `refuse` insists on. Data of a card are scalars by name and lists of
 * those: that is all that cards of ours send.
 */
const known: Shape = {
  id: 'id',
  type: 'text',
  name: 'text',
  action: 'text',
  text: 'text',
  locale: 'text',
  localTimezone: 'text',
  replyToId: 'text',
  from: account,
  recipient: account,
  conversation: { id: 'text', name: 'text', conversationType: 'text', isGroup: 'flag' },
  entities: [{ type: 'text' }],
  attachments: [{ contentType: 'text' }],
  membersAdded: [account],
  membersRemoved: [account],
  channelData: {
    eventType: 'text',
    team: { id: 'text', name: 'text' },
    channel: { id: 'text', name: 'text' },
    tenant: { id: 'text' },
  },
  value: {
    data: 'scalars',
    commandId: 'text',
    commandContext: 'text',
    action: { type: 'text', verb: 'text', data: 'scalars' },
  },
};

/** Teams' ids are a third as long; a longer one would fit into no index. */
export const longestId = 400;

/** A message of Teams has 28 KB at most; what a card of ours sends is shorter than a page. What is longer is cut. */
const longestText = 30_000;
const longestScalar = 4_000;
/** So many mentions and members are looked at. */
const longestList = 500;

/** No activity of Teams is nested as deep as that; what is deeper is left out. */
const deepest = 30;

/**
 * An activity as all that comes after can bear it: parts of another kind than they should be are left out, as is what is nested
 * without end; half letters and null characters, which PostgreSQL refuses in text and JSON, are not in its texts. Never throws.
 */
export function shaped(activity: Record<string, unknown>): Record<string, unknown> {
  return fitted(storable(activity, deepest), known) as Record<string, unknown>;
}

function storable(value: unknown, levels: number): unknown {
  if (typeof value === 'string') return storableText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (levels === 0) return undefined;
  if (Array.isArray(value)) return value.map((one) => storable(one, levels - 1));
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [storableText(key), storable(one, levels - 1)]));
}

function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '');
}

/** The value without the parts that do not fit; undefined when it does not fit itself. What the shape does not name stays. */
function fitted(value: unknown, shape: Shape): unknown {
  if (shape === 'text') return typeof value === 'string' ? value.slice(0, longestText) : undefined;
  if (shape === 'id') return typeof value === 'string' && value.length <= longestId ? value : undefined;
  if (shape === 'flag') return typeof value === 'boolean' ? value : undefined;
  if (shape === 'scalars') return isThing(value) ? fittingParts(value, scalarOrList) : undefined;
  if (isList(shape)) {
    return Array.isArray(value)
      ? value
          .slice(0, longestList)
          .map((one) => fitted(one, shape[0]))
          .filter((one) => one !== undefined)
      : undefined;
  }
  return isThing(value)
    ? fittingParts(value, (part, key) => (Object.hasOwn(shape, key) ? fitted(part, shape[key] ?? 'text') : part))
    : undefined;
}

function fittingParts(value: object, fit: (part: unknown, key: string) => unknown): Record<string, unknown> {
  const parts = Object.entries(value).map(([key, part]) => [key, fit(part, key)] as const);
  return Object.fromEntries(parts.filter(([, part]) => part !== undefined));
}

function scalarOrList(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, longestList).filter(isScalar).map(cut);
  return isScalar(value) ? cut(value) : undefined;
}

function cut(scalar: unknown): unknown {
  return typeof scalar === 'string' ? scalar.slice(0, longestScalar) : scalar;
}

function isScalar(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function isThing(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isList(shape: Shape): shape is readonly [Shape] {
  return Array.isArray(shape);
}
