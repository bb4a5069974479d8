import { manageCard } from '../../cards/messages/manage.ts';
import { aboutConnector } from './command.ts';

/** A dialog opens from a button only, so the command answers with one. */
export const manage = aboutConnector(
  {
    word: 'manage',
    takes: 'change',
    usage: 'manage <name>',
    what: 'Change its token or app, interval, name, domain, alerts',
  },
  (_, connector) => manageCard({ connector }),
);
