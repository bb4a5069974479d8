import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, encode } from 'fast-png';
import { commands } from '../../bot/commands/commands.ts';
import { faultsIn } from '../../manifest/check.ts';
import { readPlaceholders } from '../../manifest/fill.ts';
import { schemaFaults } from '../../manifest/schema.ts';
import { type Command, type Draft, draft } from './manifest-draft.ts';

const white = (alpha: (index: number) => number, size = 32): Buffer => {
  const data = new Uint8Array(size * size * 4).fill(255).map((value, at) => (at % 4 === 3 ? alpha(at) : value));
  return Buffer.from(encode({ width: size, height: size, data }));
};

const mistakes = new Map<string, { make(given: Draft): unknown; says: RegExp }>([
  [
    'a schema that does not go with the version',
    {
      make: ({ manifest }) => Object.assign(manifest, { $schema: manifest.$schema.replace('1.29', '1.25') }),
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
  [
    'an extension of another bot',
    {
      make: ({ manifest }) =>
        Object.assign(manifest.composeExtensions[0], { botId: '11111111-2222-4333-8444-666666666666' }),
      says: /botId must be the id of the bot/,
    },
  ],
  [
    'a second extension',
    {
      make: ({ manifest }) => manifest.composeExtensions.push(manifest.composeExtensions[0]),
      says: /must be one message extension/,
    },
  ],
  [
    'an extension of a command that needs a message',
    {
      make: ({ manifest }) =>
        manifest.composeExtensions[0].commands.push({
          ...manifest.composeExtensions[0].commands[0],
          id: 'delete',
          description: commands.get('delete')?.what ?? '',
        }),
      says: /id must be a dialog that opens without a message, and is "delete"/,
    },
  ],
  [
    'an extension without a slash',
    {
      make: ({ manifest }) => Reflect.deleteProperty(manifest.composeExtensions[0].commands[0], 'triggers'),
      says: /triggers must be \["slash"\], and is missing/,
    },
  ],
  [
    'an extension that only posts',
    {
      make: ({ manifest }) => Object.assign(manifest.composeExtensions[0].commands[1], { fetchTask: false }),
      says: /type must be "action", with fetchTask/,
    },
  ],
  [
    'an extension described otherwise',
    {
      make: ({ manifest }) => Object.assign(manifest.composeExtensions[0].commands[1], { description: 'Manage it' }),
      says: /description must be what help says/,
    },
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
    {
      make: ({ list }) => list.splice(1, 1, { ...(list[0] as Command) }),
      says: /command "help" is there more than once/,
    },
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
  const bot = new Map([...commands, ...many.map(({ title, description }) => [title, { what: description }] as const)]);
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
