import type { Card } from '../../cards/kit/template.ts';
import { type Unverified, unverifiedCard, verifyCard } from '../../cards/messages/verify.ts';
import { need } from '../../ingestion/azure/access/rights.ts';
import { type Connector, isLake, type Person } from '../../ingestion/connector/connector.ts';
import { missingOf } from '../../ingestion/connector/verification.ts';
import { ConnectorError } from '../../ingestion/errors.ts';
import { compareWithVisible } from '../../ingestion/monitoring/verify.ts';
import type { Deadline } from '../../ingestion/runtime/deadline.ts';
import { readShared } from '../../ingestion/runtime/readings.ts';
import { inTurn, refusalOn } from '../authorization.ts';
import type { Backend } from '../teams/backend.ts';
import { type Button, onConnector } from './button.ts';
import { aboutConnector } from './command.ts';

/** Whether what was sent is there, for those who may query the workspace in Azure themselves. */
export const verify = aboutConnector(
  { word: 'verify', usage: 'verify <name>', what: 'Whether what was sent is visible in the workspace' },
  (backend, connector, { person }) => verified(backend, connector, person),
);

/** Look again. */
export const verifyAgain: Button = {
  verb: 'verify',
  press: onConnector((backend, connector, { person }) => verified(backend, connector, person)),
};

const queryNeeds = [need('Microsoft.OperationalInsights/workspaces/query/read')];

/** Whoever asks has an answer within three seconds; what takes Azure longer is counted on, and is there for the next look. */
const answerMs = 2_500;

/** The card; or the sentence that says why this person may not. */
async function verified(backend: Backend, connector: Connector, person: Person): Promise<Card | string> {
  const { runtime } = backend;
  const { workspace } = connector.settings;
  const deadline = runtime.deadline(answerMs);
  const refusal = await refusalOn(backend, { person, workspace, needs: queryNeeds }, deadline);
  return refusal ?? draw(backend, connector, deadline);
}

async function draw(backend: Backend, connector: Connector, deadline: Pick<Deadline, 'signal'>): Promise<Card> {
  const { runtime, verifications } = backend;
  const about = { connector, portal: runtime.cloud.portal, now: runtime.now() };
  if (isLake(connector)) return unverifiedCard({ ...about, why: { kind: 'lake' } });
  try {
    const read = (signal: AbortSignal) => compareWithVisible(backend, connector, signal);
    const shared = readShared({ runtime, readings: verifications }, connector.id, read);
    const verification = await inTurn(shared, deadline);
    // Whoever looks again wants to know how it is then.
    verifications.delete(connector.id);
    return verifyCard({ ...about, verification, ...missingOf(verification) });
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    return unverifiedCard({ ...about, why: unverified(error, deadline) });
  }
}

function unverified({ reason, evidence }: ConnectorError, { signal }: Pick<Deadline, 'signal'>): Unverified {
  // What was cut off by the deadline says nothing of its own.
  return signal.aborted && evidence.status === undefined ? { kind: 'late' } : { kind: 'refused', reason, evidence };
}
