/** The scalar types of KQL, by the names its parser uses. */
export type Type = 'string' | 'dynamic' | 'int' | 'long' | 'real' | 'bool' | 'datetime' | 'timespan' | 'guid';

/** One column of a table, a stream or a result. */
export type Column = { name: string; type: Type };

const armTypes = new Map<string, Type>([
  ['string', 'string'],
  ['dynamic', 'dynamic'],
  ['int', 'int'],
  ['long', 'long'],
  ['real', 'real'],
  ['boolean', 'bool'],
  ['bool', 'bool'],
  ['dateTime', 'datetime'],
  ['datetime', 'datetime'],
  ['guid', 'guid'],
]);

/** Reads columns as the bodies of tables and data collection rules write them (`boolean`, `dateTime`). */
export function columnsFrom(list: readonly { name: string; type: string }[]): Column[] {
  return list.map(({ name, type: written }) => {
    const type = armTypes.get(written);
    if (type === undefined)
      throw new KqlError('type', `column ${name} has no type ${written}`, { start: 0, length: 0 });
    return { name, type };
  });
}

/**
 * One row by column name. Values: string and guid are strings (a string is never null); int, long and real are numbers;
 * bool is a boolean; datetime is milliseconds since 1970 UTC and timespan is milliseconds, both possibly fractional;
 * dynamic is parsed JSON; an absent value is null. A stored row may carry `$ingestionTime` in milliseconds, which only
 * `ingestion_time()` reads.
 */
export type Row = Record<string, unknown>;

/** A function saved in the workspace: `parameters` and `query` as a saved search has them. */
export type SavedFunction = { alias: string; parameters: string; query: string };

/** What a query gives: the columns in order and a row object per row. */
export type Table = { columns: Column[]; rows: Row[] };

/** The hidden property of a stored row that `ingestion_time()` reads. */
export const ingestionTime = '$ingestionTime';

/** Says why a text is no KQL that can run here: a code (Microsoft's `KS…` or our own), and the place in the text. */
export class KqlError extends Error {
  readonly code: string;
  readonly position: number;
  readonly length: number;

  constructor(code: string, message: string, place: { start: number; length: number }) {
    super(message);
    this.name = 'KqlError';
    this.code = code;
    this.position = place.start;
    this.length = place.length;
  }
}

/** Gives a function that makes new rows with these columns, all null; V8 keeps such rows small and fast. */
export function rowMaker(names: Iterable<string>): () => Row {
  const template = JSON.parse(`{${[...names].map((name) => `${JSON.stringify(name)}:null`).join(',')}}`) as Row;
  return () => ({ ...template });
}
