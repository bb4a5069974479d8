import type { Command, CommandCall } from './command.ts';
import { helpFor } from './help.ts';

/** A dialog opens from a button only, so the answer is the help, which has one. */
export function connect(listed: () => readonly Command[]): Command {
  const run = async (_: unknown, call: CommandCall) => helpFor(call, listed());
  return { word: 'connect', usage: 'connect', what: 'Connect an Okta org to a Microsoft Sentinel workspace', run };
}
