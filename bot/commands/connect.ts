import { connectCard } from '../../cards/messages/gallery.ts';
import type { Command } from './command.ts';

/** A dialog opens from a button only, so the answer says what to have ready, and has one. */
export const connect: Command = {
  word: 'connect',
  usage: 'connect',
  what: 'Connect an Okta org to a Microsoft Sentinel workspace',
  run: async () => connectCard(),
};
