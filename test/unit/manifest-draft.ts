import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fill, readPlaceholders } from '../../manifest/fill.ts';

/** Where the manifest is, and an app id for it. */
export const folder = join(import.meta.dirname, '../../manifest');
export const appId = '11111111-2222-4333-8444-555555555555';
type Bot = { botId: string; scopes: string[]; commandLists: { scopes: string[]; commands: Command[] }[] };
type ExtensionCommand = { id: string; description: string; triggers: string[] };
type Extension = { botId: string; commands: [ExtensionCommand, ExtensionCommand, ...ExtensionCommand[]] };
export type Command = { title: string; description: string };
export type Manifest = {
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
  composeExtensions: [Extension, ...Extension[]];
  permissions: string[];
  validDomains: string[];
} & Record<string, unknown>;

/** A manifest before it is packed, its list of commands, and the files beside it. */
export type Draft = { manifest: Manifest; list: Command[]; files: Map<string, Buffer> };

/** The manifest of the project, filled, to be changed at will. */
export async function draft(): Promise<Draft> {
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
