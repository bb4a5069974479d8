import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { AuthenticationConstants, GovernmentConstants } from 'botframework-connector';
import { teamsHosts } from '../../bot/teams/activity-check.ts';
import { type CloudName, clouds } from '../../ingestion/runtime/clouds.ts';

const text = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const host = (url: string) => new URL(url).host;
const names = Object.keys(clouds) as CloudName[];

/** The hosts that the manual says to allow, by cloud; a star stands for what comes before a domain. */
function allowedHosts(): Map<CloudName, string[]> {
  const found = /^\| For \|(.*)\|\n\|[-|]+\|\n((?:\|.*\n)+)/m.exec(text('deploy/README.md'));
  const [, head = '', body = ''] = found ?? [];
  const columns = head.split('|').map((cell) => /`(\w+)`/.exec(cell)?.[1] ?? 'public');
  assert.deepEqual(columns, names, 'a column for each cloud');
  const rows = body
    .trim()
    .split('\n')
    .map((row) => row.split('|').slice(2, -1));
  const hostsIn = (cell = '') => [...cell.matchAll(/`([^`\s]*\.[^`\s]*)`/g)].map(([, each = '']) => each);
  return new Map(names.map((name, at) => [name, rows.flatMap((row) => hostsIn(row[at]))]));
}

test('the manual lists every host that the app calls, for each cloud', () => {
  const allowed = allowedHosts();
  const keysOfTeams: Record<CloudName, string> = {
    public: AuthenticationConstants.ToBotFromChannelOpenIdMetadataUrl,
    usgovernment: GovernmentConstants.ToBotFromChannelOpenIdMetadataUrl,
    china: /ToBotFromChannelOpenIdMetadataUrl: '(.+)'/.exec(text('bot/teams/adapter.ts'))?.[1] ?? '',
  };
  for (const name of names) {
    const { authority, manager, monitor, logs, vaults } = clouds[name];
    const whole = [authority, manager, logs, keysOfTeams[name]].map(host);
    for (const each of [...whole, `*.ingest.${host(monitor)}`, `*.${vaults}`]) {
      assert.ok(allowed.get(name)?.includes(each), `${name}: ${each}`);
    }
  }
});

test('the manual lists every host to which the gate lets posts to Teams go', () => {
  const allowed = allowedHosts();
  for (const name of names) for (const each of teamsHosts[name]) assert.ok(allowed.get(name)?.includes(each), each);
});

// Who signs the tokens of Teams, for whom tokens are asked, where the SDK would sign users in, which Patchbay never does, and
// the portal, to which cards link.
const unasked = /^(api|token)\.botframework\.|^botframework\.azure\.us$|^portal\.azure\./;

test('no host stands in the code that the manual does not list, unless it is never called', () => {
  const audiences = Object.values(clouds).flatMap(({ monitor, databases }) => [host(monitor), host(databases)]);
  const all = [...allowedHosts().values()].flat();
  const written = ['bot', 'ingestion'].flatMap((folder) =>
    readdirSync(new URL(`../../${folder}`, import.meta.url), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => [...text(`${folder}/${file}`).matchAll(/['`]https:\/\/([a-z0-9.-]+\.[a-z]+)\b/g)])
      .map(([, each = '']) => each),
  );
  assert.ok(written.length > 20, `${written.length} hosts`);
  const missed = written.filter((each) => !audiences.includes(each) && !unasked.test(each) && !all.includes(each));
  assert.deepEqual(missed, []);
});
