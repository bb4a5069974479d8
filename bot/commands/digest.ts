import type { Card } from '../../cards/kit/template.ts';
import { noticeCard } from '../../cards/messages/notice.ts';
import { responses } from '../../cards/words/responses.ts';
import { getDigest, startDigest, stopDigest } from '../../ingestion/connector/digests.ts';
import { timeFrom } from '../../ingestion/runtime/local-time.ts';
import type { Backend } from '../teams/backend.ts';
import { withoutEnding } from '../teams/message-text.ts';
import type { Command, CommandCall } from './command.ts';
import { respondHere } from './respond.ts';

/** A card each day, at the time of day of whoever asks for it. */
export const digest: Command = {
  word: 'digest',
  takes: 'answer',
  usage: 'digest <time>|off',
  what: 'Be told each day how all connectors stand',
  async run(backend, call) {
    const wanted = withoutEnding(call.argument).toLowerCase();
    if (wanted === '') return drawDigest(backend, call);
    const time = timeFrom(wanted);
    if (time) return start(backend, call, time);
    return wanted === 'off' ? stop(backend, call) : noticeCard(responses.digestUnclear);
  },
};

async function drawDigest({ pool }: Backend, { conversation }: CommandCall): Promise<Card> {
  const known = await getDigest(pool, conversation.id);
  return noticeCard(known ? responses.digestIs(known.time, known.zone) : responses.digestNone);
}

async function start(backend: Backend, call: CommandCall, time: string): Promise<Card> {
  const { tenantId, conversation, zone } = call;
  let first = 0;
  const refusal = await respondHere(backend, call, {
    action: 'digest',
    async work(tx, now) {
      first = await startDigest(tx, { conversationId: conversation.id, tenantId, time, zone }, now);
      return `${time} (${zone})`;
    },
  });
  return noticeCard(refusal ? responses.refused(refusal) : responses.digestOn(time, zone, first));
}

async function stop(backend: Backend, call: CommandCall): Promise<Card> {
  const refusal = await respondHere(backend, call, {
    action: 'digest',
    work: async (tx) => ((await stopDigest(tx, call.conversation.id)) ? 'off' : 'off already'),
  });
  return noticeCard(refusal ? responses.refused(refusal) : responses.digestOff);
}
