import type { ClientFault, DomainFault, TokenFault } from '../../ingestion/okta/typed-input.ts';
import { every } from '../kit/times.ts';

/** What an input takes, as a client checks it; the bot checks it again. Lengths in letters. */
type Kind =
  | { kind: 'text'; longest: number; style?: 'Url' | 'Password'; pattern?: string }
  | { kind: 'number'; least: number; most: number /** Shares its row with the one beside it. */; narrow?: true }
  | { kind: 'choice' /** What is offered to everybody. */; choices?: Choice[]; expanded?: true };

/** One thing to choose: what people read, and what the field then holds. */
export type Choice = { title: string; value: string };

type Words = {
  label: string /** What the client says of a wrong one. */;
  wrong: string;
  placeholder?: string;
  hint?: string;
  /** It may be left empty. */
  optional?: true;
};

/** A field of the dialogs in words: what its input asks for, and every sentence about it. */
export type FieldWords = Kind &
  Words & {
    /** What it holds before anybody has typed, in the connect dialog. */
    usual: string;
    /** The sentence under one that is left empty, or can't be so. */
    fault: string;
    /** What is said of it in one dialog only. */
    connect?: Partial<Words>;
    manage?: Partial<Words>;
    /** A change of it, for the person: "<connector> was changed: …". Both are texts as the field holds them. */
    change?(before: string, after: string): string;
  };

/** The dialogs that ask for fields. */
export type DialogName = 'connect' | 'manage';

/** The longest name a connector may have. */
export const nameLimit = 60;

function often(seconds: string): string {
  return every(Number(seconds)).toLowerCase();
}

const days = {
  kind: 'number',
  least: 4,
  narrow: true,
  usual: '90',
} as const;

const words = {
  name: {
    kind: 'text',
    longest: nameLimit,
    usual: '',
    label: 'Connector name',
    wrong: 'Give the connector a name.',
    fault: 'Give the connector a name.',
    connect: { placeholder: 'For example: Okta production' },
    change: (before) => `the name, which was ${before}`,
  },
  key: {
    kind: 'text',
    style: 'Password',
    longest: 600,
    usual: '',
    label: 'API token',
    wrong: 'Paste the API token.',
    fault: 'Paste the API token.',
    connect: {
      // A client would ask whoever reads by a service app for it too.
      optional: true,
      placeholder: 'The token’s value only; leave empty for a service app',
      hint: 'Create the token in Okta Admin Console › Security › API › Tokens, as a user with the role Read-only Administrator, or a custom role that can view the System Log. More rights are not needed. Paste its value without “Authorization” or “SSWS”; it is stored encrypted and never shown again.',
    },
    manage: {
      label: 'New API token',
      optional: true,
      wrong: 'This is too long for an API token.',
      placeholder: 'Leave empty to keep the stored one',
      hint: 'A new token is tried at Okta first. Reading goes on where it stopped. The old token stays valid in Okta: revoke it there afterwards.',
    },
    change: () => 'the API token, which is used at once',
  },
  credential: {
    kind: 'choice',
    expanded: true,
    choices: [
      { title: 'A token of a user’s account', value: 'token' },
      { title: 'An OAuth 2.0 service app, bound to no person: Okta’s own advice', value: 'app' },
    ],
    usual: 'token',
    label: 'Read the System Log by',
    wrong: 'Choose a token or a service app.',
    fault: 'Choose a token or a service app.',
  },
  client: {
    kind: 'text',
    longest: 100,
    usual: '',
    label: 'Client ID of the service app',
    placeholder: '0oa1b2c3d4e5f6g7h8i9',
    wrong: 'Paste the client ID.',
    fault: 'Paste the client ID, which Okta shows on the app’s tab General.',
    change: (before, after) => {
      if (before === after) return `the key of the service app ${after}, which is used at once`;
      return `its credential, the service app ${after} instead of ${before || 'an API token'}, which is used at once`;
    },
  },
  interval: {
    kind: 'choice',
    usual: '60',
    label: 'Look for new events',
    wrong: 'Choose how often to look for new events.',
    fault: 'Choose how often to look for new events: every 10 seconds to every 15 minutes.',
    connect: {
      hint: 'Each look takes a call from the rate limit that all tools on this Okta org share. While more events are waiting, Patchbay reads on without a pause, whatever you choose.',
    },
    change: (before, after) => `how often it looks for new events: ${often(after)} instead of ${often(before)}`,
  },
  conversation: {
    kind: 'choice',
    usual: '',
    label: 'Send alerts to',
    wrong: 'Choose where alerts go.',
    fault: 'Choose where the alerts go.',
    connect: {
      hint: 'To have a channel that is not listed hear of all connectors, say “@Patchbay alerts here” in it.',
    },
    change: () => 'where its alerts go',
  },
  surges: {
    kind: 'choice',
    choices: [
      { title: 'No', value: 'no' },
      { title: 'Yes, as a warning', value: 'yes' },
    ],
    usual: 'no',
    label: 'Tell when far more events come than usual',
    wrong: 'Choose whether to tell of far more events than usual.',
    fault: 'Choose whether to tell of far more events than usual.',
    change: (_, after) => `whether far more events than usual are told: ${after}`,
  },
  domain: {
    kind: 'text',
    style: 'Url',
    // A pasted address is long; the host is taken out of it.
    longest: 2000,
    pattern: '^\\s*(https?://)?[^\\s/@]+\\.[^\\s/@]+(/\\S*)?\\s*$',
    usual: '',
    label: 'Okta domain',
    wrong: 'Type the domain only, for example acme.okta.com.',
    fault: 'Type the Okta domain, for example acme.okta.com.',
    connect: { placeholder: 'acme.okta.com' },
    manage: {
      hint: 'Change it only if the org was renamed, has a custom domain, or is another one: its log is then read anew there.',
    },
    change: (_, domain) => `the Okta domain; the rule is brought up to date, then ${domain} is read`,
  },
  retention: {
    ...days,
    most: 730,
    label: 'Analytics retention, days',
    wrong: 'Type a number of days from 4 to 730.',
    fault: 'Analytics retention is 4 to 730 days.',
    connect: { hint: '4 to 730; 90 are free with Microsoft Sentinel.' },
    change: (before, after) =>
      before === after ? '' : `how long the table keeps its rows for alert rules: ${after} days instead of ${before}`,
  },
  total: {
    ...days,
    most: 4383,
    label: 'Total retention, days',
    wrong: 'Type a number of days from 4 to 4383.',
    fault: 'Total retention is 4 to 4383 days, and not less than the analytics retention.',
    connect: { hint: '4 to 4383; the days beyond analytics are kept in the data lake.' },
    change: (before, after) =>
      `${before === after ? '' : `how long the table keeps its rows in all: ${after} days instead of ${before}, `}Azure is told now, and status shows it once that is done`,
  },
  workspace: {
    kind: 'choice',
    usual: '',
    label: 'Workspace',
    placeholder: 'Choose a workspace with Microsoft Sentinel',
    wrong: 'Choose a workspace.',
    fault: 'Choose a workspace.',
  },
  find: {
    kind: 'text',
    longest: 100,
    usual: '',
    label: 'Find the workspace',
    placeholder: 'Part of its name, region or resource group',
    wrong: 'Type part of the name, the region or the resource group.',
    fault: 'Type part of the name, the region or the resource group.',
  },
  tier: {
    kind: 'choice',
    expanded: true,
    choices: [
      { title: 'Analytics: alert rules, hunting, workbooks', value: 'Analytics' },
      { title: 'Data lake only: cheaper, for searching later', value: 'Auxiliary' },
    ],
    usual: 'Analytics',
    label: 'Table tier',
    wrong: 'Choose a tier.',
    fault: 'Choose Analytics or Data lake.',
    hint: 'Data lake only is final: Azure never changes the table back. No alert rules, workbooks or parsers run on it, Patchbay can’t check there whether rows stall, and it keeps no analytics retention. A table that exists already keeps its tier and retention.',
  },
  backfill: {
    kind: 'number',
    least: 0,
    most: 48,
    usual: '1',
    label: 'Start reading this many hours ago',
    wrong: 'Type a number of hours from 0 to 48.',
    fault: 'Start between 0 and 48 hours back.',
    hint: '0 to 48 hours. Azure replaces the time of events older than about two days by the time of their arrival, so a longer look back would show them at the wrong time.',
  },
} satisfies Record<string, FieldWords>;

/** The fields, by the id under which a card sends them. */
export type FieldId = keyof typeof words;

/** What the fields of a dialog hold, as text. */
export type Texts = Record<FieldId, string>;

/** All fields of the dialogs; changes are told in this order. */
export const fieldWords: Record<FieldId, FieldWords> = words;

/** What each page asks for, in the order in which it shows it: the fields that are read from it, and no others. */
export const pages = {
  connectName: ['name', 'domain', 'credential', 'key'],
  serviceApp: ['client'],
  connectDetails: ['workspace', 'tier', 'retention', 'total', 'backfill', 'interval', 'conversation'],
  find: ['find'],
  manage: ['key', 'name', 'interval', 'conversation', 'surges', 'retention', 'total', 'domain'],
} as const satisfies Record<string, readonly FieldId[]>;

/** Where network zones of Okta have to let in the bot, below the field of a credential; nothing where its addresses are not known. */
export function zoneHint(addresses: readonly string[]): string | undefined {
  if (addresses.length === 0) return undefined;
  return `If Okta binds it to network zones, they must let in ${addresses.join(', ')}, from where Patchbay calls.`;
}

/** Why a name can’t be taken. */
export type NameFault = 'empty' | 'too-long' | 'taken';

/** The sentence under the name field. */
export function nameSentence(fault: NameFault, name = ''): string {
  if (fault === 'empty') return words.name.fault;
  return fault === 'too-long'
    ? `A name may have ${nameLimit} characters.`
    : `There is a connector named ${name} already. Choose another name.`;
}

const domains = new Map<DomainFault, string>([
  ['empty', words.domain.fault],
  ['not-a-host', 'This is not a domain name. Type only the name, for example acme.okta.com, without a port.'],
  ['address', 'An IP address can’t be an Okta org. Type its domain name, for example acme.okta.com.'],
  ['internal', 'This name leads into a private network. Type the org’s public domain, for example acme.okta.com.'],
  ['admin', 'This is the address of the Admin Console.'],
  ['example', 'This is the example from the instructions. Type your own org’s domain.'],
]);

/** The sentence under the domain field; `suggestion` is the domain that was probably meant. */
export function domainSentence(fault: DomainFault, suggestion?: string): string {
  return [domains.get(fault) ?? '', suggestion ? `Did you mean ${suggestion}?` : ''].filter(Boolean).join(' ');
}

const tokens = new Map<TokenFault, string>([
  ['empty', words.key.fault],
  ['blanks', 'A token has no blanks in it. Paste the token’s value only.'],
  ['too-long', 'This is too long for an API token. Paste the token’s value only.'],
  ['not-a-token', 'This does not look like an Okta API token. Paste the value that Okta showed when it was created.'],
]);

const clients = new Map<ClientFault, string>([
  ['empty', words.client.fault],
  [
    'not-an-id',
    'This is no client ID. Paste what Okta shows as Client ID on the app’s tab General, such as 0oa1b2c3d4e5f6g7h8i9.',
  ],
]);

/** The sentence under the field of the client id. */
export function clientSentence(fault: ClientFault): string {
  return clients.get(fault) ?? '';
}

/** The sentence under the key field; what was typed is not repeated. */
export function tokenSentence(fault: TokenFault): string {
  return tokens.get(fault) ?? '';
}
