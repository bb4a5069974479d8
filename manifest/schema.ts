import type { Fault } from './check.ts';

type Validator = { AppManifestUtils: { validateAgainstSchema(manifest: unknown): Promise<string[]> } };

/**
 * What Microsoft's own schema finds wrong, without the network; null where its package, which is for development only, is
 * not installed. `$schema` must be one that the package has: for any other it would ask the internet.
 */
export async function schemaFaults(manifest: unknown): Promise<Fault[] | null> {
  const found = await validator();
  if (!found) return null;
  return (await found.AppManifestUtils.validateAgainstSchema(manifest)).map(inWords);
}

async function validator(): Promise<Validator | null> {
  const name: string = '@microsoft/app-manifest';
  try {
    return (await import(name)) as Validator;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return null;
    throw error;
  }
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
