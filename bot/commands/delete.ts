import { removeCard } from '../../cards/dialogs/delete.ts';
import { aboutConnector } from './command.ts';

/** A dialog opens from a button only, so the command answers with one. */
export const remove = aboutConnector(
  { word: 'delete', takes: 'change', usage: 'delete <name>', what: 'Remove a connector; its data stays' },
  (_, connector) => removeCard({ connector }),
);
