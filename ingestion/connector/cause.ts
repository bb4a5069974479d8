import { factsOf, type Shared } from '../reasons.ts';
import type { Connector, Problem } from './connector.ts';

/**
 * What connectors of one tenant fail together by: `key` is the same for all of them. `togetherMs`: only those that begin to fail so
 * soon after the first are taken for one cause, as each needs a remedy of its own; null where one remedy is for all.
 */
export type Cause = { key: string; togetherMs: number | null };

/** Connectors that are polled every 15 minutes learn that late what others know. */
const togetherMs = 20 * 60_000;

type Stopped = Pick<Problem, 'reason' | 'evidence'>;

type Common = { of(connector: Connector, problem: Stopped): string; togetherMs: number | null };

const region = ({ settings }: Connector) => settings.workspace.location.toLowerCase().replaceAll(' ', '');
const oneForAll = { of: () => '', togetherMs: null };

const commons: Record<Shared, Common> = {
  org: { of: ({ domain }) => domain, togetherMs: null },
  // An owner who was deactivated had all of them; one that is refused days later is news, and is rotated by itself.
  tokens: { of: ({ domain }) => domain, togetherMs },
  // Each has a key of its own in it, which may be removed by itself.
  app: { of: ({ domain, settings }) => `${domain} ${settings.clientId ?? ''}`, togetherMs },
  // Okta sends the same to everybody; who gets another field besides is told of that.
  fields: { of: (_, { evidence }) => evidence.subject ?? '', togetherMs: null },
  workspace: { of: ({ settings }) => settings.workspace.id.toLowerCase(), togetherMs: null },
  region: { of: region, togetherMs: null },
  vault: oneForAll,
  identity: oneForAll,
  sealing: oneForAll,
  // A proxy may refuse one host today, and another next week.
  network: { of: () => '', togetherMs },
  polling: oneForAll,
};

/** The cause that a connector's problem has in common with others; null where it is its own. Pure. */
export function causeOf(connector: Connector, problem: Stopped): Cause | null {
  const { shared } = factsOf(problem.reason);
  if (!shared) return null;
  const common = commons[shared];
  return { key: `${shared} ${common.of(connector, problem)}`.trim(), togetherMs: common.togetherMs };
}
