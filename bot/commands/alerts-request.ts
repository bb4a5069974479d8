import { timeFrom } from '../../ingestion/runtime/local-time.ts';
import type { AlertFilter } from '../teams/alert-rules.ts';
import { withoutEnding } from '../teams/message-text.ts';

/** What somebody wants of `alerts`. */
export type AlertsRequest =
  | { kind: 'list' | 'off' | 'quiet off' | 'unclear' }
  | { kind: 'here'; filter: AlertFilter | null }
  | { kind: 'quiet'; from: string; to: string };

/** Reads what follows the word: "here errors only okta-eu", "quiet 22:00-07:00", "off", "list" or nothing. Pure. */
export function alertsRequest(argument: string): AlertsRequest {
  const [word = '', ...more] = withoutEnding(argument).split(/\s+/);
  const rest = more.join(' ');
  const kind = word.toLowerCase();
  if (kind === '' || (kind === 'list' && !rest)) return { kind: 'list' };
  if (kind === 'off' && !rest) return { kind: 'off' };
  if (kind === 'here') return hereRequest(rest);
  if (kind === 'quiet') return quietRequest(rest);
  return { kind: 'unclear' };
}

function hereRequest(rest: string): AlertsRequest {
  const found = /^(errors?(?:\s+only(?!\s))?)?\s*(?:only\s+(.+))?$/i.exec(rest);
  if (!found) return { kind: 'unclear' };
  const [, errors, only = ''] = found;
  const filter = { errorsOnly: errors !== undefined, only: only.replace(/^(["'“”„])(.*)["'“”]$/, '$2') };
  return { kind: 'here', filter: filter.errorsOnly || filter.only ? filter : null };
}

function quietRequest(rest: string): AlertsRequest {
  if (/^off$/i.test(rest)) return { kind: 'quiet off' };
  const [from, to, ...others] = rest.split(/-|–|—|\bto\b|\buntil\b/i).map((part) => timeFrom(part.trim()));
  if (!from || !to || from === to || others.length > 0) return { kind: 'unclear' };
  return { kind: 'quiet', from, to };
}
