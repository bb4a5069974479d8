import type { Described, HealthRecord, Occasion } from '../../ingestion/connector/health-records.ts';
import { factsOf } from '../../ingestion/reasons.ts';
import { hintOf } from './hints.ts';

const calm = new Map<HealthRecord['state'], string>([
  ['pending', 'The connector is set up, or waits for its first rows.'],
  ['connected', 'Events are fetched from Okta and arrive in the workspace.'],
  ['error', 'The connector has stopped.'],
  ['paused', 'The connector is paused: nothing is fetched from Okta.'],
  ['deleting', 'The connector is being removed.'],
]);

const turns = new Map<Occasion, string>([
  ['created', 'The connector was created.'],
  ['removed', 'The connector was removed. Its rows stay.'],
]);

/** A health record in the words that the cards have for the same: for people who read the table. */
export function describe({ occasion, state, problem }: HealthRecord): Described {
  const turn = turns.get(occasion);
  if (turn || !problem) return { description: turn ?? calm.get(state) ?? state, leg: null };
  const { title, what, who } = hintOf(problem.reason);
  return { description: `${title}. ${what(problem.evidence)} Who can help: ${who}.`, leg: factsOf(problem.reason).leg };
}
