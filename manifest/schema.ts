import { AppManifestUtils, type TeamsManifest } from '@microsoft/app-manifest';
import type { Fault } from './check.ts';

/**
 * What Microsoft's own schema finds wrong, without the network. `$schema` must be one that the package has: for any other it
 * would ask the internet.
 */
export async function schemaFaults(manifest: unknown): Promise<Fault[]> {
  return (await AppManifestUtils.validateAgainstSchema(manifest as TeamsManifest)).map(inWords);
}

/** From `/name/short must NOT have more than 30 characters. Details: {"limit":30}`. */
function inWords(line: string): Fault {
  const [said = '', details = '{}'] = line.split('. Details: ');
  const space = said.indexOf(' ');
  const { additionalProperty: unknown } = JSON.parse(details) as { additionalProperty?: string };
  const at = unknown === undefined ? said.slice(0, space) : `${said.slice(0, space)}/${unknown}`;
  if (unknown !== undefined) return { at, says: `The schema of Teams knows no ${at.slice(1)}.` };
  return { at, says: `The schema of Teams says: ${at.slice(1) || 'the manifest'} ${said.slice(space + 1)}.` };
}
