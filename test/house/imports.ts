import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';

/** What each file imports: paths from the top of the project, or names of packages. */
export type Imports = Map<string, string[]>;

/** The rooms of the house from the ground up: each may import what stands below it, and its own. */
const floors: string[][] = [
  ['ingestion/reasons'],
  ['ingestion/errors'],
  ['ingestion/retry'],
  ['ingestion/runtime'],
  ['ingestion/store'],
  ['ingestion/connector', 'ingestion/okta'],
  ['ingestion/judgement'],
  ['ingestion/azure'],
  ['ingestion/secrets'],
  ['ingestion/monitoring'],
  ['ingestion/sync', 'ingestion/provisioning'],
  ['ingestion/jobs'],
  ['cards/kit'],
  ['cards/words'],
  ['cards/messages', 'cards/dialogs'],
  ['bot/config', 'bot/backend'],
  ['bot/teams'],
  ['bot/authorization'],
  ['bot/commands', 'bot/dialogs'],
  ['bot/teams-bot'],
  ['bot/http'],
  ['bot/app'],
  ['bot/start'],
  ['bot/index', 'bot/cli', 'manifest'],
];

/** Rooms of ingestion that cards may know, for types and pure functions of the record. */
const knownToCards = ['reasons', 'errors', 'connector', 'okta', 'azure', 'provisioning'].map(
  (room) => `ingestion/${room}`,
);
/** Packages that only the bot speaks to Teams with. */
const ofTeams = /^(botbuilder|botframework-connector|restify|adaptivecards-templating)$/;

/** Reads the imports of all files below these folders, type imports and dynamic ones included. */
export function importsOf(folders: string[]): Imports {
  const root = new URL('../../', import.meta.url);
  const files = folders.flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `${folder}/${file}`),
  );
  return new Map(files.map((file) => [file, importsIn(file, readFileSync(new URL(file, root), 'utf8'))]));
}

function importsIn(file: string, text: string): string[] {
  const found = text.matchAll(/(?:^import\s|^export\s[^;]*?\sfrom\s|\bimport\()[^;'`]*['`]([^'`]+)['`]/gm);
  return [...found].map(([, target = '']) =>
    target.startsWith('.') ? posix.join(posix.dirname(file), target) : target,
  );
}

/** The room that a file is in: a folder, or a file that stands by itself. */
export function roomOf(path: string): string {
  const [floor = '', room = ''] = path.split('/');
  return floor === 'manifest' ? floor : `${floor}/${room.replace(/\.ts$/, '')}`;
}

/** Every import that goes up, sideways, into a room that is not in the plan, or to what its floor may not know. */
export function faultsOf(imports: Imports): string[] {
  return [...imports].flatMap(([from, targets]) =>
    targets.filter((to) => !mayImport(from, to)).map((to) => `${from} imports ${to}`),
  );
}

function mayImport(from: string, to: string): boolean {
  const room = roomOf(from);
  const height = heightOf(room);
  if (height < 0) return false;
  if (!/^(bot|cards|ingestion|manifest|test|deploy)\//.test(to))
    return !(room.startsWith('ingestion/') && ofTeams.test(to));
  if (/^(test)\//.test(to)) return false;
  if (!to.endsWith('.ts')) return true;
  const other = roomOf(to);
  if (other === room) return true;
  if (room.startsWith('cards/') && other.startsWith('ingestion/')) return knownToCards.includes(other);
  return heightOf(other) >= 0 && heightOf(other) < height;
}

function heightOf(room: string): number {
  return floors.findIndex((rooms) => rooms.includes(room));
}

/** The circles in which files, or rooms, import each other: each once, from the first name on. */
export function circlesIn(imports: Imports): string[] {
  const circles = new Set<string>();
  const done = new Set<string>();
  const walk = (at: string, path: string[]) => {
    const before = path.indexOf(at);
    if (before >= 0) {
      circles.add([...path.slice(before), at].join(' -> '));
      return;
    }
    if (done.has(at)) return;
    for (const to of new Set(imports.get(at) ?? [])) walk(to, [...path, at]);
    done.add(at);
  };
  for (const from of [...imports.keys()].sort()) walk(from, []);
  return [...circles];
}
