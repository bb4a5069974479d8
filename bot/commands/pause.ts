import type { Card } from '../../cards/kit/template.ts';
import { pauseCard } from '../../cards/messages/pause.ts';
import { pauseSentences } from '../../cards/words/pause.ts';
import { sentences } from '../../cards/words/sentences.ts';
import { readCheckpoint } from '../../ingestion/connector/checkpoint.ts';
import { type Connector, pauseOf } from '../../ingestion/connector/connector.ts';
import { getConnector, holdConnector } from '../../ingestion/connector/connectors.ts';
import { noteChange } from '../../ingestion/connector/note.ts';
import { pauseConnector, resumeConnector } from '../../ingestion/connector/owner-requests.ts';
import type { Queryable } from '../../ingestion/store/queryable.ts';
import { auditDeed, connectorOf, type Deed, deedOn, doAllowed, turnDeadline } from '../authorization.ts';
import type { Asker } from '../teams/asker.ts';
import type { Backend } from '../teams/backend.ts';
import { type Dialog, type DialogCall, said } from '../teams/dialog.ts';
import { type Button, onConnector } from './button.ts';
import { aboutConnector, type Command } from './command.ts';
import { pressedCard } from './retry.ts';

type Turn = 'pause' | 'resume';

/** Gives a connector a rest. */
export const pause = command('pause', 'Stop reading Okta for a while; its place in the log is kept');

/** Has it go on where it stopped. */
export const resume = command('resume', 'Go on where a paused one stopped');

/** The same by buttons of cards. */
export const pauseButtons: readonly Button[] = [button('pause'), button('resume')];

/** The same by a button of a dialog, which ends with what it has come to. */
export const pauseDialog: Dialog = { open: turnInDialog, submit: turnInDialog };

function command(word: Turn, what: string): Command {
  return aboutConnector({ word, takes: 'change', usage: `${word} <name>`, what }, async (backend, connector, call) => {
    const outcome = await turn(backend, connector, { asker: call, to: word });
    const { connector: paused, text } = outcome;
    return paused ? pauseCard({ connector: paused, text }) : text;
  });
}

function button(verb: Turn): Button {
  return {
    verb,
    press: onConnector(async (backend, connector, press): Promise<Card | string> => {
      const outcome = await turn(backend, connector, { asker: press, to: verb });
      return outcome.connector ? pressedCard(backend, outcome.connector, press) : outcome.text;
    }),
  };
}

async function turnInDialog(backend: Backend, call: DialogCall) {
  const connector = await connectorOf(backend.pool, call.tenantId, call.data.connector);
  if (!connector) return said(sentences.gone);
  const { text } = await turn(backend, connector, { asker: call, to: call.data.to === 'resume' ? 'resume' : 'pause' });
  return said(text.replaceAll('\n', ' '));
}

/** What it has come to, in sentences, and the connector as it is by then: null when nothing could be changed. */
type Outcome = { connector: Connector | null; text: string };

async function turn(backend: Backend, about: Connector, { asker, to }: { asker: Asker; to: Turn }): Promise<Outcome> {
  const deed = deedOn(about, { asker, action: to, deadline: turnDeadline(backend.runtime) });
  const now = backend.runtime.now();
  const done = await doAllowed(backend, deed, (tx) => write(tx, about.id, { deed, to, now }));
  return done.kind === 'done' ? done.value : { connector: null, text: done.text };
}

/** Where its alerts go, it is said too, unless it was asked for there. */
async function tellOthers(
  tx: Queryable,
  held: Connector,
  { deed: { asker }, to, now }: { deed: Deed; to: Turn; now: number },
): Promise<void> {
  const { conversationId } = held.settings;
  const note = { kind: to === 'pause' ? 'paused' : 'resumed', by: asker.person.name } as const;
  if (conversationId !== asker.conversationId)
    await noteChange(tx, held, { note, conversationIds: [conversationId], now });
}

/** Done once: a second time changes and audits nothing. */
async function write(tx: Queryable, id: string, { deed, to, now }: { deed: Deed; to: Turn; now: number }) {
  const held = await holdConnector(tx, id);
  if (!held) return { connector: null, text: sentences.gone };
  const by = { by: deed.asker.person, now };
  const changed = await (to === 'pause' ? pauseConnector : resumeConnector)(tx, held, by);
  if (changed) await auditDeed(tx, deed, { result: `${to}d`, now });
  if (changed) await tellOthers(tx, held, { deed, to, now });
  const connector = (await getConnector(tx, id)) ?? held;
  const rest = pauseOf(connector);
  if (rest) return { connector, text: pauseSentences[changed ? 'paused' : 'pausedBefore'](connector, rest) };
  if (!changed) return { connector, text: pauseSentences.runs(connector.name) };
  const from = (await readCheckpoint(tx, id))?.since ?? now;
  return { connector, text: pauseSentences.resumed(connector.name, { from, now }) };
}
