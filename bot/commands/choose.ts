import { sentences } from '../../cards/words/sentences.ts';
import { showEverybody } from '../teams/reply.ts';
import { type Button, onConnector } from './button.ts';
import { commands } from './commands.ts';

/** The answer to "Which connector?": the command that was typed runs for the one that is pressed, in the question's place. */
export const choose: Button = {
  verb: 'choose',
  press: onConnector(async (backend, connector, press) => {
    const about = commands.get(String(press.data.command))?.about;
    if (!about) return sentences.expired;
    const card = await about(backend, connector, press);
    await showEverybody(press.context, card, backend.log);
    return card;
  }),
};
