import { tidy } from '../teams/message-text.ts';
import { showEverybody } from '../teams/reply.ts';
import type { Button } from './button.ts';
import { answerText } from './commands.ts';

/** Says for the presser what the button stands for; the answer takes the place of the question, for everybody. */
export const say: Button = {
  verb: 'say',
  async press(backend, { data, context, ...asker }) {
    // Only members get this far.
    const card = await answerText(backend, asker, { text: tidy(String(data.text)), membership: 'member' });
    await showEverybody(context, card, backend.log);
    return card;
  },
};
