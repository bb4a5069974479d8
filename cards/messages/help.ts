import { connectButton } from '../kit/actions.ts';
import { header } from '../kit/header.ts';
import { type Card, expand } from '../kit/template.ts';
import { facts, type Piece, paragraph, shown, strong, subtle } from '../kit/text.ts';
import template from './help.json' with { type: 'json' };

/** A line of the help: how a command is typed, and what it does. */
export type Command = { usage: string; what: string };

const inChannels = 'In a channel, mention @Patchbay first; in a personal chat, just write the command.';

/** What this person can say and do here; a guest, whose `may` is null, nothing. */
export function helpCard(given: { commands: Command[]; may: { change: boolean; answer: boolean } | null }): Card {
  const { commands, may } = given;
  const text = may
    ? 'Patchbay connects Okta to Microsoft Sentinel, shows whether each connector is healthy, and tells the channel when one breaks.'
    : 'Patchbay connects Okta to Microsoft Sentinel. Guests of this organization can only read this help; ask a member to look at connectors for you.';
  const change =
    'To connect, manage, pause, retry or delete, you need Log Analytics Contributor and Microsoft Sentinel Contributor on a workspace.';
  const answer = 'To acknowledge or silence alerts, you need Microsoft Sentinel Responder on a workspace.';
  return drawn({
    title: 'What Patchbay can do',
    paragraphs: [[text]],
    commands,
    notes: may ? [...(may.change ? [] : [change]), ...(may.answer ? [] : [answer]), inChannels] : [],
    actions: may ? [connectButton] : [],
  });
}

const firstCommands: Command[] = [
  { usage: 'connect', what: 'Connect an Okta org' },
  { usage: 'connectors', what: 'List the connectors and how they stand' },
  { usage: 'status <name>', what: 'Show everything about one connector' },
  { usage: 'manage <name>', what: 'Change its token or app, interval, name, domain, alerts' },
  { usage: 'delete <name>', what: 'Remove a connector; its data stays' },
  { usage: 'alerts here', what: 'Send alerts to this conversation' },
  { usage: 'help', what: 'Show what you can say' },
];

/** The one greeting of an installation: what it is good for, how to begin, what can be said. */
export function welcomeCard(given: { installedBy?: string; commands?: Command[] }): Card {
  const { installedBy, commands = firstCommands } = given;
  const by = installedBy ? `${shown(installedBy)} added Patchbay here. ` : '';
  return drawn({
    title: 'Patchbay is here',
    paragraphs: [
      [
        `${by}It brings the Okta System Log into Microsoft Sentinel, and tells the channel that you choose the moment a connector breaks or goes quiet: what broke, what becomes of the data, and what to do.`,
      ],
      [
        strong('To begin,'),
        ' have ready your Okta domain, an API token of a Read-only Administrator (or somebody who may make a service app), and the roles Log Analytics Contributor and Microsoft Sentinel Contributor on the workspace. It takes about two minutes.',
      ],
    ],
    commands,
    notes: [inChannels],
    actions: [connectButton],
  });
}

function drawn(given: {
  title: string;
  paragraphs: Piece[][];
  commands: Command[];
  notes: string[];
  actions: Card[];
}): Card {
  const { title, paragraphs, commands, notes, actions } = given;
  const rows = facts(commands.map(({ usage, what }) => [shown(usage), shown(what, 300)]));
  return expand(template, {
    fallback: title,
    header: header({ title }),
    paragraphs: paragraphs.map((pieces) => paragraph(...pieces)),
    table: rows.length > 0 ? [{ rows }] : [],
    notes: notes.map((text) => paragraph(subtle(text))),
    actions,
  });
}
