import type { Evidence } from '../../ingestion/errors.ts';
import type { Reason } from '../../ingestion/reasons.ts';
import type { Hint } from './hint.ts';
import { pollHints } from './poll-hints.ts';
import { setupHints } from './setup-hints.ts';

/** Every reason has its hint; a test holds this. */
export const hints = new Map<Reason, Hint>([...pollHints, ...setupHints]);

/** The hint of a reason; every reason has one, or it throws: a mistake in the code, which the unit tests find. */
export function hintOf(reason: Reason): Hint {
  const hint = hints.get(reason);
  if (!hint) throw new Error(`No hint for ${reason}`);
  return hint;
}

/** What the platforms said, in one line for support; empty when they said nothing. */
export function evidenceLine({ status, code, text, requestId }: Evidence): string {
  const parts = [status && `status ${status}`, code, text && `“${text}”`, requestId && `request id ${requestId}`];
  return parts.filter(Boolean).join(' · ');
}
