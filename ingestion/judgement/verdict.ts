import type { Connector, Verdict } from '../connector/connector.ts';
import type { PollResult } from '../connector/poll-result.ts';
import { fallingBehind } from './behind.ts';
import { evaluateFailure, hasFailed } from './failure.ts';
import { notices } from './notices.ts';
import { missingRows } from './rows.ts';
import { volume } from './volume.ts';

/** The verdict of one poll, by the table in product.md section 3: exactly one per poll. Pure. */
export function evaluate(connector: Connector, poll: PollResult, now: number): Verdict {
  if (hasFailed(poll)) return evaluateFailure(connector, poll, now);
  const problem =
    missingRows(connector, poll, now) ??
    fallingBehind(connector, poll, now) ??
    volume(connector, poll, now) ??
    notices(connector, poll, now) ??
    null;
  return { health: problem?.health ?? 'ok', problem, failing: null };
}
