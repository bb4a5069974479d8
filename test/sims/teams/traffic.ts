/** A body that came from the bot: a request to the Connector, or the answer to a delivery. */
export interface Traffic {
  readonly kind: 'request' | 'answer';
  /** `POST /emea/v3/…` for a request; for an answer what the activity was (`message`, `task/submit`, …). */
  readonly name: string;
  /** 0 when a fault cut the call or left it hanging. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly at: number;
}

/** Takes one more body into the record. */
export type Keep = (entry: Omit<Traffic, 'at'>) => void;

/** A body as JSON if it is some, else as text; nothing for an empty one. */
export function parsed(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text; // an error page is a body too
  }
}
