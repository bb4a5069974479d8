import { type DestinationStream, type Logger, pino } from 'pino';

/**
 * JSON lines. Of an error only what is known to be harmless is written: the SDKs' errors can carry the request, and with it
 * a credential.
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
  if (!(error instanceof Error)) return { name: typeof error, message: String(error) };
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  return {
    name: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    ...(statusCode === undefined ? {} : { status: statusCode }),
    ...(error.stack ? { stack: error.stack } : {}),
    ...(error.cause && depth < 3 ? { cause: told(error.cause, depth + 1) } : {}),
  };
}
