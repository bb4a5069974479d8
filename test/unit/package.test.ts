import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { decode, encode } from 'fast-png';
import { unzipSync } from 'fflate';
import { commands } from '../../bot/commands/commands.ts';
import { faultsIn } from '../../manifest/check.ts';
import { fill, readPlaceholders } from '../../manifest/fill.ts';
import { schemaFaults } from '../../manifest/schema.ts';

const folder = join(import.meta.dirname, '../../manifest');
const appId = '11111111-2222-4333-8444-555555555555';
const settings = ['--microsoft-app-id', appId, '--bot-host', 'bot.contoso.com'];

type Bot = { botId: string; scopes: string[]; commandLists: { scopes: string[]; commands: Command[] }[] };
type Command = { title: string; description: string };
type Manifest = {
  $schema: string;
  manifestVersion: string;
  version: string;
  id: string;
  developer: Record<'name' | 'websiteUrl' | 'privacyUrl' | 'termsOfUseUrl', string>;
  name: { short: string; full: string };
  description: { short: string; full: string };
  icons: { color: string; outline: string };
  accentColor: string;
  bots: [Bot];
  permissions: string[];
  validDomains: string[];
} & Record<string, unknown>;

type Draft = { manifest: Manifest; list: Command[]; files: Map<string, Buffer> };

async function draft(): Promise<Draft> {
  const names = ['manifest.json', 'color.png', 'outline.png'];
  const files = new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)),
  );
  const given = new Map([
    ['MICROSOFT_APP_ID', appId],
    ['BOT_HOST', 'bot.contoso.com'],
  ]);
  const { values } = readPlaceholders(given);
  const manifest = fill(String(files.get('manifest.json')), values.set('VERSION', '1.2.3')) as Manifest;
  const list = manifest.bots[0].commandLists[0]?.commands;
  assert(list);
  return { manifest, list, files };
}

const scratch = await mkdtemp(join(tmpdir(), 'patchbay-package-'));
after(() => rm(scratch, { recursive: true }));

type Ran = { code: number; stdout: string; stderr: string };

// Of the environment it gets the time zone and nothing else, so that a setting of this machine's is none of the test's.
function runIn(TZ: string, ...args: string[]): Promise<Ran> {
  return new Promise((done) => {
    execFile(process.execPath, [join(folder, 'package.ts'), ...args], { env: { TZ } }, (error, stdout, stderr) =>
      done({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

const run = (...args: string[]) => runIn('UTC', ...args);

async function unzip(path: string): Promise<Map<string, Buffer>> {
  const files = Object.entries(unzipSync(await readFile(path)));
  return new Map(files.map(([name, data]) => [name, Buffer.from(data)]));
}

test('the package holds the filled manifest and both icons, and is the same each time', async () => {
  const [first, second] = [join(scratch, 'first.zip'), join(scratch, 'second.zip')];
  const made = await run(...settings, '--out', first);
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stdout, /Made .*first\.zip/);
  assert.match(made.stdout, /Not given: WEBSITE_URL, PRIVACY_URL, TERMS_URL/);

  const files = await unzip(first);
  assert.deepEqual([...files.keys()], ['manifest.json', 'color.png', 'outline.png']);
  for (const icon of ['color.png', 'outline.png'])
    assert.deepEqual(files.get(icon), await readFile(join(folder, icon)));
  const text = String(files.get('manifest.json'));
  assert.doesNotMatch(text, /\{\{/);
  const manifest = JSON.parse(text) as Manifest;
  const own = JSON.parse(await readFile(join(folder, '../package.json'), 'utf8')) as { version: string };
  assert.deepEqual([manifest.id, manifest.bots[0].botId, manifest.version], [appId, appId, own.version]);
  assert.deepEqual(manifest.validDomains, ['bot.contoso.com']);

  const elsewhere = join(scratch, 'elsewhere.zip');
  assert.equal((await runIn('Asia/Tokyo', ...settings, '--out', elsewhere)).code, 0);
  assert.deepEqual(await readFile(elsewhere), await readFile(first));

  const pages = ['--website-url', 'https://contoso.com/patchbay', '--privacy-url', 'https://contoso.com/privacy'];
  const again = await run(...settings, ...pages, '--terms-url', 'https://contoso.com/terms', '--out', second);
  assert.doesNotMatch(again.stdout, /Not given/);
  assert.match(String((await unzip(second)).get('manifest.json')), /"https:\/\/contoso\.com\/terms"/);
});

test('a wrong manifest makes no package: every mistake is named, and the exit code is 1', async () => {
  const from = join(scratch, 'wrong');
  await cp(folder, from, { recursive: true });
  const { manifest, list } = await draft();
  manifest.id = 'patchbay';
  manifest.version = '1.0';
  manifest.name.short = 'Patchbay, which is a name far too long';
  manifest.developer.privacyUrl = 'http://contoso.com/privacy';
  manifest.permissions.push('messageTeamMembers');
  manifest.validDomains.push('https://contoso.com');
  manifest.zork = true;
  list[0] = { title: 'help', description: '{{HELP}}' };
  list.push({ title: 'sudo', description: 'Do it at once' });
  await writeFile(join(from, 'manifest.json'), JSON.stringify(manifest));
  await cp(join(folder, 'color.png'), join(from, 'outline.png'));

  const { code, stderr } = await run(...settings, '--from', from, '--out', join(scratch, 'wrong.zip'));
  assert.equal(code, 1);
  const named = [
    /id must be a GUID, and is "patchbay"/,
    /version must be a version of three numbers/,
    /name\/short has 38 characters; Teams shows at most 30/,
    /developer\/privacyUrl must be a whole address that begins with https/,
    /The permission "messageTeamMembers" is asked for, and nothing in the bot needs it/,
    /A domain must be a public host name.*"https:\/\/contoso\.com" is not/,
    /Nothing in the bot answers to "zork"/,
    /"help" is described as "\{\{HELP\}\}"; help says "What I can do"/,
    /The placeholder \{\{HELP\}\} was not filled/,
    /The bot has no command "sudo"/,
    /The outline icon outline\.png must be 32 by 32 pixels, and is 192 by 192/,
  ];
  for (const sentence of named) assert.match(stderr, sentence);
  assert.equal(stderr.trim().split('\n').length, named.length + 1, stderr);
  assert(!(await readdir(scratch)).includes('wrong.zip'));

  await writeFile(join(from, 'manifest.json'), '{');
  const broken = await run(...settings, '--from', from, '--out', join(scratch, 'wrong.zip'));
  assert.deepEqual([broken.code, /manifest\.json is no JSON/.test(broken.stderr)], [1, true]);
});

const white = (alpha: (index: number) => number, size = 32): Buffer => {
  const data = new Uint8Array(size * size * 4).fill(255).map((value, at) => (at % 4 === 3 ? alpha(at) : value));
  return Buffer.from(encode({ width: size, height: size, data }));
};

const mistakes = new Map<string, { make(given: Draft): unknown; says: RegExp }>([
  [
    'a schema that does not go with the version',
    {
      make: ({ manifest }) => Object.assign(manifest, { $schema: manifest.$schema.replace('1.27', '1.25') }),
      says: /^\$schema must be/,
    },
  ],
  [
    'an empty id',
    {
      make: ({ manifest }) => Object.assign(manifest.bots[0], { botId: '00000000-0000-0000-0000-000000000000' }),
      says: /botId must be a GUID/,
    },
  ],
  [
    'a leading zero in the version',
    { make: ({ manifest }) => Object.assign(manifest, { version: '1.02.0' }), says: /^version must be/ },
  ],
  [
    'no website',
    {
      make: ({ manifest }) => Reflect.deleteProperty(manifest.developer, 'websiteUrl'),
      says: /websiteUrl must be .* and is missing/,
    },
  ],
  [
    'a website on this machine',
    {
      make: ({ manifest }) => Object.assign(manifest.developer, { websiteUrl: 'https://localhost/' }),
      says: /websiteUrl must be/,
    },
  ],
  [
    'a long description',
    {
      make: ({ manifest }) => Object.assign(manifest.description, { short: 'x'.repeat(81) }),
      says: /has 81 characters/,
    },
  ],
  [
    'two equal descriptions',
    {
      make: ({ manifest }) => Object.assign(manifest.description, { full: manifest.description.short }),
      says: /no more than the short one/,
    },
  ],
  [
    "a name that sounds like Microsoft's",
    {
      make: ({ manifest }) => Object.assign(manifest.name, { short: 'Microsoft Patchbay' }),
      says: /suggests a product/,
    },
  ],
  [
    'a colour by name',
    { make: ({ manifest }) => Object.assign(manifest, { accentColor: 'navy' }), says: /^accentColor must be/ },
  ],
  ['a second bot', { make: ({ manifest }) => manifest.bots.push(manifest.bots[0]), says: /exactly one bot/ }],
  [
    'no personal scope',
    { make: ({ manifest }) => manifest.bots[0].scopes.pop(), says: /scope "personal", which is missing/ },
  ],
  [
    'a scope that was never tried',
    {
      make: ({ manifest }) => manifest.bots[0].scopes.push('copilot'),
      says: /not been seen to work in the scope "copilot"/,
    },
  ],
  [
    'a scope twice',
    { make: ({ manifest }) => manifest.bots[0].scopes.push('team'), says: /scope "team" is there more than once/ },
  ],
  [
    'two lists for one scope',
    {
      make: ({ manifest, list }) => manifest.bots[0].commandLists.push({ scopes: ['team'], commands: list }),
      says: /scope "team" is there more than once/,
    },
  ],
  [
    'a scope without commands',
    {
      make: ({ manifest }) => manifest.bots[0].commandLists[0]?.scopes.pop(),
      says: /No list of commands is for the scope "personal"/,
    },
  ],
  [
    'a command twice',
    { make: ({ list }) => list.push({ ...(list[0] as Command) }), says: /command "help" is there more than once/ },
  ],
  [
    'a command without a description',
    { make: ({ list }) => Reflect.deleteProperty(list[1] as Command, 'description'), says: /description is missing/ },
  ],
  ['a command of the bot left out', { make: ({ list }) => list.pop(), says: /There is room for the bot's command/ }],
  [
    'a right over channels',
    {
      make: ({ manifest }) => Object.assign(manifest, { authorization: {} }),
      says: /Nothing in the bot answers to "authorization"/,
    },
  ],
  [
    'a wildcard domain',
    {
      make: ({ manifest }) => manifest.validDomains.push('*.azurewebsites.net'),
      says: /"\*\.azurewebsites\.net" is not/,
    },
  ],
  [
    'a domain twice',
    {
      make: ({ manifest }) => manifest.validDomains.push('BOT.contoso.com'),
      says: /domain "bot\.contoso\.com" is there more than once/,
    },
  ],
  [
    'an icon somewhere else',
    {
      make: ({ manifest }) => Object.assign(manifest.icons, { color: 'https://contoso.com/color.png' }),
      says: /must name a PNG file beside the manifest/,
    },
  ],
  [
    'an icon that is not there',
    { make: ({ files }) => files.delete('color.png'), says: /color icon color\.png is not there/ },
  ],
  [
    'half an icon',
    {
      make: ({ files }) => files.set('color.png', (files.get('color.png') as Buffer).subarray(0, 900)),
      says: /is no whole PNG/,
    },
  ],
  [
    'a block for an outline',
    {
      make: ({ files }) =>
        files.set(
          'outline.png',
          white(() => 255),
        ),
      says: /no transparent pixel/,
    },
  ],
  [
    'an empty outline',
    {
      make: ({ files }) =>
        files.set(
          'outline.png',
          white(() => 0),
        ),
      says: /is empty/,
    },
  ],
  [
    'an outline without transparency',
    {
      make: ({ files }) =>
        files.set(
          'outline.png',
          Buffer.from(encode({ width: 32, height: 32, channels: 3, data: new Uint8Array(32 * 32 * 3) })),
        ),
      says: /must have red, green, blue and transparency, of 8 bits each/,
    },
  ],
  [
    'a coloured outline',
    {
      make: ({ files }) => files.set('outline.png', tinted(files.get('outline.png') as Buffer)),
      says: /white on nothing, and has \d+ pixels of another colour/,
    },
  ],
]);

function tinted(icon: Buffer): Buffer {
  const { width, height, data } = decode(icon);
  return Buffer.from(encode({ width, height, data: data.map((value, at) => (at % 4 === 0 ? 128 : value)) }));
}

test('each mistake is named, once, by the sentence for it', async (t) => {
  const fine = await draft();
  assert.deepEqual(faultsIn({ ...fine, commands }), []);
  assert.equal(faultsIn({ ...fine, manifest: [], commands }).length, 1);
  for (const [mistake, { make, says }] of mistakes) {
    await t.test(mistake, async () => {
      const given = await draft();
      make(given);
      const faults = faultsIn({ ...given, commands }).map((fault) => fault.says);
      assert.equal(faults.length, 1, faults.join('\n'));
      assert.match(String(faults[0]), says);
    });
  }
  const given = await draft();
  const many = Array.from({ length: 13 }, (_, index) => ({ title: `say-${index}`, description: 'Say it' }));
  given.list.splice(0, given.list.length, ...many);
  const bot = new Map(many.map(({ title, description }) => [title, { what: description }]));
  assert.deepEqual(
    faultsIn({ ...given, commands: bot }).map(({ says }) => says),
    ['There are 13 commands; Teams takes at most 12.'],
  );
});

test('a command in the manifest is one of the bot, and is described as help describes it', async () => {
  const { list } = await draft();
  assert(list.length <= 12);
  for (const { title, description } of list) assert.equal(description, commands.get(title)?.what, title);
});

test('what has to be given is asked for, all at once', () => {
  assert.deepEqual(
    readPlaceholders(new Map()).faults.map((fault) => fault.split(' ')[0]),
    ['MICROSOFT_APP_ID', 'BOT_HOST'],
  );
  const hosts = [
    'https://bot.contoso.com',
    'bot.contoso.com/api',
    'bot.contoso.com:443',
    'localhost',
    '10.0.0.1',
    'a..b',
  ];
  for (const host of hosts) {
    const { faults } = readPlaceholders(
      new Map([
        ['MICROSOFT_APP_ID', 'mine'],
        ['BOT_HOST', host],
        ['TERMS_URL', '/terms'],
      ]),
    );
    assert.deepEqual(faults.length, 3, faults.join('\n'));
    assert(faults[1]?.includes(`must be a public host name, without https://, port or path, and is "${host}"`));
  }
});

test("Microsoft's schema takes the manifest, and its own words come through", async () => {
  const { manifest } = await draft();
  assert.deepEqual(await schemaFaults(manifest), []);
  Object.assign(manifest, { defaultInstallScope: 'planet', defaultGroupCapability: { planet: 'bot' } });
  assert.deepEqual(await schemaFaults(manifest), [
    {
      at: '/defaultInstallScope',
      says: 'The schema of Teams says: defaultInstallScope must be equal to one of the allowed values.',
    },
    { at: '/defaultGroupCapability/planet', says: 'The schema of Teams knows no defaultGroupCapability/planet.' },
  ]);
});
