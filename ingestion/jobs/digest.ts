import { postponeDigest, takeDigest } from '../connector/digests.ts';
import { createOutboxCard } from '../connector/outbox/telling.ts';
import { transaction } from '../store/database.ts';
import type { Job } from './job.ts';

const kind = 'digest';

/** A digest that is later than that, because nobody was there to send it, is left out: the next one comes. */
const latestMs = 6 * 3_600_000;

/** Sends a conversation its daily digest. Its key: the conversation's id. */
export const digestJob: Job = {
  kind,
  concurrency: 2,
  lease: (conversationId) => `${kind}:${conversationId}`,
  due: (now, bind) =>
    `select conversation_id as key from digests where due_at <= ${bind(new Date(now))} order by due_at`,
  async run({ pool, runtime }, conversationId) {
    const now = runtime.now();
    // One transaction: whatever is killed, it is due again, or stands in the outbox.
    await transaction(pool, async (tx) => {
      const due = await takeDigest(tx, conversationId, now);
      const late = due && now - due.dueAt > latestMs;
      if (due && !late) await createOutboxCard(tx, { kind: 'digest', connectorId: null, conversationId }, now);
    });
  },
  postpone: (db, conversationId, { until }) => postponeDigest(db, conversationId, until),
};
