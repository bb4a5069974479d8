import { sentences } from '../../cards/words/sentences.ts';
import { showEverybody } from '../teams/reply.ts';
import { type Button, onConnector } from './button.ts';
import { commands } from './commands.ts';

/** The answer to "Which connector?": the command that was typed runs for the one that is pressed, in the question's place. Whoever may not leaves the question as it is. */
export const choose: Button = {
  verb: 'choose',
  press: onConnector(async (backend, connector, press) => {
    const about = commands.get(String(press.data.command))?.about;
    if (!about) return sentences.expired;
    const answer = await about(backend, connector, press);
    if (typeof answer !== 'string') await showEverybody(press.context, answer, backend.log);
    return answer;
  }),
};
