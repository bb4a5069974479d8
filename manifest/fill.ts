import { isGuid } from '../ingestion/store/guid.ts';

type Setting = {
  /** What it is, for whoever has to give it; null if there is a default. */
  needed: string | null;
  fallback(given: Map<string, string>): string;
  /** What it must be; null when it is. */
  wrong(value: string): string | null;
};

const nothing = () => '';
const website = (given: Map<string, string>) => given.get('WEBSITE_URL') ?? `https://${given.get('BOT_HOST')}/`;
const webPage = { needed: null, fallback: website, wrong: wrongPage };

/** What differs from one organization to the next, by the names of the placeholders and of the environment variables. */
export const settings = new Map<string, Setting>([
  ['MICROSOFT_APP_ID', { needed: "the bot's app (client) id", fallback: nothing, wrong: wrongId }],
  ['BOT_HOST', { needed: 'where Teams reaches the bot, such as bot.contoso.com', fallback: nothing, wrong: wrongHost }],
  ['DEVELOPER_NAME', { needed: null, fallback: () => 'Patchbay', wrong: wrongName }],
  ['WEBSITE_URL', webPage],
  ['PRIVACY_URL', webPage],
  ['TERMS_URL', webPage],
]);

/** How a setting is called on the command line: `--bot-host` for BOT_HOST. */
export function optionOf(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

/** The value of every setting, or one sentence for each that is missing or wrong. */
export function readSettings(given: Map<string, string>): { values: Map<string, string>; faults: string[] } {
  const values = new Map<string, string>();
  const faults: string[] = [];
  for (const [name, { needed, fallback, wrong }] of settings) {
    const where = `${name} (or --${optionOf(name)})`;
    const value = given.get(name) ?? (needed ? '' : fallback(given));
    const must = wrong(value);
    if (needed && !value) faults.push(`${where} is missing: ${needed}.`);
    // Without a host, the pages that are taken to be on it are not what is wrong.
    else if (must && (given.has(name) || needed)) faults.push(`${where} must be ${must}, and is "${value}".`);
    values.set(name, value);
  }
  return { values, faults };
}

/** The manifest with each `${{NAME}}` that has a value replaced; others stay, for the check to find. */
export function fill(manifest: string, values: Map<string, string>): unknown {
  return JSON.parse(manifest, (_key, value: unknown) =>
    typeof value === 'string'
      ? value.replace(/\$\{\{(\w+)\}\}/g, (whole, name: string) => values.get(name) ?? whole)
      : value,
  );
}

function wrongId(value: string): string | null {
  return isGuid(value) && !/^[0-]+$/.test(value) ? null : 'a GUID, as the registration of the bot shows it';
}

/** What is no public host name; null for one that is. */
export function wrongHost(value: string): string | null {
  const labels = value.split('.');
  const named = labels.length > 1 && labels.every((label) => /^[a-z\d]([a-z\d-]{0,61}[a-z\d])?$/i.test(label));
  // A number at the end is an address, not a name.
  return named && value.length < 254 && /[a-z]/i.test(labels.at(-1) ?? '')
    ? null
    : 'a public host name, without https://, port or path';
}

/** What is no address that a person's browser can open; null for one that is. */
export function wrongPage(value: unknown): string | null {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : null;
  const opens = url?.protocol === 'https:' && !wrongHost(url.hostname) && !url.username && !url.password;
  return opens && url.href.length <= 2048 ? null : 'a whole address that begins with https://';
}

function wrongName(value: string): string | null {
  return value.trim() && value.length <= 32 ? null : 'a name of at most 32 characters';
}
