import type { Connector, Health } from '../../ingestion/connector/connector.ts';
import type { Evidence } from '../../ingestion/errors.ts';
import type { Reason } from '../../ingestion/reasons.ts';
import { type Card, expand } from '../kit/template.ts';
import { shown } from '../kit/text.ts';
import { dataOf } from '../words/data.ts';
import type { Hint } from '../words/hint.ts';
import { evidenceLine, hintOf } from '../words/hints.ts';
import { whyWords } from '../words/why.ts';
import template from './problem.json' with { type: 'json' };

const fates = new Map<Hint['data']['fate'], string>([
  ['delayed', 'Data is delayed.'],
  ['may be lost', 'Data may be missing.'],
  ['not affected', 'Data is not affected.'],
  ['not started', 'No data flows yet.'],
]);

/** What broke, what becomes of the data, what to do, and who can: the heart of every card that tells of a problem. */
export function problemBlock(
  connector: Connector,
  { reason, evidence }: { reason: Reason; evidence: Evidence },
  title?: { text: string; health: Health },
): Card {
  const data = dataOf(connector, reason);
  const hint = hintOf(reason);
  const said = shown(evidenceLine(evidence), 500);
  const why = whyWords(connector, { reason, evidence });
  return expand(template, {
    title: title ? [{ text: title.text, color: title.health === 'warning' ? 'Warning' : 'Attention' }] : [],
    what: shown(hint.what(evidence), 600),
    fate: fates.get(data.fate) ?? '',
    data: data.sentence,
    why: why ? [{ text: why }] : [],
    todo: hint.todo(evidence).map((step, index) => ({ number: `${index + 1}`, step: shown(step, 500) })),
    who: hint.who,
    evidence: said ? [{ text: said }] : [],
  });
}
