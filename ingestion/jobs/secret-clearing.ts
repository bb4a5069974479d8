import { secretLease } from '../connector/leases.ts';
import { ConnectorError } from '../errors.ts';
import { postponeClearing } from '../secrets/secrets.ts';
import type { Job } from './job.ts';

/** What a vault has not let go is tried again so much later. */
const againMs = 10 * 60_000;

/** Takes forgotten tokens out of the vault. Its key: the name of the secret there. */
export const secretClearingJob: Job = {
  kind: 'secret-clearing',
  concurrency: 1,
  lease: secretLease,
  due: (now, bind) =>
    `select distinct name as key from secrets where forgotten_at is not null and due_at <= ${bind(new Date(now))}`,
  async run({ secrets, pool, runtime, log }, name) {
    try {
      await secrets.clear(name);
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      // A vault that is away, or forbids it, is asked again later; until then the store keeps what is to go.
      log.warn({ err: error, secret: name }, 'a forgotten token is still in the vault');
      await postponeClearing(pool, name, runtime.now() + againMs);
    }
  },
  postpone: (db, name, { until }) => postponeClearing(db, name, until),
};
