import './utc.ts';
import cron from 'node-cron';
import type { Logger } from 'pino';
import type { EverySecond } from './runtime.ts';

/** A rest that would end before the next tick but one is none. */
const leastRestMs = 1_000;

/** Ticks by node-cron at each second of the machine's clock; what it has to say goes to `log`. While it rests, nothing runs. */
export const everySecond: EverySecond = ({ tick, restMs }, log) => {
  let isAwake = true;
  let isStopped = false;
  let rest: NodeJS.Timeout | undefined;
  const task = cron.schedule(
    '* * * * * *',
    async () => {
      isAwake = false;
      await tick();
      const ms = await restMs();
      if (isAwake || isStopped || ms <= leastRestMs) return;
      rest = setTimeout(wake, ms);
      await task.stop();
    },
    { timezone: 'UTC', noOverlap: true, suppressMissedWarning: true, logger: loggerFor(log) },
  );
  const wake = () => {
    isAwake = true;
    if (!rest) return;
    clearTimeout(rest);
    rest = undefined;
    void task.start();
  };
  const stop = async () => {
    isStopped = true;
    clearTimeout(rest);
    await task.destroy();
  };
  return { wake, stop };
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
