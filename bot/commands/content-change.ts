import { contentChangesCard } from '../../cards/messages/content-changes.ts';
import { hintOf } from '../../cards/words/hints.ts';
import { sentences } from '../../cards/words/sentences.ts';
import { type Change, changeNeeds, makeChange, readChanges } from '../../ingestion/azure/content/changes.ts';
import type { Connector } from '../../ingestion/connector/connector.ts';
import { ConnectorError } from '../../ingestion/errors.ts';
import type { Deadline } from '../../ingestion/runtime/deadline.ts';
import { auditDeed, deedOn, inTurn, refusalOf, turnDeadline } from '../authorization.ts';
import type { Asker } from '../teams/asker.ts';
import type { Backend } from '../teams/backend.ts';
import { type Button, onConnector, type Pressed } from './button.ts';

/** Shows what may be changed in the functions of the workspace, for those who may change them there. */
export const showContentChanges: Button = {
  verb: 'content-changes',
  press: onConnector(async (backend, connector, press) => {
    const { deadline, deed } = deedOf(backend, connector, press);
    return (await refusalOf(backend, deed)) ?? (await changesCard(backend, connector, { deadline, done: null }));
  }),
};

/** Makes one change as it was shown, and shows what may be changed then. */
export const changeContent: Button = {
  verb: 'content-change',
  press: onConnector(async (backend, connector, press) => {
    const { runtime, pool } = backend;
    const { deadline, deed } = deedOf(backend, connector, press);
    const refusal = await refusalOf(backend, deed);
    if (refusal) return refusal;
    const { alias, of } = press.data;
    const wanted = { alias: String(alias), of: String(of), deadline: deadline.signal };
    const { workspace } = connector.settings;
    try {
      const done = await inTurn(makeChange(runtime, workspace, wanted), deadline);
      if (!done) return changesCard(backend, connector, { deadline, done: null });
      await auditDeed(pool, deed, { result: `${results[done.kind]} ${done.alias}`, now: runtime.now() });
      return await changesCard(backend, connector, { deadline: turnDeadline(runtime), done });
    } catch (error) {
      const sentence = sentenceOf(error, connector);
      // Its answer may have been lost after it was made.
      await auditDeed(pool, deed, { result: 'may have changed a function', now: runtime.now() });
      return sentence;
    }
  }),
};

const results: Record<Change['kind'], string> = {
  save: 'saved',
  extend: 'extended',
  remove: 'deleted',
  shorten: 'shortened',
};

function deedOf({ runtime }: Backend, connector: Connector, asker: Asker) {
  const deadline = turnDeadline(runtime);
  return { deadline, deed: deedOn(connector, { asker, action: 'content', deadline, needs: changeNeeds }) };
}

async function changesCard(
  { runtime }: Backend,
  connector: Connector,
  { deadline, done }: { deadline: Pick<Deadline, 'signal'>; done: Change | null },
): Promise<Pressed> {
  try {
    const changes = await inTurn(readChanges(runtime, connector.settings.workspace, deadline.signal), deadline);
    return contentChangesCard({ connector, changes, done, now: runtime.now() });
  } catch (error) {
    return sentenceOf(error, connector);
  }
}

/** What Azure has said, or not said in time, in one sentence: the card stays as it is, and can be pressed again. */
function sentenceOf(error: unknown, { settings }: Connector): string {
  if (!(error instanceof ConnectorError)) throw error;
  return sentences.contentUnread(settings.workspace.name, hintOf(error.reason).title);
}
