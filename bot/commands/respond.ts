import { incidentCard } from '../../cards/messages/incident.ts';
import { sentences } from '../../cards/words/sentences.ts';
import { responderNeeds } from '../../ingestion/azure/access/rights.ts';
import type { AuditEntry } from '../../ingestion/connector/audit.ts';
import type { Connector } from '../../ingestion/connector/connector.ts';
import { getConnector } from '../../ingestion/connector/connectors.ts';
import { listWorkspacesOf } from '../../ingestion/connector/directory.ts';
import { getIncident, type Incident } from '../../ingestion/connector/incident.ts';
import type { Queryable } from '../../ingestion/store/database.ts';
import { auditDeed, connectorOf, type Deed, type Done, deedOn, doAllowed, turnDeadline } from '../authorization.ts';
import type { Backend } from '../backend.ts';
import type { Asker } from '../teams/asker.ts';
import type { Button, Press, Pressed } from './button.ts';
import type { CommandCall } from './command.ts';

/** What somebody who answers incidents asks for: its name in the audit, and the change, which returns what the audit says of it. */
export type Response = {
  action: AuditEntry['action'];
  work(tx: Queryable, now: number): Promise<string>;
};

/** Does it for whoever may answer incidents on the connector's workspace; all of it or nothing. */
export function respond(
  backend: Backend,
  connector: Connector,
  { asker, action, work }: Response & { asker: Asker },
): Promise<Done<string>> {
  const deadline = turnDeadline(backend.runtime);
  return respondBy(backend, deedOn(connector, { asker, action, deadline, needs: responderNeeds }), work);
}

/**
 * Does what is about the alerts of a conversation: they are of all connectors, so it takes the right on the workspace of each. The
 * sentence of a refusal, or null.
 */
export async function respondHere(
  backend: Backend,
  call: CommandCall,
  { action, work }: Response,
): Promise<string | null> {
  const { pool, runtime } = backend;
  const { tenantId, conversation } = call;
  const workspaces = await listWorkspacesOf(pool, tenantId);
  if (workspaces.length === 0) return sentences.nothingToRoute;
  const target = conversation.name || conversation.kind;
  const asked = { asker: call, action, target, deadline: turnDeadline(runtime) };
  const done = await respondBy(backend, { ...asked, connectorId: null, workspaces, needs: responderNeeds }, work);
  return done.kind === 'refused' ? done.text : null;
}

function respondBy(backend: Backend, deed: Deed, work: Response['work']): Promise<Done<string>> {
  const now = backend.runtime.now();
  return doAllowed(backend, deed, async (tx) => {
    const result = await work(tx, now);
    await auditDeed(tx, deed, { result, now });
    return result;
  });
}

/** A button on an incident's card: answers with the card as it is now; one of an incident that is gone says so. */
export function onIncident(verb: string, response: (incident: Incident, press: Press) => Response | string): Button {
  return {
    verb,
    press: async (backend, press) => {
      const incident = await getIncident(backend.pool, String(press.data.incident));
      const connector = incident && (await connectorOf(backend.pool, press.tenantId, incident.connectorId));
      if (!connector) return sentences.gone;
      const asked = response(incident, press);
      if (typeof asked === 'string') return asked;
      const done = await respond(backend, connector, { asker: press, ...asked });
      return done.kind === 'refused' ? done.text : incidentNow(backend, incident.id);
    },
  };
}

/** The incident's card as it looks now. */
async function incidentNow({ pool, runtime }: Backend, id: string): Promise<Pressed> {
  const incident = await getIncident(pool, id);
  const connector = incident && (await getConnector(pool, incident.connectorId));
  if (!connector) return sentences.gone;
  return incidentCard({ connector, incident, portal: runtime.cloud.portal, now: runtime.now() });
}
