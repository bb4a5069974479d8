import type { Card } from '../../cards/kit/template.ts';
import { helpCard } from '../../cards/messages/help.ts';
import type { Command, CommandCall } from './command.ts';

/** Lists what can be said, as the list of commands has it. */
export function help(listed: () => readonly Command[]): Command {
  const run = async (_: unknown, call: CommandCall) => helpFor(call, listed());
  return { word: 'help', usage: 'help', what: 'What I can do', run };
}

/** The help as this person may see it. */
export function helpFor({ membership }: CommandCall, listed: readonly Command[]): Card {
  const commands = listed.map(({ usage, what }) => ({ usage, what }));
  return helpCard({ commands, mayChange: membership === 'member', guest: membership === 'guest' });
}
