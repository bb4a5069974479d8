import type pg from 'pg';
import { evidenceLine } from '../../cards/words/hints.ts';
import { sentences } from '../../cards/words/sentences.ts';
import { ownerNeeds, type RightsParts } from '../../ingestion/azure/access/rights.ts';
import { listWorkspaces } from '../../ingestion/azure/access/workspaces.ts';
import type { Person, Workspace } from '../../ingestion/connector/connector.ts';
import { ConnectorError } from '../../ingestion/errors.ts';
import type { Deadline } from '../../ingestion/runtime/deadline.ts';
import type { Runtime } from '../../ingestion/runtime/runtime.ts';
import { inTurn, type Rights, rightsOn, whyNot } from '../authorization.ts';
import { getConversation } from '../teams/conversations.ts';
import type { DialogCall } from '../teams/dialog.ts';
import { listAlertConversations } from '../teams/told-places.ts';

/** The Sentinel workspaces that were looked at, parted by whether a person may connect to them. */
export type WorkspaceChoices = {
  usable: Workspace[];
  unavailable: { name: string; why: string }[];
  /** How many more there are that fit what was to be found. */
  left: number;
  /** What could not be read. */
  fault: string | null;
};

const atOnce = 8;
/** The rights on each are asked for while somebody waits, and a list to choose from should not be longer. */
const mostOffered = 40;

/**
 * The workspaces whose name, region or resource group holds `find`, as many as can be looked at while a dialog waits. Of
 * more than that none is looked at before it is known what to find.
 */
export async function workspacesFor(
  parts: RightsParts,
  person: Person,
  { find, deadline }: { find: string; deadline: Deadline },
): Promise<WorkspaceChoices> {
  const choices: WorkspaceChoices = { usable: [], unavailable: [], left: 0, fault: null };
  try {
    const { workspaces, fault } = await inTurn(listWorkspaces(parts.runtime, deadline.signal), deadline);
    if (fault) choices.fault = sentences.someWorkspaces(evidenceLine(fault.evidence));
    const fitting = workspaces.filter((workspace) => fits(workspace, find));
    const left = find || fitting.length <= mostOffered ? fitting.slice(0, mostOffered) : [];
    choices.left = fitting.length - left.length;
    // A few at a time: a hundred questions at once would be throttled, and none answered in time.
    const ask = async () => {
      for (let workspace = left.shift(); workspace; workspace = left.shift()) {
        place(choices, workspace, await rightsOn(parts, { person, workspace, needs: ownerNeeds }, deadline));
      }
    };
    await Promise.all(Array.from({ length: atOnce }, ask));
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    choices.fault = sentences.unreadableWorkspaces(evidenceLine(error.evidence));
  }
  choices.usable.sort((a, b) => a.name.localeCompare(b.name));
  choices.unavailable.sort((a, b) => a.name.localeCompare(b.name));
  return choices;
}

function fits({ id, name, location }: Workspace, find: string): boolean {
  const text = `${name} ${location} ${id.split('/')[4]}`.toLowerCase();
  return find
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function place(choices: WorkspaceChoices, workspace: Workspace, rights: Rights): void {
  if (rights.kind === 'unreadable') {
    choices.fault = sentences.unreadableRights(`${workspace.name}: ${evidenceLine(rights.error.evidence)}`);
  } else if (rights.lacking.length === 0) {
    choices.usable.push(workspace);
  } else {
    choices.unavailable.push({ name: workspace.name, why: whyNot(workspace, rights.lacking) });
  }
}

/** The workspace with this ARM id among those with Sentinel; null when there is none. Throws ConnectorError. */
export async function findWorkspace(runtime: Runtime, id: string, deadline: Deadline): Promise<Workspace | null> {
  const { workspaces, fault } = await inTurn(listWorkspaces(runtime, deadline.signal), deadline);
  const found = workspaces.find((workspace) => workspace.id.toLowerCase() === id.toLowerCase());
  if (!found && fault) throw fault;
  return found ?? null;
}

/** Where the alerts of a connector may go: here, to a channel that takes alerts already, or on to where they go now. */
export async function conversationsFor(
  pool: pg.Pool,
  call: DialogCall,
  current = '',
): Promise<{ id: string; name: string }[]> {
  const here = await getConversation(pool, call.conversationId);
  const channels = (await listAlertConversations(pool, call.tenantId)).filter(
    ({ id, kind, name }) => kind === 'channel' && name !== '' && id !== here?.id,
  );
  const own = here ? [{ id: here.id, name: here.kind === 'channel' ? here.name || 'This channel' : 'This chat' }] : [];
  const offered = [...own, ...channels.map(({ id, name }) => ({ id, name }))];
  if (!current || offered.some(({ id }) => id === current)) return offered;
  const kept = await getConversation(pool, current);
  // Whose personal chat it is, is nobody's business.
  const name = kept?.kind === 'channel' ? kept.name : '';
  return [{ id: current, name: name || 'Where they go now' }, ...offered];
}
