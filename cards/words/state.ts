import type { Connector, State } from '../../ingestion/connector/connector.ts';
import type { Evidence, Reason } from '../../ingestion/errors.ts';
import type { Tone } from '../kit/header.ts';

/** How a connector's state is shown: never by its colour alone. */
export type Look = {
  mark: string;
  word: string;
  color: 'Good' | 'Warning' | 'Attention' | 'Accent' | 'Default';
  tone: Tone;
};

const good: Look = { mark: '✓', word: 'Connected', color: 'Good', tone: 'good' };
const pending: Look = { mark: '◐', word: 'Pending', color: 'Accent', tone: 'accent' };
const stopped: Look = { mark: '✕', word: 'Setup stopped', color: 'Attention', tone: 'attention' };
const broken: Look = { mark: '✕', word: 'Error', color: 'Attention', tone: 'attention' };
const deleting: Look = { mark: '◐', word: 'Deleting', color: 'Default', tone: 'default' };

/** State and health in one word and mark. */
export function lookOf({ build, standing }: Connector, state: State): Look {
  if (state === 'deleting') return build.problem ? { ...broken, word: 'Deleting stopped' } : deleting;
  if (state === 'error') return broken;
  if (build.problem && build.finishedAt === null) return stopped;
  const calm = state === 'connected' ? good : pending;
  if (standing.health === 'ok') return calm;
  return { mark: '▲', word: `${calm.word}, with a warning`, color: 'Warning', tone: 'warning' };
}

/** What stands in its way. */
export type Trouble = { reason: Reason; evidence: Evidence };

/** What keeps a connector from being well, being built or being removed; null when nothing does. */
export function troubleOf({ build, standing }: Connector, state: State): Trouble | null {
  return state === 'deleting' ? build.problem : (standing.problem ?? build.problem);
}
