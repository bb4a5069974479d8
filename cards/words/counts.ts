import type { Counts } from '../../ingestion/connector/directory.ts';
import { colored, type Piece } from '../kit/text.ts';
import { count } from './numbers.ts';

/** How many connectors have an error or a warning, or are paused, each behind " · "; what there is none of is left out. */
export function troubledPieces({ errors, warnings, paused }: Omit<Counts, 'all'>): Piece[] {
  return [
    ...(errors > 0 ? [colored(` · ✕ ${count(errors)} with an error`, 'Attention')] : []),
    ...(warnings > 0 ? [colored(` · ▲ ${count(warnings)} with a warning`, 'Warning')] : []),
    ...(paused > 0 ? [` · ‖ ${count(paused)} paused`] : []),
  ];
}
