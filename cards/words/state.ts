import type { Connector, State } from '../../ingestion/connector/connector.ts';
import { type SyncState, syncStateOf } from '../../ingestion/connector/sync-state.ts';
import type { Evidence } from '../../ingestion/errors.ts';
import type { Reason } from '../../ingestion/reasons.ts';
import type { Tone } from '../kit/header.ts';
import { shown } from '../kit/text.ts';
import { clock } from '../kit/times.ts';

/** How a connector's state is shown: never by its colour alone. */
export type Appearance = {
  mark: string;
  word: string;
  color: 'Good' | 'Warning' | 'Attention' | 'Accent' | 'Default';
  tone: Tone;
};

const good: Appearance = { mark: '✓', word: 'Connected', color: 'Good', tone: 'good' };
const pending: Appearance = { mark: '◐', word: 'Pending', color: 'Accent', tone: 'accent' };
const stopped: Appearance = { mark: '✕', word: 'Setup stopped', color: 'Attention', tone: 'attention' };
const broken: Appearance = { mark: '✕', word: 'Error', color: 'Attention', tone: 'attention' };
const paused: Appearance = { mark: '‖', word: 'Paused', color: 'Default', tone: 'default' };
const deleting: Appearance = { mark: '◐', word: 'Deleting', color: 'Default', tone: 'default' };

/** What is connected is well only where nothing waits in Okta, as far as is known at this moment. */
const unsettled = new Map<SyncState | null, string>([
  ['behind', 'Connected, catching up'],
  ['failing', 'Connected, last check failed'],
  ['late', 'Connected, check under way'],
]);

/** State and health at `now` in one word and mark. */
export function appearanceOf(connector: Connector, state: State, now: number): Appearance {
  const { provisioning, status } = connector;
  if (state === 'deleting') return provisioning.problem ? { ...broken, word: 'Deleting stopped' } : deleting;
  if (state === 'error') return broken;
  if (state !== 'paused' && provisioning.problem && provisioning.finishedAt === null) return stopped;
  const calm = state === 'paused' ? paused : state === 'connected' ? good : pending;
  const word = calm === good && unsettled.get(syncStateOf(connector, now));
  if (status.health === 'ok') return word ? { ...pending, word } : calm;
  return { mark: '▲', word: `${calm.word}, with a warning`, color: 'Warning', tone: 'warning' };
}

/**
 * That it is being tried again, and for whom; or that this was of no avail to what is wrong since `since` (ms since the epoch; null
 * when nothing is). Null when nobody has asked for that.
 */
export function retrying({ retried }: Pick<Connector, 'retried'>, since: number | null): string | null {
  if (!retried) return null;
  const asked = `asked by ${shown(retried.by.name, 60)} at ${clock(retried.at)}`;
  if (!retried.tried) return `◐ Trying again now, ${asked}.`;
  return since !== null && retried.at >= since ? `↻ Tried again, ${asked}: it is still so.` : null;
}

/** What stands in its way. */
export type Stopping = { reason: Reason; evidence: Evidence };

/** What keeps a connector from being well, being built or being removed; null when nothing does. */
export function problemOf({ provisioning, status }: Connector, state: State): Stopping | null {
  if (state === 'deleting') return provisioning.problem;
  return status.problem ?? (state === 'paused' ? null : provisioning.problem);
}
