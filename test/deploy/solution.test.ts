import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { unzipSync } from 'fflate';
import { formOf } from '../../deploy/solution/form.ts';
import { about, type Publisher, parsers, rules, workbook } from '../../deploy/solution/parts.ts';
import { sourcesOf, zipped } from '../../deploy/solution/sources.ts';
import { templateOf } from '../../deploy/solution/template.ts';
import { publisherOf } from '../../deploy/solution.ts';
import { place } from './judge.ts';
import { SolutionFiles } from './solution/files.ts';
import { formChecks } from './solution/form-checks.ts';
import { mistakes } from './solution/mistakes.ts';
import { elsewhere, repositoryChecks } from './solution/repository-checks.ts';
import { templateChecks } from './solution/template-checks.ts';
import { deploy, list, members } from './template.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFile(join(root, 'deploy', path), 'utf8');
const publisher: Publisher = {
  id: 'patchbay',
  name: 'Patchbay',
  email: 'help@example.com',
  link: 'https://example.com/help',
  firstPublished: '2026-12-31',
};
const checks = new Map([...repositoryChecks, ...templateChecks, ...formChecks]);
const published = () => new Map(sourcesOf(publisher));

for (const [name, { faultsOf }] of checks)
  test(`the solution passes ${name}`, () => assert.deepEqual(faultsOf(new SolutionFiles(published())), []));

for (const [index, { check, file, from, to }] of mistakes.entries())
  test(`${check} finds planted mistake ${index + 1}`, () => {
    const files = published();
    const [path = '', text = ''] = [...files].find(([each]) => each.includes(file)) ?? [];
    const wrong = text.replace(from, () => to);
    assert.notEqual(wrong, text, `${from} is not in ${path}`);
    files.set(path, wrong);
    const { faultsOf } = checks.get(check) ?? assert.fail(check);
    assert.notDeepEqual(faultsOf(new SolutionFiles(files)), []);
  });

test('a mistake is planted for each check', () => {
  const files = published();
  const [[path = '', text = ''] = []] = [...files].filter(([each]) => each.includes('PatchbayNoRows.yaml'));
  const twice = new SolutionFiles(new Map([...files, [path.replace('NoRows', 'NoRowsAgain'), text]]));
  const stray = new SolutionFiles(new Map([...files, [path.replace('.yaml', '.kql'), text]]));
  const schema = 'Detection Template Schema';
  assert.equal(checks.get(`${schema}: NoSameTemplateIdTwice`)?.faultsOf(twice).length, 1);
  assert.equal(checks.get(`${schema}: AllFilesAreYamls`)?.faultsOf(stray).length, 1);
  const planted = new Set([
    ...mistakes.map(({ check }) => check),
    `${schema}: NoSameTemplateIdTwice`,
    `${schema}: AllFilesAreYamls`,
  ]);
  assert.deepEqual(
    [...checks.keys()].filter((name) => !planted.has(name)),
    [],
  );
});

test('the template leads nowhere into the void, and makes the package, a template of each part and the functions', () => {
  const { faults, resources } = deploy(JSON.parse(templateOf(null)), { workspace: 'main' }, place, new Map());
  assert.deepEqual(faults, []);
  const count = (ending: string) => resources.filter(({ type }) => type.endsWith(ending)).length;
  assert.deepEqual(['contentPackages', 'contentTemplates', 'savedSearches'].map(count), [
    1,
    rules.length + parsers.length + 1,
    parsers.length,
  ]);
  const made = resources.find(({ type }) => type.endsWith('contentPackages'));
  const needed = list(members(members(made?.body.properties).dependencies).criteria).map(members);
  const offered = resources
    .filter(({ type }) => type.endsWith('contentTemplates'))
    .map(({ body }) => members(body.properties));
  assert.deepEqual(
    needed.map(({ kind, contentId, version }) => [kind, contentId, version]),
    offered.map(({ contentKind, contentId, version }) => [contentKind, contentId, version]),
  );
  assert.equal(new Set(offered.map(({ contentProductId }) => contentProductId)).size, offered.length);
});

test('what is in the templates are the rules and the workbook as they are, none of which runs by itself', () => {
  const solution = new SolutionFiles(published());
  const { resources } = deploy(solution.template, { workspace: 'main' }, place, new Map());
  const inner = resources
    .flatMap(({ body }) => list(members(members(body.properties).mainTemplate).resources))
    .map(members);
  const of = (type: string) => inner.filter((each) => each.type === type).map(({ properties }) => members(properties));
  const templates = of('Microsoft.SecurityInsights/AlertRuleTemplates');
  assert.deepEqual(
    templates.map(({ query, enabled }) => [query, enabled]),
    rules.map(({ query }) => [query, false]),
  );
  const [{ serializedData } = {}] = of('Microsoft.Insights/workbooks');
  const { fallbackResourceIds: _, ...whole } = JSON.parse(workbook.text) as Record<string, unknown>;
  assert.deepEqual(JSON.parse(String(serializedData)), whole);
});

test('the sources say what the template says', () => {
  const solution = new SolutionFiles(published());
  const texts = solution.rules.map(({ rule }) => [rule.name, rule.query, rule.version]);
  assert.deepEqual(
    texts,
    rules.map(({ name, query, version }) => [name, `${query}\n`, version]),
  );
  const functions = solution.parsers.map(({ parser }) => [parser.FunctionName, parser.FunctionQuery]);
  assert.deepEqual(
    functions,
    parsers.map(({ alias, query }) => [alias, `${query}\n`]),
  );
  const [[, data = '{}'] = []] = solution.of('/Data/');
  const { 'Analytic Rules': ruleFiles, Parsers, Workbooks, Version } = JSON.parse(data) as Record<string, string[]>;
  for (const path of [ruleFiles, Parsers, Workbooks].flat()) assert.equal(solution.of(`/${path}`).length, 1, path);
  assert.equal(Version, about.version);
});

test('an id never changes: in workspaces rules were made of it', () => {
  const ids = Object.fromEntries(
    [...rules, ...parsers].map((each) => ['id' in each ? each.id : each.alias, each.guid]),
  );
  assert.deepEqual(ids, {
    'connector-in-error': 'a06d22fe-e160-56cb-aac9-7bbcbd381ace',
    'no-health-records': '32d06740-e6eb-5fe1-864d-dcdc4d53c46e',
    'no-rows': '37778582-c684-5cdc-b688-827e04e5755a',
    'admin-role-out-of-hours': '70faa2cd-a3e4-5925-8f04-50d5f243f58e',
    'push-fatigue': 'd8664295-0353-552c-be08-8c072b54025c',
    'new-api-token-maker': '66a426b4-7686-57e1-a247-d294e0b944b4',
    'defence-switched-off': '4a705014-709c-5e88-9b73-d74c919a30ab',
    'risky-sign-in': 'e93042dc-45bf-5024-bb20-14d2b4bb8610',
    'session-in-two-countries': '0a050e2f-b285-5e9f-bf91-b5d7f9e96831',
    'support-access': '959d4234-08bf-5c07-9ead-c147877fcac1',
    OktaSystemLogsDistinct: 'd597c9c7-fb01-5664-9018-d6e5bbeb72d4',
    PatchbayOktaSSO: '2c7dfc93-e9d7-5e4a-9c64-c8979659b40b',
    vimAuthenticationOktaPatchbay: '5cb81768-0304-56a1-8a4f-ae1881fe5e99',
    ASimAuthenticationOktaPatchbay: 'cb1fbe24-d00d-56c6-af6c-94bceda05a05',
  });
  assert.deepEqual(Object.keys(about.versions).sort(), ['workbook', ...rules.map(({ id }) => id)].sort());
});

test('what is kept is what npm run solution makes', async () => {
  assert.deepEqual(
    JSON.parse(await read('solution/mainTemplate.json')),
    JSON.parse(templateOf(null)),
    'npm run solution',
  );
  assert.deepEqual(
    JSON.parse(await read('solution/createUiDefinition.json')),
    JSON.parse(formOf(null)),
    'npm run solution',
  );
});

test('for one’s own workspaces all passes but for who helps', () => {
  const files = published();
  for (const [path, text] of [
    [zipped.files[0], formOf(null)],
    [zipped.files[1], templateOf(null)],
  ] as const)
    files.set(path ?? '', text);
  const failing = [...checks].filter(([, { faultsOf }]) => faultsOf(new SolutionFiles(files)).length > 0);
  assert.deepEqual(
    failing.map(([name]) => name),
    ['Solution: IsValidSupportObject'],
  );
});

const scratch = await mkdtemp(join(tmpdir(), 'patchbay-solution-'));
after(() => rm(scratch, { recursive: true }));

function run(...args: string[]): Promise<{ code: number; stderr: string }> {
  return new Promise((done) => {
    execFile(
      process.execPath,
      [join(root, 'deploy/solution.ts'), ...args],
      { env: { TZ: 'UTC' } },
      (error, _, stderr) => done({ code: Number(error?.code ?? 0), stderr }),
    );
  });
}

test('who publishes gets the folders, and a zip of template and form that is the same each time', async () => {
  const who = ['--publisher-id', 'patchbay', '--publisher-name', 'Patchbay', '--support-email', 'help@example.com'];
  const all = [...who, '--support-link', 'https://example.com/help', '--first-published', '2026-12-31'];
  const zips = [];
  for (const name of ['one', 'two']) {
    const out = join(scratch, name);
    assert.equal((await run('--publish', ...all, '--out', out)).code, 0);
    zips.push(await readFile(join(out, zipped.path)));
  }
  assert.deepEqual(zips[0], zips[1]);
  const inside = Object.entries(unzipSync(zips[0] ?? new Uint8Array())).map(([name, data]) => [
    name,
    Buffer.from(data).toString(),
  ]);
  assert.deepEqual(inside, [
    ['createUiDefinition.json', formOf(publisher)],
    ['mainTemplate.json', templateOf(publisher)],
  ]);
  const made = (await readdir(join(scratch, 'one'), { recursive: true, withFileTypes: true })).filter((each) =>
    each.isFile(),
  );
  assert.equal(made.length, sourcesOf(publisher).size + 1);
});

test('who publishes without saying who he is gets nothing, and hears all that is missing', async () => {
  const out = join(scratch, 'none');
  const { code, stderr } = await run('--publish', '--support-email', 'help', '--out', out);
  assert.equal(code, 1);
  for (const option of ['publisher-id', 'publisher-name', 'support-email', 'first-published'])
    assert.match(stderr, new RegExp(`--${option} must`));
  assert.equal((await readdir(scratch)).includes('none'), false);
  assert.deepEqual(
    publisherOf({ 'publisher-id': 'A.b', 'publisher-name': 'P', 'support-link': 'x', 'first-published': '1' }),
    [
      '--publisher-id must be the id that Partner Center gave, in small letters.',
      '--support-link must be an address with https://.',
      '--first-published must be the day of the first publication, such as 2026-12-31.',
    ],
  );
});

test('the manual says how it is deployed, and what is left to who publishes', async () => {
  const manual = await read('README.md');
  for (const words of ['deploy/solution/mainTemplate.json', 'npm run solution -- --publish'])
    assert.ok(manual.includes(words), words);
  for (const name of ['publisher-id', 'publisher-name', 'support-email', 'support-link', 'first-published'])
    assert.ok(manual.includes(`--${name}`), name);
});

test('a check that is left out has its reason, and is not among those that are made', () => {
  for (const [name, reason] of elsewhere) {
    assert.ok(reason.length > 20, name);
    assert.equal(checks.has(name), false, name);
  }
});
