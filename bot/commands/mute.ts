import type { Card } from '../../cards/kit/template.ts';
import { howLongCard } from '../../cards/messages/how-long.ts';
import { noticeCard } from '../../cards/messages/notice.ts';
import { responses } from '../../cards/words/responses.ts';
import type { Connector, Mute } from '../../ingestion/connector/connector.ts';
import { bumpOpenIncident } from '../../ingestion/connector/incidents.ts';
import { muteAt, muteConnector } from '../../ingestion/connector/mutes.ts';
import type { Queryable } from '../../ingestion/store/queryable.ts';
import type { Asker } from '../teams/asker.ts';
import type { Backend } from '../teams/backend.ts';
import { muteConversation } from '../teams/conversations.ts';
import { withoutEnding } from '../teams/message-text.ts';
import { type Button, onConnector } from './button.ts';
import { aboutConnector, type Command, type CommandCall, connectorMeant } from './command.ts';
import { isMutable, minutesIn, saidOf, splitDuration } from './duration.ts';
import { respond, respondHere } from './respond.ts';

/** Silences a connector, or a conversation, for a while: what is wrong is told at its end, if it still is. */
export const mute: Command = {
  word: 'mute',
  takes: 'answer',
  usage: 'mute <name>|here <duration>',
  what: 'Post nothing about a connector, or nothing here, for a while',
  about: (_, connector) => howLongCard(connector),
  async run(backend, call) {
    const { rest, ms } = splitDuration(call.argument);
    if (ms !== null && !isMutable(ms)) return noticeCard(responses.notSo(rest || '<name>'));
    if (isHere(rest)) return ms === null ? noticeCard(responses.notSo('here')) : muteHere(backend, call, ms);
    const meant = await connectorMeant(backend, call.tenantId, { word: 'mute', text: rest });
    if ('question' in meant) return meant.question;
    return ms === null ? howLongCard(meant.connector) : muteNamed(backend, meant.connector, { asker: call, ms });
  },
};

const named = aboutConnector(
  { word: 'unmute', takes: 'answer', usage: 'unmute <name>|here', what: 'End a mute' },
  unmuteNamed,
);

/** Ends such a silence. */
export const unmute: Command = {
  ...named,
  run: (backend, call) => (isHere(call.argument) ? unmuteHere(backend, call) : named.run(backend, call)),
};

const isHere = (text: string) => withoutEnding(text).toLowerCase() === 'here';

/** The buttons of the question for how long a connector is to be muted. */
export const muteFromCard: Button = {
  verb: 'mute',
  press: onConnector(async (backend, connector, press) => {
    const ms = minutesIn(press.data);
    return ms === null ? responses.howLong : muteNamed(backend, connector, { asker: press, ms });
  }),
};

type Asked = { asker: Asker; ms: number | null };

async function muteNamed(backend: Backend, connector: Connector, { asker, ms }: Asked & { ms: number }): Promise<Card> {
  const done = await saveMute(backend, connector, { asker, ms });
  if (done.kind === 'refused') return noticeCard(responses.refused(done.text));
  return noticeCard(responses.muted(connector.name, backend.runtime.now() + ms, asker.zone));
}

async function unmuteNamed(backend: Backend, connector: Connector, asker: Asker): Promise<Card> {
  const { name, muted } = connector;
  if (!muteAt(muted, backend.runtime.now())) return noticeCard(responses.notMuted(name));
  const done = await saveMute(backend, connector, { asker, ms: null });
  return noticeCard(done.kind === 'refused' ? responses.refused(done.text) : responses.unmuted(name));
}

/** Mutes a connector for so many ms, or ends its mute, for whoever may; its incident’s card follows. */
export function saveMute(backend: Backend, connector: Connector, { asker, ms }: Asked) {
  const work = async (tx: Queryable, now: number) => {
    await muteConnector(tx, connector.id, muteOf(connector.muted, { asker, ms }, now));
    await bumpOpenIncident(tx, connector.id);
    return saidOf(ms);
  };
  return respond(backend, connector, { asker, action: 'mute', work });
}

async function muteHere(backend: Backend, call: CommandCall, ms: number): Promise<Card> {
  const refusal = await saveMuteHere(backend, call, ms);
  if (refusal) return noticeCard(responses.refused(refusal));
  return noticeCard(responses.mutedHere(backend.runtime.now() + ms, call.zone));
}

async function unmuteHere(backend: Backend, call: CommandCall): Promise<Card> {
  if (!muteAt(call.conversation.muted, backend.runtime.now())) return noticeCard(responses.notMutedHere);
  const refusal = await saveMuteHere(backend, call, null);
  return noticeCard(refusal ? responses.refused(refusal) : responses.unmutedHere);
}

/** The sentence of a refusal, or null. */
function saveMuteHere(backend: Backend, call: CommandCall, ms: number | null): Promise<string | null> {
  return respondHere(backend, call, {
    action: 'mute',
    async work(tx, now) {
      await muteConversation(tx, call.conversation.id, muteOf(call.conversation.muted, { asker: call, ms }, now));
      return saidOf(ms);
    },
  });
}

/** A new mute, or the end of the one that there is. */
function muteOf(before: Mute | null, { asker, ms }: Asked, now: number): Mute {
  const { person: by } = asker;
  return ms === null ? { by, at: now, ...before, until: now } : { by, at: now, until: now + ms };
}
