import { ownerNeeds, responderNeeds } from '../../ingestion/azure/access/rights.ts';
import type { Workspace } from '../../ingestion/connector/connector.ts';
import { listWorkspacesOf } from '../../ingestion/connector/directory.ts';
import { type Cache, openCache } from '../../ingestion/runtime/cache.ts';
import type { Deadline } from '../../ingestion/runtime/deadline.ts';
import type { Runtime } from '../../ingestion/runtime/runtime.ts';
import { rightsOn } from '../authorization.ts';
import type { Asker } from '../teams/asker.ts';
import type { Backend } from '../teams/backend.ts';

/** What somebody may do on at least one workspace: change connectors, answer incidents. */
export type RightsSummary = { change: boolean; answer: boolean };

/** A cache for what help shows: whoever asks again within ten minutes is not asked about in Azure. It gives no right. */
export function openRightsSummaries(runtime: Runtime): Cache<RightsSummary> {
  return openCache(runtime, { most: 10_000, keptMs: 10 * 60_000 });
}

/** Help is to come at once, so Azure has two seconds, and is asked about so many workspaces. */
const askMs = 2_000;
const mostAsked = 8;

const all: RightsSummary = { change: true, answer: true };

/**
 * What a person may do anywhere, by Azure at this moment or some minutes ago. All of it where that can't be known in time: help
 * would rather show what is then refused with its reason than hide what somebody may do. Never throws for what Azure says.
 */
export async function rightsSummaryOf(backend: Backend, { tenantId, person }: Asker): Promise<RightsSummary> {
  const { pool, runtime, rightsSummaries } = backend;
  const known = rightsSummaries.get(person.id);
  if (known) return known;
  const workspaces = await listWorkspacesOf(pool, tenantId);
  if (workspaces.length === 0) return all;
  const deadline = runtime.deadline(askMs);
  const asked = workspaces.slice(0, mostAsked).map((workspace) => summaryOn(backend, { person, workspace }, deadline));
  const each = await Promise.all(asked);
  const sum = { change: each.some((one) => one?.change), answer: each.some((one) => one?.answer) };
  const isWhole = workspaces.length <= mostAsked && !each.includes(null);
  if (!isWhole && !(sum.change && sum.answer)) return all;
  rightsSummaries.set(person.id, sum);
  return sum;
}

/** Null when Azure has not said it. */
async function summaryOn(
  backend: Backend,
  { person, workspace }: { person: Asker['person']; workspace: Workspace },
  deadline: Deadline,
): Promise<RightsSummary | null> {
  const rights = await rightsOn(backend, { person, workspace, needs: [...ownerNeeds, ...responderNeeds] }, deadline);
  if (rights.kind === 'unreadable') return null;
  const lacks = (needs: typeof ownerNeeds) =>
    needs.some(({ action }) => rights.lacking.some((lacking) => lacking.action === action));
  return { change: !lacks(ownerNeeds), answer: !lacks(responderNeeds) };
}
