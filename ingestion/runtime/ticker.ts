import './utc.ts';
import cron from 'node-cron';
import type { Logger } from 'pino';
import type { EverySecond } from './runtime.ts';

/** Calls `tick` every second of the machine's clock by node-cron, and never beside itself; what it has to say goes to `log`. */
export const everySecond: EverySecond = (tick, log) => {
  const logger = loggerFor(log);
  const task = cron.schedule('* * * * * *', tick, {
    timezone: 'UTC',
    noOverlap: true,
    suppressMissedWarning: true,
    logger,
  });
  return { stop: async () => void (await task.destroy()) };
};

/** node-cron's own logger writes coloured lines. */
function loggerFor(log: Logger) {
  return {
    info: (message: string) => log.debug(message),
    warn: (message: string) => log.warn(message),
    error: (message: string | Error, error?: Error) => log.error({ err: error ?? message }, 'the ticker failed'),
    debug: (message: string | Error) => log.debug(String(message)),
  };
}
