import type { Card } from '../../cards/kit/template.ts';
import { helpCard } from '../../cards/messages/help.ts';
import type { Backend } from '../teams/backend.ts';
import type { Command, CommandCall } from './command.ts';
import { rightsSummaryOf } from './rights-summary.ts';

/** Lists what can be said, as the list of commands has it, without what this person may do nowhere. */
export function help(listed: () => readonly Command[]): Command {
  const run = (backend: Backend, call: CommandCall) => helpFor(backend, call, listed());
  return { word: 'help', usage: 'help', what: 'What I can do', run };
}

async function helpFor(backend: Backend, call: CommandCall, listed: readonly Command[]): Promise<Card> {
  if (call.membership === 'guest') return helpCard({ commands: [], may: null });
  const may = await rightsSummaryOf(backend, call);
  const commands = listed.filter(({ takes }) => takes === undefined || may[takes]);
  return helpCard({ commands: commands.map(({ usage, what }) => ({ usage, what })), may });
}
