import { type Answer, refusal } from './answer.ts';

const DAY_MS = 86_400_000;
const DATE = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/;

/** What one request asks of the log. */
export type Query = {
  polling: boolean;
  since: number;
  until: number;
  after: string | undefined;
  limit: number;
  descending: boolean;
};

/** What the org answers to a `limit` above 1000; Okta's behaviour there is not documented. */
export type LargeLimit = 'refuse' | 'clamp';

/** Reads the parameters of `/api/v1/logs`, or says what Okta says to wrong ones. */
export function readQuery(search: URLSearchParams, now: number, largeLimit: LargeLimit): Query | Answer {
  const since = search.get('since');
  const until = search.get('until');
  for (const [name, text] of Object.entries({ since, until })) {
    if (text !== null && !isDate(text)) return invalid(name, 'the date format in your query is not recognized');
  }
  const untilAt = until === null ? now : Date.parse(until);
  const sinceAt = since === null ? untilAt - 7 * DAY_MS : Date.parse(since);
  // A next link keeps the `since` it began with, however old that has become.
  const after = search.get('after') ?? undefined;
  if (after === undefined && sinceAt < now - 180 * DAY_MS) {
    return refusal(400, 'E0000053', 'Invalid filter', ['since: must be within the last 180 days']);
  }
  const sortOrder = search.get('sortOrder') ?? 'ASCENDING';
  if (sortOrder !== 'ASCENDING' && sortOrder !== 'DESCENDING') return invalid('sortOrder', 'ASCENDING or DESCENDING');
  const limit = readLimit(search.get('limit'), largeLimit);
  if (limit === undefined) return invalid('limit', 'The limit must be a whole number from 0 to 1000');
  const narrowing = refuseFilter(search.get('filter')) ?? refuseKeywords(search.get('q'));
  if (narrowing) return narrowing;
  const descending = sortOrder === 'DESCENDING';
  return { polling: until === null && !descending, since: sinceAt, until: untilAt, after, limit, descending };
}

/** The error for one wrong parameter. */
export function invalid(name: string, cause: string): Answer {
  return refusal(400, 'E0000001', `Api validation failed: ${name}`, [`${name}: ${cause}`]);
}

function isDate(text: string): boolean {
  return DATE.test(text) && !Number.isNaN(Date.parse(text));
}

function readLimit(text: string | null, largeLimit: LargeLimit): number | undefined {
  if (text === null) return 100;
  if (!/^\d{1,9}$/.test(text)) return undefined;
  const limit = Number(text);
  if (limit <= 1000) return limit;
  return largeLimit === 'clamp' ? 1000 : undefined;
}

function refuseFilter(filter: string | null): Answer | undefined {
  if (filter === null) return undefined;
  if (/[[\]]|\bpublished\b/.test(filter)) return refusal(400, 'E0000053', 'Invalid filter', [`filter: ${filter}`]);
  if (/(debugData\.url|requestUri)\s+co\b/i.test(filter)) {
    return refusal(400, 'E0000031', 'Invalid search criteria.', ['Operator not supported for this field']);
  }
  return notHere('filter');
}

function refuseKeywords(q: string | null): Answer | undefined {
  if (q === null) return undefined;
  const words = q.split(/\s+/).filter(Boolean);
  if (words.length > 10 || words.some((word) => word.length > 40)) return invalid('q', 'at most 10 keywords of 40');
  return notHere('q');
}

// An answer that ignored the parameter would let a wrong client look right.
function notHere(name: string): Answer {
  return refusal(501, 'SIMULATOR', `This simulator does not evaluate ${name}`);
}
