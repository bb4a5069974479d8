import { isPublicHost, isWebPage } from '../bot/config/kinds.ts';
import { isGuid } from '../ingestion/store/guid.ts';
import { wrongIcon } from './icon.ts';
import { isObject, listAt, shown, valueAt } from './look-up.ts';

/** What is wrong at a place in the manifest; the place is a JSON pointer. */
export type Fault = { at: string; says: string };

/** What is checked, and what it is held against. */
export type Checked = {
  manifest: unknown;
  /** The files beside the manifest, by name. */
  files: Map<string, Buffer>;
  /** The commands that the bot answers to, and what help says of each. */
  commands: Map<string, { what: string }>;
};

const version = '1.29';
const schema = `https://developer.microsoft.com/json-schemas/teams/v${version}/MicrosoftTeams.schema.json`;
const scopes = ['team', 'personal'];
const mostCommands = 12;
/** The dialogs that need no message from which they are opened. */
const opened = ['connect', 'manage'];

// Everything that the bot uses. What else the schema knows offers or asks for something that nothing here answers to.
const used = new Set(
  `$schema manifestVersion version id developer localizationInfo name description icons accentColor bots composeExtensions
   defaultInstallScope defaultGroupCapability permissions validDomains`.split(/\s+/),
);

/**
 * Every fault that the schema misses or says badly, each in a sentence; none for a manifest that Teams takes. Never throws. Rules:
 * learn.microsoft.com/microsoft-365/extensibility/schema/ and, for commands and names, MicrosoftDocs/msteams-docs,
 * concepts/deploy-and-publish/appsource/prepare/teams-store-validation-guidelines.md.
 */
export function faultsIn(checked: Checked): Fault[] {
  const { manifest } = checked;
  if (!isObject(manifest)) return [{ at: '', says: 'The manifest is no JSON object.' }];
  return [
    ...head(manifest),
    ...texts(manifest),
    ...icons(checked),
    ...bot(checked),
    ...extension(checked),
    ...permissions(manifest),
    ...domains(manifest),
    ...leftovers(manifest),
  ];
}

function head(manifest: object): Fault[] {
  const faults: Fault[] = Object.keys(manifest)
    .filter((key) => !used.has(key))
    .map((key) => ({ at: `/${key}`, says: `Nothing in the bot answers to "${key}", so it must not be there.` }));
  const expect = (at: string, right: (value: unknown) => boolean, must: string) => {
    const value = valueAt(manifest, at);
    if (!right(value)) faults.push({ at, says: `${at.slice(1)} must be ${must}, and is ${shown(value)}.` });
  };
  expect('/$schema', (value) => value === schema, schema);
  expect('/manifestVersion', (value) => value === version, `"${version}", as $schema`);
  expect('/version', isVersion, 'a version of three numbers, such as 1.0.0');
  expect('/id', isId, 'a GUID');
  expect('/bots/0/botId', isId, 'a GUID');
  for (const page of ['websiteUrl', 'privacyUrl', 'termsOfUseUrl']) {
    expect(`/developer/${page}`, isWebPage, 'a whole address that begins with https://');
  }
  expect('/accentColor', (value) => /^#[\da-f]{6}$/i.test(String(value)), 'a colour such as #122B4A');
  return faults;
}

function isId(value: unknown): boolean {
  return typeof value === 'string' && isGuid(value) && !/^[0-]+$/.test(value);
}

function isVersion(value: unknown): boolean {
  return /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/.test(String(value));
}

const lengths: [at: string, most: number][] = [
  ['/name/short', 30],
  ['/name/full', 100],
  ['/description/short', 80],
  ['/description/full', 4000],
  ['/developer/name', 32],
];

function texts(manifest: object): Fault[] {
  const faults = lengths.flatMap(([at, most]) => wrongLength(manifest, at, most));
  const short = String(valueAt(manifest, '/name/short'));
  if (/^(microsoft|teams)\b/i.test(short)) {
    faults.push({ at: '/name/short', says: `The name "${short}" suggests a product of Microsoft's own.` });
  }
  if (valueAt(manifest, '/description/short') === valueAt(manifest, '/description/full')) {
    faults.push({ at: '/description/full', says: 'The full description says no more than the short one.' });
  }
  return faults;
}

function wrongLength(manifest: unknown, at: string, most: number): Fault[] {
  const text = valueAt(manifest, at);
  if (typeof text !== 'string' || text.trim() === '') return [{ at, says: `${at.slice(1)} is missing.` }];
  if (text.length <= most) return [];
  return [{ at, says: `${at.slice(1)} has ${text.length} characters; Teams shows at most ${most}.` }];
}

function icons({ manifest, files }: Checked): Fault[] {
  return ['color', 'outline'].flatMap((kind) => {
    const at = `/icons/${kind}`;
    const name = valueAt(manifest, at);
    if (typeof name !== 'string' || !/^[\w.-]+\.png$/.test(name)) {
      return [{ at, says: `icons/${kind} must name a PNG file beside the manifest, and is ${shown(name)}.` }];
    }
    const file = files.get(name);
    const says = file ? wrongIcon(kind, file) : 'is not there';
    return says ? [{ at, says: `The ${kind} icon ${name} ${says}.` }] : [];
  });
}

function bot(checked: Checked): Fault[] {
  const { manifest } = checked;
  const bots = valueAt(manifest, '/bots');
  if (!Array.isArray(bots) || bots.length !== 1) return [{ at: '/bots', says: 'There must be exactly one bot.' }];
  const lists = listAt(manifest, '/bots/0/commandLists');
  const faults = [
    ...repeated('/bots/0/scopes', listAt(manifest, '/bots/0/scopes'), 'scope'),
    ...wrongScopes(listAt(manifest, '/bots/0/scopes')),
    ...lists.flatMap((_, index) => commandList(checked, `/bots/0/commandLists/${index}`)),
  ];
  const listed = lists.flatMap((_, index) => listAt(manifest, `/bots/0/commandLists/${index}/scopes`));
  faults.push(...repeated('/bots/0/commandLists', listed, 'scope'));
  for (const scope of scopes.filter((scope) => !listed.includes(scope))) {
    faults.push({ at: '/bots/0/commandLists', says: `No list of commands is for the scope "${scope}".` });
  }
  return faults;
}

function wrongScopes(given: unknown[]): Fault[] {
  const at = '/bots/0/scopes';
  const missing = scopes.filter((scope) => !given.includes(scope));
  const extra = given.filter((scope) => !scopes.includes(String(scope)));
  return [
    ...missing.map((scope) => ({ at, says: `The bot works in the scope "${scope}", which is missing.` })),
    ...extra.map((scope) => ({ at, says: `The bot has not been seen to work in the scope ${shown(scope)}.` })),
  ];
}

function commandList({ manifest, commands }: Checked, at: string): Fault[] {
  const list = listAt(manifest, `${at}/commands`);
  const titles = list.map((command) => String(isObject(command) ? command.title : command));
  const faults = repeated(`${at}/commands`, titles, 'command');
  if (list.length > mostCommands) {
    faults.push({
      at: `${at}/commands`,
      says: `There are ${list.length} commands; Teams takes at most ${mostCommands}.`,
    });
  }
  for (const [index, title] of titles.entries()) {
    const place = `${at}/commands/${index}`;
    faults.push(
      ...wrongLength(manifest, `${place}/title`, 128),
      ...wrongLength(manifest, `${place}/description`, 4000),
    );
    const known = commands.get(title);
    const description = valueAt(manifest, `${place}/description`);
    if (!known) faults.push({ at: place, says: `The bot has no command "${title}".` });
    else if (description && description !== known.what) {
      faults.push({ at: place, says: `"${title}" is described as ${shown(description)}; help says "${known.what}".` });
    }
  }
  const unlisted = [...commands.keys()].filter((word) => !titles.includes(word));
  const room = mostCommands - list.length;
  const says = `There is room for the bot's command${unlisted.length === 1 ? '' : 's'} ${unlisted.join(', ')}.`;
  if (unlisted.length > 0 && room > 0) faults.push({ at: `${at}/commands`, says });
  return faults;
}

/** The message extension: commands of the bot that are dialogs, offered wherever people write and with a slash. */
function extension({ manifest, commands }: Checked): Fault[] {
  const at = '/composeExtensions/0';
  const expect = (place: string, right: boolean, must: string): Fault[] =>
    right ? [] : [{ at: place, says: `${place.slice(1)} must be ${must}, and is ${shown(valueAt(manifest, place))}.` }];
  const bot = valueAt(manifest, '/bots/0/botId');
  const ids = listAt(manifest, `${at}/commands`).map((command) => String(isObject(command) ? command.id : command));
  return [
    ...expect('/composeExtensions', listAt(manifest, '/composeExtensions').length === 1, 'one message extension'),
    ...expect(`${at}/botId`, !isId(bot) || valueAt(manifest, `${at}/botId`) === bot, 'the id of the bot'),
    ...repeated(`${at}/commands`, ids, 'command'),
    ...ids.flatMap((id, index) => {
      const place = `${at}/commands/${index}`;
      const is = (key: string, value: unknown) =>
        JSON.stringify(valueAt(manifest, `${place}/${key}`)) === JSON.stringify(value);
      return [
        ...expect(`${place}/id`, opened.includes(id), 'a dialog that opens without a message'),
        ...expect(`${place}/description`, is('description', commands.get(id)?.what), 'what help says of the command'),
        ...expect(`${place}/type`, is('type', 'action') && is('fetchTask', true), '"action", with fetchTask'),
        ...expect(`${place}/context`, is('context', ['compose', 'commandBox']), '["compose","commandBox"]'),
        ...expect(`${place}/triggers`, is('triggers', ['slash']), '["slash"]'),
      ];
    }),
  ];
}

function permissions(manifest: object): Fault[] {
  const asked = listAt(manifest, '/permissions');
  const needless = asked.filter((permission) => permission !== 'identity');
  return [
    ...repeated('/permissions', asked, 'permission'),
    ...needless.map((permission) => ({
      at: '/permissions',
      says: `The permission ${shown(permission)} is asked for, and nothing in the bot needs it.`,
    })),
  ];
}

function domains(manifest: object): Fault[] {
  const at = '/validDomains';
  const given = listAt(manifest, at).map(String);
  const faults = repeated(at, given, 'domain');
  // A wildcard would also trust whoever rents a name beside ours.
  const wrong = given.filter((domain) => !isPublicHost(domain));
  return [
    ...faults,
    ...wrong.map((domain) => ({
      at,
      says: `A domain must be a public host name, without https://, port or path, and "${domain}" is not.`,
    })),
  ];
}

function leftovers(manifest: object): Fault[] {
  const left = new Set(JSON.stringify(manifest).match(/\$?\{\{.*?\}\}/g));
  return [...left].map((placeholder) => ({ at: '', says: `The placeholder ${placeholder} was not filled.` }));
}

function repeated(at: string, given: unknown[], what: string): Fault[] {
  const words = given.map((value) => String(value).toLowerCase());
  const twice = new Set(words.filter((word, index) => words.indexOf(word) !== index));
  return [...twice].map((word) => ({ at, says: `The ${what} "${word}" is there more than once.` }));
}
