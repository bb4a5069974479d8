import '../runtime/utc.ts';
import cron, { type ScheduledTask } from 'node-cron';
import type { Logger } from 'pino';

/** Calls `tick` every second, and never beside itself. What it throws, and what node-cron has to say, goes to the log. */
export function everySecond(log: Logger, tick: () => Promise<void>): ScheduledTask {
  const logger = {
    info: (message: string) => log.debug(message),
    warn: (message: string) => log.warn(message),
    error: (message: string | Error, error?: Error) => log.error({ err: error ?? message }, 'the ticker failed'),
    debug: (message: string | Error) => log.debug(String(message)),
  };
  return cron.schedule('* * * * * *', tick, { timezone: 'UTC', noOverlap: true, suppressMissedWarning: true, logger });
}
