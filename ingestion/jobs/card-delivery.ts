import { postponeOutboxCard } from '../connector/outbox/delivery.ts';
import type { Job } from './job.ts';

const kind = 'card-delivery';

/** Brings a card in Teams up to what it follows. Its key: the outbox card's id. */
export const cardDeliveryJob: Job = {
  kind,
  concurrency: 16,
  lease: (id) => `${kind}:${id}`,
  due: (now, bind) =>
    `select id::text as key from outbox
      where due_at <= ${bind(new Date(now))} and shown_version < version and merged_into is null
        and (gone is null or gone = 'closed') order by due_at`,
  run: ({ deliver }, id) => deliver(id),
  postpone: (db, id, { until }) => postponeOutboxCard(db, { id }, until),
};
