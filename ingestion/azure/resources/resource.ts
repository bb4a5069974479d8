import type { Connector, Observation, Provisioning, Workspace } from '../../connector/connector.ts';
import type { Evidence } from '../../errors.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { Need } from '../access/rights.ts';

/** On what a right is needed: the workspace, or the resource group of the workspace, in which data collection rules lie. */
export type Level = 'workspace' | 'group';

/** What has come of `ensure` or `upgrade`. */
export type Ensured = {
  /** To be kept in the connector's record. */
  facts?: Partial<Pick<Provisioning, 'table' | 'tableAt' | 'rule' | 'leftAlone' | 'errorLog'>>;
  /** It was made, or given, just now: Azure takes up to half an hour until all of it knows. */
  spreads?: boolean;
  /** Why it could not be made now, which stops nothing: an upgrade tries again, beside the polls. */
  unfinished?: Evidence;
};

/** What was looked for and not found. */
export type Gone = NonNullable<Observation['gone']>['reason'];

/** Where to look, and for whose; the answer is wanted before `signal`. */
export type Search = { runtime: Runtime; workspace: Workspace; connectors: Connector[]; signal: AbortSignal };

/**
 * Something that a connector needs, most of it in Azure: one step of provisioning. All that is done with it stands here, and is
 * done by whoever walks the list in `provisioning/resources.ts`; its words are in `cards/words/steps.ts`. Every function may be
 * called again at any time, and throws ConnectorError when Azure does not let it do its work.
 */
export type Resource<Step extends string = string, Parts = { runtime: Runtime }> = {
  /** Its name in the connector's record. */
  step: Step;
  /** What the bot's own identity must be able to do for it, said before anything is made. */
  needs?: Partial<Record<Level, readonly Need[]>>;
  /** The earlier step on whose resource it is built, and the code by which Azure says that this one is not there. */
  standsOn?: { step: string; missingCode: string };
  /** Makes it, or brings what is there to its present form; the same call again changes nothing. */
  ensure(parts: Parts, connector: Connector): Promise<Ensured>;
  /** Brings it to this version while the connector runs. Without it, what was made once is left alone. */
  upgrade?(parts: Parts, connector: Connector): Promise<Ensured>;
  /** Takes it away; what is gone already is as good. Without it, it outlives the connector. */
  remove?(parts: Parts, connector: Connector): Promise<void>;
  /** By connector id, those whose resource somebody has deleted. Throws when Azure does not say. */
  findGone?(search: Search): Promise<Map<string, Gone>>;
};

/** All that the bot's identity needs on a level for these resources, each action once. Never throws. */
export function needsOn(resources: readonly Pick<Resource, 'step' | 'needs'>[], level: Level): Need[] {
  const needs = resources.flatMap((resource) => resource.needs?.[level] ?? []);
  return [...new Map(needs.map((need) => [need.action, need])).values()];
}

/**
 * What is not where it was built, by connector id: of each connector the first resource in the order of the list, as what stands
 * on it tells nothing more. Throws ConnectorError when Azure does not say, or when the workspace itself is not there.
 */
export async function findGone(
  resources: readonly Pick<Resource, 'findGone'>[],
  { connectors, ...where }: Search,
): Promise<Map<string, Gone>> {
  const gone = new Map<string, Gone>();
  for (const resource of resources) {
    const left = connectors.filter(({ id }) => !gone.has(id));
    if (left.length === 0) break;
    const found = await resource.findGone?.({ ...where, connectors: left });
    for (const [id, reason] of found ?? []) gone.set(id, reason);
  }
  return gone;
}
