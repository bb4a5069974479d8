import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { unzipSync } from 'fflate';
import { appId, draft, folder, type Manifest } from '../unit/manifest-draft.ts';

const settings = ['--microsoft-app-id', appId, '--bot-host', 'bot.contoso.com'];
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
  list.splice(-1, 1, { title: 'sudo', description: 'Do it at once' });
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
