import { type DestinationStream, type Logger, pino } from 'pino';

/**
 * A log of JSON lines from `level` on, to standard output where no `destination` is given. Of an error only what is known to be
 * harmless is written: the SDKs' errors can carry the request, and with it a credential.
 */
export function openLog(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: undefined,
    serializers: { err: (error: unknown) => told(error) },
    redact: { paths: ['authorization', '*.authorization', 'key', '*.key', 'token', '*.token'], remove: true },
  };
  return destination ? pino(options, destination) : pino(options);
}

type Told = { name: string; message: string; code?: unknown; status?: unknown; stack?: string; cause?: Told };

function told(error: unknown, depth = 0): Told {
  if (!isErrorLike(error)) return { name: typeof error, message: inWords(error) };
  const { code, statusCode } = error;
  return {
    name: error.name ?? 'Error',
    message: error.message,
    ...(code === undefined ? {} : { code }),
    ...(statusCode === undefined ? {} : { status: statusCode }),
    ...(error.stack ? { stack: error.stack } : {}),
    ...(error.cause && depth < 3 ? { cause: told(error.cause, depth + 1) } : {}),
  };
}

type ErrorLike = Partial<Error> & { message: string; code?: unknown; statusCode?: unknown };

/** An error, or what is left of one: packages report copies that are plain objects. */
function isErrorLike(error: unknown): error is ErrorLike {
  return typeof error === 'object' && error !== null && typeof (error as Error).message === 'string';
}

/** What is no error at all, as text; an object's own fields are not known to be harmless. */
function inWords(thrown: unknown): string {
  return typeof thrown === 'object' && thrown !== null
    ? `an object with ${Object.keys(thrown).join(', ')}`
    : String(thrown);
}
