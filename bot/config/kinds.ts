import { isIP } from 'node:net';
import { type CloudName, clouds } from '../../ingestion/runtime/clouds.ts';
import { faultOfEntra } from '../../ingestion/store/access.ts';
import { isGuid } from '../../ingestion/store/guid.ts';

/** What stands in the environment, for a variable whose check or default looks at another one. */
export type Given = {
  /** The trimmed text of a declared variable, or its default; null when it has neither. */
  textOf(name: string): string | null;
  /** Whether it is set, and to more than blanks. */
  isSet(name: string): boolean;
};

/** How the text of a variable becomes its value, and what is wrong with it: sentences that go on after its name. */
export type Kind<T> = { read(text: string): T; faults(text: string, given: Given): string[] };

/** Any text. */
export const text: Kind<string> = { read: (value) => value, faults: () => [] };

/** An id that Microsoft Entra gave out, in small letters. */
export const registeredId: Kind<string> = {
  read: (value) => value.toLowerCase(),
  faults: (value) =>
    unless(isGuid(value) && !/^[0-]+$/.test(value), ' must be a GUID, as the registration of the bot shows it'),
};

/** GUIDs, in small letters, apart by commas or blanks. */
export const guids: Kind<string[]> = {
  read: listIn,
  faults: (value) => listIn(value).flatMap((each) => unless(isGuid(each), `: ${each} is no GUID`)),
};

/** Host names, with a port or without, in small letters, apart by commas or blanks. */
export const hosts: Kind<string[]> = {
  read: listIn,
  faults: (value) =>
    listIn(value).flatMap((each) =>
      unless(isHost(each), `: ${each.slice(0, 100)} is no host name; write it without https:// and path`),
    ),
};

/** IPv4 and IPv6 addresses, in small letters, apart by commas or blanks. */
export const addresses: Kind<string[]> = {
  read: listIn,
  faults: (value) =>
    listIn(value).flatMap((each) => unless(isAddress(each), `: ${each.slice(0, 100)} is no IPv4 or IPv6 address`)),
};

/** A TCP port; 0 lets the system choose. */
export const port: Kind<number> = {
  read: Number,
  faults: (value) => unless(isWhole(value, 0, 65_535), ' must be a port number'),
};

/** A percentage from 1 to 100, as a share of 0 to 1. */
export const percentage: Kind<number> = {
  read: (value) => Number(value) / 100,
  faults: (value) => unless(Number(value) >= 1 && Number(value) <= 100, ' must be a percentage from 1 to 100'),
};

/** A whole number of bytes from `least` to `most`. */
export function bytes(least: number, most: number): Kind<number> {
  const must = ` must be a whole number of bytes from ${least} to ${most}`;
  return { read: Number, faults: (value) => unless(isWhole(value, least, most), must) };
}

/** A whole number of days, ten years at most; 0 for never. */
export const days: Kind<number> = {
  read: Number,
  faults: (value) => unless(isWhole(value, 0, 3_650), ' must be a whole number of days up to 3650, or 0'),
};

/** One of these words, written exactly so. */
export function oneOf<T extends string>(...words: T[]): Kind<T> {
  return {
    read: (value) => value as T,
    faults: (value) =>
      unless(
        words.some((word) => word === value),
        ` must be one of ${words.join(', ')}`,
      ),
  };
}

/** How the store is signed in to; by Entra only at a DATABASE_URL that is fit for tokens. */
export const databaseAuth: Kind<'password' | 'entra'> = {
  ...oneOf('password', 'entra'),
  faults: (value, given) => {
    const fault = value === 'entra' ? faultOfEntra(given.textOf('DATABASE_URL')) : null;
    return fault ? [`=entra ${fault}`] : oneOf('password', 'entra').faults(value, given);
  },
};

/** The address of a key vault in the cloud of AZURE_CLOUD, since tokens go to whoever is there. */
export const vaultAddress: Kind<string> = {
  read: (value) => value,
  faults: (value, given) => {
    const cloud = given.textOf('AZURE_CLOUD') as CloudName;
    if (!Object.hasOwn(clouds, cloud)) return []; // which is said of AZURE_CLOUD
    const { vaults } = clouds[cloud];
    const right = new RegExp(`^https://[a-z][a-z0-9-]{1,22}[a-z0-9]\\.${vaults.replaceAll('.', '\\.')}/?$`, 'i');
    const must = ` must be https://<name of the vault>.${vaults}, the vault address of AZURE_CLOUD ${cloud}`;
    return unless(right.test(value), must);
  },
};

/** Tags as Azure Resource Manager takes them; 15 of a resource's 50, as others may give some too. */
export const tags: Kind<Record<string, string>> = {
  read: (value) => (isTags(value) ? JSON.parse(value) : {}),
  faults: (value) =>
    unless(
      isTags(value),
      ' must be a JSON object of at most 15 tags, each with a text, such as {"costCenter":"soc"}; product and connector are taken',
    ),
};

/** Names are the same in capitals and small letters. Source: learn.microsoft.com/azure/azure-resource-manager/management/tag-resources. */
function isTags(text: string): boolean {
  try {
    const all: unknown = JSON.parse(text);
    if (typeof all !== 'object' || all === null || Array.isArray(all)) return false;
    const names = Object.keys(all).map((name) => name.toLowerCase());
    const isName = (name: string) => /^[^<>%&\\?/]{1,512}$/.test(name) && !/^(microsoft|azure|windows)/.test(name);
    const isText = (value: unknown) => typeof value === 'string' && value.length <= 256;
    const each = new Set(names).size === names.length && names.every(isName) && Object.values(all).every(isText);
    return each && names.length <= 15 && !ownTags.some((name) => names.includes(name));
  } catch {
    return false;
  }
}

/** What every rule is tagged with by Patchbay itself. */
const ownTags = ['product', 'connector'];

/** How Application Insights calls itself to whoever sends to it. */
export const connectionString: Kind<string> = {
  read: (value) => value,
  faults: (value) =>
    unless(
      /(^|;)InstrumentationKey=[0-9a-f-]{36}(;|$)/i.test(value),
      ' must be a connection string of Application Insights: InstrumentationKey=…;IngestionEndpoint=…',
    ),
};

/** A name that Teams shows whole: at most 32 characters. */
export const shortName: Kind<string> = {
  read: (value) => value,
  faults: (value) => unless(value.length <= 32, ' must be a name of at most 32 characters'),
};

/** A name by which the internet reaches a host. */
export const publicHost: Kind<string> = {
  read: (value) => value,
  faults: (value) => unless(isPublicHost(value), ' must be a public host name, without https://, port or path'),
};

/** The address of a page, for browsers. */
export const webPage: Kind<string> = {
  read: (value) => value,
  faults: (value) => unless(isWebPage(value), ' must be a whole address that begins with https://'),
};

/** Whether it is a host name with at least two labels, and no address. */
export function isPublicHost(value: string): boolean {
  const labels = value.split('.');
  const named = labels.length > 1 && labels.every((label) => /^[a-z\d]([a-z\d-]{0,61}[a-z\d])?$/i.test(label));
  // A number at the end is an address, not a name.
  return named && value.length < 254 && /[a-z]/i.test(labels.at(-1) ?? '');
}

/** Whether a person's browser can open it: https, a public host, no password, at most 2,048 characters. */
export function isWebPage(value: unknown): boolean {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : null;
  const opens = url?.protocol === 'https:' && isPublicHost(url.hostname) && !url.username && !url.password;
  return opens === true && (url?.href.length ?? 0) <= 2048;
}

function unless(right: boolean, fault: string): string[] {
  return right ? [] : [fault];
}

function isWhole(value: string, least: number, most: number): boolean {
  const number = Number(value);
  return Number.isInteger(number) && number >= least && number <= most;
}

function listIn(value: string): string[] {
  return value
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
}

function isAddress(value: string): boolean {
  return isIP(value) > 0 && !value.includes('%'); // as no interface of this machine is meant
}

function isHost(value: string): boolean {
  const url = `https://${value}/`;
  return URL.canParse(url) && new URL(url).host === value.replace(/:443$/, '');
}
