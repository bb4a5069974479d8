import { connectCard } from '../../cards/messages/gallery.ts';
import { readDomain } from '../../ingestion/okta/typed-input.ts';
import { withoutEnding } from '../teams/message-text.ts';
import type { Command } from './command.ts';

/** A dialog opens from a button only, so the answer says what to have ready, and has one; with the domain that was named. */
export const connect: Command = {
  word: 'connect',
  usage: 'connect [domain]',
  what: 'Connect an Okta org to a Microsoft Sentinel workspace',
  async run(_, { argument }) {
    const domain = readDomain(withoutEnding(argument));
    return connectCard(domain.kind === 'ok' ? domain.value : null);
  },
};
