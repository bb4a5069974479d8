import { readFileSync } from 'node:fs';
import columns from '../columns.json' with { type: 'json' };
import healthColumns from '../health-columns.json' with { type: 'json' };
import { formOf } from './form.ts';
import { authorOf, picture, supportOf } from './frame.ts';
import { about, filledOf, type Publisher, parsers, rules, tables, workbook } from './parts.ts';
import { templateOf } from './template.ts';
import { description } from './words.ts';
import { type Yaml, yamlOf } from './yaml.ts';

const home = `Solutions/${about.name}`;
const logo = readFileSync(new URL('patchbay.svg', import.meta.url), 'utf8');
const previews = [`${workbook.file}Black.png`, `${workbook.file}White.png`];

/**
 * Every file that the content hub's repository takes, by its path there. What is not in it: the pictures of the workbook, two for
 * each that has data to show, and the zip, which `zipped` makes of the two in `Package`. Source: github.com/Azure/Azure-Sentinel,
 * Solutions/README.md and Tools/Create-Azure-Sentinel-Solution/V3/README.md.
 */
export function sourcesOf(publisher: Publisher): Map<string, string> {
  return new Map([
    ...rules.map((rule) => [`${home}/Analytic Rules/${rule.file}.yaml`, ruleYaml(rule)] as const),
    ...parsers.map((parser) => [`${home}/Parsers/${parser.alias}.yaml`, parserYaml(parser)] as const),
    [`${home}/Workbooks/${workbook.file}.json`, workbook.text],
    [`${home}/Data/Solution_Patchbay.json`, json(dataOf(publisher))],
    [`${home}/SolutionMetadata.json`, json(metadataOf(publisher))],
    [`${home}/ReleaseNotes.md`, notesOf(publisher)],
    [`${home}/Package/mainTemplate.json`, templateOf(publisher)],
    [`${home}/Package/createUiDefinition.json`, formOf(publisher)],
    ['Logos/patchbay.svg', logo],
    ['Workbooks/Images/Logos/patchbay.svg', logo],
    ['Workbooks/WorkbooksMetadata.json', json([workbookMetadata])],
    ...[columns, healthColumns].map((each, index) => tableFile(tables[index]?.table ?? '', each)),
    ...parsers.map(({ alias, parameters }) => functionFile(alias, parameters)),
  ]);
}

/** Where the zip goes, and which two files are in it. */
export const zipped = {
  path: `${home}/Package/${about.version}.zip`,
  files: ['createUiDefinition.json', 'mainTemplate.json'].map((name) => `${home}/Package/${name}`),
};

const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`;

function ruleYaml(rule: (typeof rules)[number]): string {
  const { triggerThreshold, eventGroupingSettings, incidentConfiguration, ...properties } = filledOf(rule);
  return yamlOf({
    id: rule.guid,
    name: rule.name,
    description: rule.description,
    severity: rule.severity,
    status: 'Available',
    requiredDataConnectors: [],
    queryFrequency: shortTime(rule.every),
    queryPeriod: shortTime(rule.looksBack),
    triggerOperator: 'gt',
    triggerThreshold,
    tactics: rule.tactics,
    relevantTechniques: rule.techniques,
    query: rule.query,
    ...('entityMappings' in properties ? { entityMappings: properties.entityMappings } : {}),
    ...('customDetails' in properties ? { customDetails: properties.customDetails } : {}),
    eventGroupingSettings,
    incidentConfiguration,
    version: rule.version,
    kind: 'Scheduled',
  });
}

/** `PT15M` as `15m`, `P2D` as `2d`. */
const shortTime = (duration: string) => duration.replace(/^PT?/, '').toLowerCase();

function parserYaml({ guid, displayName, version, alias, description, parameters, query }: (typeof parsers)[number]) {
  return yamlOf({
    id: guid,
    Function: { Title: displayName, Version: version },
    Category: 'Patchbay',
    FunctionName: alias,
    FunctionAlias: alias,
    Description: description,
    ...(parameters ? { FunctionParams: parametersOf(parameters) } : {}),
    // A block of one line only is none that is read as one.
    FunctionQuery: `${query}\n`,
  });
}

/** `a:int=1, b:string='*'`, one by one; a text without its quotes. */
function parametersOf(text: string): { [name: string]: Yaml }[] {
  return text.split(', ').map((each) => {
    const [, name = '', type = '', value = ''] = /^(\w+):(\w+)=(.*)$/.exec(each) ?? [];
    return { Name: name, Type: type, Default: type === 'string' ? value.slice(1, -1) : value };
  });
}

function dataOf(publisher: Publisher) {
  return {
    Name: about.name,
    Author: authorOf(publisher),
    Logo: picture,
    Description: description,
    'Analytic Rules': rules.map(({ file }) => `Analytic Rules/${file}.yaml`),
    Workbooks: [`Workbooks/${workbook.file}.json`],
    WorkbookDescription: [workbook.description],
    Parsers: parsers.map(({ alias }) => `Parsers/${alias}.yaml`),
    Metadata: 'SolutionMetadata.json',
    BasePath: `C:\\GitHub\\Azure-Sentinel\\Solutions\\${about.name}`,
    Version: about.version,
    TemplateSpec: true,
    Is1PConnector: false,
  };
}

function metadataOf(publisher: Publisher) {
  return {
    publisherId: publisher.id,
    offerId: about.offerId,
    firstPublishDate: publisher.firstPublished,
    providers: ['Patchbay'],
    categories: { domains: about.categories },
    support: supportOf(publisher),
  };
}

function notesOf({ firstPublished }: Publisher): string {
  const day = firstPublished.split('-').reverse().join('-');
  return [
    '| **Version** | **Date Modified (DD-MM-YYYY)** | **Change History** |',
    '|-------------|--------------------------------|--------------------|',
    `| ${about.version} | ${day} | ${about.changes.join(' <br> ')} |`,
    '',
  ].join('\n');
}

/** To be added to the list that is there. */
const workbookMetadata = {
  workbookKey: workbook.key,
  logoFileName: 'patchbay.svg',
  description: workbook.description,
  dataTypesDependencies: tables.map(({ table }) => table),
  dataConnectorsDependencies: [],
  previewImagesFileNames: previews,
  version: workbook.version,
  title: workbook.title,
  templateRelativePath: `${workbook.file}.json`,
  subtitle: workbook.subtitle,
  provider: 'Patchbay',
};

/** What the check of queries is told of a table, and of a function that others call: types have names of .NET there. */
const types = new Map([
  ['dateTime', 'DateTime'],
  ['datetime', 'DateTime'],
  ['string', 'String'],
  ['dynamic', 'Dynamic'],
  ['int', 'Int'],
  ['real', 'Real'],
  ['boolean', 'Boolean'],
  ['bool', 'Boolean'],
]);
const checked = '.script/tests/KqlvalidationsTests';
const standard = ['TenantId', 'Type', '_ResourceId'].map((Name) => ({ Name, Type: 'String' }));

function tableFile(name: string, of: readonly { name: string; type: string }[]): [string, string] {
  const Properties = [...of.map((each) => ({ Name: each.name, Type: types.get(each.type) ?? each.type })), ...standard];
  return [`${checked}/CustomTables/${name}.json`, json({ Name: name, Properties })];
}

function functionFile(alias: string, parameters: string): [string, string] {
  const FunctionParameters = (parameters ? parametersOf(parameters) : []).map(({ Name, Type }) => ({
    Name: String(Name),
    Type: types.get(String(Type)) ?? String(Type),
    IsRequired: false,
  }));
  const FunctionResultColumns = [{ Name: 'TimeGenerated', Type: 'DateTime' }, ...standard.slice(0, 2)];
  return [
    `${checked}/CustomFunctions/${alias}.json`,
    json({ FunctionName: alias, FunctionParameters, FunctionResultColumns }),
  ];
}
