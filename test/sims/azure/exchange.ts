/** One request as a service sees it: `path` and query names decoded (names also lower-cased), the body as it came over the wire. */
export type Call = {
  method: string;
  host: string;
  path: string;
  query: Map<string, string>;
  headers: Record<string, string | undefined>;
  body: Buffer;
  at: number;
  record: RequestRecord;
};

/** What a service answers; anything but a string is sent as JSON. */
export type Reply = { status: number; headers?: Record<string, string>; body?: unknown };

/**
 * The trace one request leaves. `status` stays undefined when nobody was answered; `answered` turns true once the whole
 * answer was handed to the network. `uuids` (ingestion only) are the events of the body, `stored` whether they were kept.
 */
export type RequestRecord = {
  id: number;
  at: number;
  method: string;
  host: string;
  path: string;
  query: string;
  headers: Record<string, string | undefined>;
  bytes: number;
  decodedBytes?: number;
  body?: string;
  status?: number;
  answered: boolean;
  fault?: string;
  principalId?: string;
  ruleId?: string;
  uuids?: string[];
  stored?: boolean;
};

type More = {
  headers?: Record<string, string>;
  details?: unknown[];
  additionalInfo?: unknown[];
  innererror?: unknown;
  target?: string;
};

/** A refusal in Azure's error form: thrown by any check, sent as the answer. */
export class Refusal extends Error {
  readonly code: string;
  readonly reply: Reply;

  constructor(status: number, code: string, message: string, { headers, ...rest }: More = {}) {
    super(`${status} ${code}: ${message}`);
    this.name = 'Refusal';
    this.code = code;
    this.reply = { status, ...(headers && { headers }), body: { error: { code, message, ...rest } } };
  }
}

/** The JSON object in the body of a management call. */
export function readObject(call: Call): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(call.body.toString('utf8'));
  } catch {
    parsed = undefined; // refused below with Azure's own sentence
  }
  if (isObject(parsed)) return parsed;
  throw new Refusal(400, 'InvalidRequestContent', 'The request content was invalid and could not be deserialized.');
}

/** True for a JSON object, false for null, arrays and scalars. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
