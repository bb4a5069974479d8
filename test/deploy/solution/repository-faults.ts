import { savedFunctions } from '../../../ingestion/azure/resources/functions.ts';
import { compileQuery } from '../../sims/kql.ts';
import { ruleSchema } from '../queried.ts';
import { type Json, list, members } from '../template.ts';

/** Of the files with this ending, those that can’t be read, and why. */
export function refused(files: ReadonlyMap<string, string>, ending: string, read: (text: string) => unknown): string[] {
  return [...files]
    .filter(([path]) => path.endsWith(ending))
    .flatMap(([path, text]) => {
      try {
        read(text);
        return [];
      } catch (error) {
        return [`${path}: ${(error as Error).message}`];
      }
    });
}

/** What is wrong with a logo. */
export function logoFaults(path: string, text: string): string[] {
  const ids = [...text.matchAll(/id="([^"]*)"/g)].map(([, id = '']) => id);
  return [
    ...(path.endsWith('.svg') ? [] : [`${path} is no .svg`]),
    ...(text.length > 5000 ? [`${path} is larger than 5 kB`] : []),
    ...['style=', 'cls=', 'xmlns:xlink', 'data-name', 'xlink:href', '<title>', '<image']
      .filter((each) => text.includes(each))
      .map((each) => `${path} has ${each}`),
    ...ids
      .filter((id) => !/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id))
      .map((id) => `${path}: ${id} is no GUID`),
  ];
}

const needed = [
  'workbookKey',
  'logoFileName',
  'description',
  'dataTypesDependencies',
  'dataConnectorsDependencies',
  'previewImagesFileNames',
  'version',
  'title',
  'templateRelativePath',
  'subtitle',
  'provider',
];

/** What is wrong with the list of workbooks. */
export function workbookFaults(text: string): string[] {
  const all = list(JSON.parse(text) as Json).map(members);
  const keys = all.map(({ workbookKey }) => workbookKey);
  return [
    ...keys.filter((key, at) => keys.indexOf(key) !== at).map((key) => `${key} is there twice`),
    ...all.flatMap((each) => {
      const names = list(each.previewImagesFileNames).map(String);
      return [
        ...needed.filter((name) => !(name in each)).map((name) => `${name} is missing`),
        ...Object.keys(each)
          .filter((name) => !needed.includes(name))
          .map((name) => `${name} is unknown`),
        ...names
          .filter((name) => !/(?:black|white).*\.png$/i.test(name))
          .map((name) => `${name} is no picture on black or white`),
        ...['black', 'white']
          .filter((on) => !names.some((name) => name.toLowerCase().includes(on)))
          .map((on) => `no picture on ${on}`),
      ];
    }),
  ];
}

/** Source: github.com/Azure/Azure-Sentinel, .script/SolutionValidations/ValidDomainsVerticals.json, those that could be ours. */
export const validDomains = new Set([
  'Application',
  'Identity',
  'IT Operations',
  'Security - Others',
  'Security - Threat Protection',
]);

/** The domains of the package. */
export function categoriesOf(resources: { [name: string]: Json }[]): Json[] {
  const found = resources.find(({ type }) => String(type).endsWith('/contentPackages'));
  return list(members(members(found?.properties).categories).domains);
}

/** What is wrong with what is said of who helps. */
export function supportFaults(support: Json): string[] {
  const { name, email, link } = members(support);
  return [
    ...(String(name ?? '').trim() ? [] : ['support has no name']),
    ...(email || link ? [] : ['support has neither e-mail nor address']),
    ...(email && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(String(email)) ? [`${email} is no e-mail`] : []),
    ...(link && !/^https?:\/\/\S+$/.test(String(link)) ? [`${link} is no address`] : []),
  ];
}

/** Why Microsoft's parser refuses a query, if it does. */
export function queryFaults(path: string, query: string): string[] {
  try {
    compileQuery(query, ruleSchema, savedFunctions);
    return [];
  } catch (error) {
    return [`${path}: ${(error as Error).message}`];
  }
}

/** A function is tried by a call of it without arguments. */
export function parserFaults(path: string, parser: { [name: string]: Json }): string[] {
  const alias = String(parser.FunctionName);
  const parameters = list(parser.FunctionParams)
    .map(members)
    .map(({ Name, Type, Default }) =>
      Type === 'string' ? `${Name}:string='${Default}'` : `${Name}:${Type}=${Default}`,
    );
  const own = { alias, parameters: parameters.join(', '), query: String(parser.FunctionQuery) };
  const others = savedFunctions.filter((each) => each.alias !== alias);
  try {
    compileQuery(alias, ruleSchema, [...others, own]);
    return [];
  } catch (error) {
    return [`${path}: ${(error as Error).message}`];
  }
}
