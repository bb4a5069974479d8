import { list, members } from '../template.ts';
import type { SolutionFiles } from './files.ts';
import {
  categoriesOf,
  logoFaults,
  parserFaults,
  queryFaults,
  refused,
  supportFaults,
  validDomains,
  workbookFaults,
} from './repository-faults.ts';
import { structureFaults } from './rule-structure.ts';
import { readYaml } from './yaml.ts';

/** What a check wants, where it is published, and what is wrong with a solution by it, as we read it. */
export type Check = { wants: string; source: string; faultsOf(solution: SolutionFiles): string[] };

const scripts = 'github.com/Azure/Azure-Sentinel, .script';
const lower = /^[^.A-Z]+\.[^.A-Z]+$/;

/**
 * The checks of the repository that the content hub takes solutions from, by the names that it gives them
 * (`.script/local-validation/README.md`), those of whose that can be done without it.
 */
export const repositoryChecks = new Map<string, Check>([
  [
    'JSON Syntax',
    {
      wants: 'each .json file is JSON',
      source: `${scripts}/jsonFileValidator.ts`,
      faultsOf: ({ all }) => refused(all, '.json', (text) => JSON.parse(text)),
    },
  ],
  [
    'YAML Syntax',
    {
      wants: 'each .yaml file is YAML',
      source: `${scripts}/yamlFileValidator.ts`,
      faultsOf: ({ all }) => refused(all, '.yaml', readYaml),
    },
  ],
  [
    'Content (MS Branding)',
    {
      wants: 'no description says Azure Sentinel',
      source: `${scripts}/contentValidator.ts`,
      faultsOf: (solution) =>
        [...solution.of('/Data/'), ...solution.of('createUiDefinition')]
          .filter(([, text]) => /azure sentinel/i.test(text))
          .map(([path]) => `${path} says Azure Sentinel`),
    },
  ],
  [
    'Logo',
    {
      wants: 'an SVG of at most 5 kB without styles, links, titles or pictures, whose ids are GUIDs',
      source: `${scripts}/utils/LogoChecker`,
      faultsOf: (solution) => solution.of('Logos/').flatMap(([path, text]) => logoFaults(path, text)),
    },
  ],
  [
    'Workbook Template',
    {
      wants: 'a workbook that is of no template of a user, and names no subscription',
      source: `${scripts}/utils/workbookCheckers/workbookTemplateCheckers`,
      faultsOf: (solution) =>
        solution
          .of('/Workbooks/Patchbay')
          .flatMap(([path, text]) => [
            ...(/"fromTemplateId": "sentinel-UserWorkbook"/.test(text) ? [`${path} is of a user's template`] : []),
            ...(/subscriptions\/[0-9a-f]{8}-/i.test(text) ? [`${path} names a subscription`] : []),
          ]),
    },
  ],
  [
    'Workbook Metadata',
    {
      wants: 'each member that is needed, and no other; a picture of it on black and one on white',
      source: `${scripts}/utils/schemas/workbooksMetadataSchema.json, ${scripts}/utils/workbookCheckers`,
      faultsOf: (solution) => solution.of('WorkbooksMetadata').flatMap(([, text]) => workbookFaults(text)),
    },
  ],
  [
    'Documents Link',
    {
      wants: 'no address of a document with its language',
      source: `${scripts}/documentsLinkValidator.ts`,
      faultsOf: ({ all }) =>
        [...all]
          .filter(([, text]) => /https:\/\/(?:docs|azure|learn)\.microsoft\.com\/[a-z]{2}-[a-z]{2}\b/i.test(text))
          .map(([path]) => `${path} has a language in an address`),
    },
  ],
  [
    'Solution: IsValidSolutionDomainsVerticals',
    {
      wants: 'one or more of the domains that there are',
      source: `${scripts}/SolutionValidations/validDomainsVerticals.ts`,
      faultsOf: ({ resources }) => {
        const domains = categoriesOf(resources);
        if (domains.length === 0) return ['there is no domain'];
        return domains.filter((each) => !validDomains.has(String(each))).map((each) => `there is no domain ${each}`);
      },
    },
  ],
  [
    'Solution: IsValidSupportObject',
    {
      wants: 'who helps, and an e-mail or an address that are well formed',
      source: `${scripts}/SolutionValidations/validSupportObject.ts`,
      faultsOf: ({ resources, innerResources }) =>
        [...resources, ...innerResources]
          .filter(({ type }) => /\/(?:metadata|contentPackages)$/.test(String(type)))
          .flatMap(({ properties }) => supportFaults(members(properties).support ?? null)),
    },
  ],
  [
    'Solution: IsValidBrandingContent',
    {
      wants: 'Sentinel is called Microsoft Sentinel',
      source: `${scripts}/SolutionValidations/validMSBranding.ts`,
      faultsOf: ({ templateText, formText }) =>
        [templateText, formText].flatMap((text) =>
          [...text.matchAll(/(?<!Microsoft\s)(?<!-)\bSentinel\b/g)].map(({ index }) => `Sentinel alone at ${index}`),
        ),
    },
  ],
  [
    'Solution: IsValidSolutionID',
    {
      wants: 'publisher and offer in small letters, with a point between them',
      source: `${scripts}/SolutionValidations/validSolutionID.ts`,
      faultsOf: ({ template }) => {
        const { solutionId } = members(template.variables);
        return lower.test(String(solutionId ?? '')) ? [] : [`solutionId can't be ${solutionId}`];
      },
    },
  ],
  [
    'KQL Validation',
    {
      wants: "the queries of rules and parsers are valid by Microsoft's parser",
      source: `${scripts}/tests/KqlvalidationsTests/KqlValidationTests.cs`,
      faultsOf: (solution) => [
        ...solution.rules.flatMap(({ path, rule }) => queryFaults(path, String(rule.query))),
        ...solution.parsers.flatMap(({ path, parser }) => parserFaults(path, parser)),
      ],
    },
  ],
  [
    'Detection Template Schema: HasValidTemplateStructure',
    {
      wants: 'each member of a rule that is needed, within its bounds',
      source: `${scripts}/tests/detectionTemplateSchemaValidation/Models`,
      faultsOf: ({ rules }) =>
        rules.flatMap(({ path, rule }) => structureFaults(rule).map((fault) => `${path}: ${fault}`)),
    },
  ],
  [
    'Detection Template Schema: HasValidConnectorIds',
    {
      wants: 'a rule asks for no data connector that is not known; ours ask for none',
      source: `${scripts}/tests/detectionTemplateSchemaValidation/DetectionTemplateSchemaValidationTests.cs`,
      faultsOf: ({ rules }) =>
        rules
          .filter(({ rule }) => list(rule.requiredDataConnectors).length > 0)
          .map(({ path }) => `${path} asks for a connector`),
    },
  ],
  [
    'Detection Template Schema: AllFilesAreYamls',
    {
      wants: 'nothing but .yaml beside the rules',
      source: `${scripts}/tests/detectionTemplateSchemaValidation/DetectionTemplateSchemaValidationTests.cs`,
      faultsOf: (solution) =>
        solution
          .of('/Analytic Rules/')
          .filter(([path]) => !path.endsWith('.yaml'))
          .map(([path]) => `${path} is no .yaml`),
    },
  ],
  [
    'Detection Template Schema: NoSameTemplateIdTwice',
    {
      wants: 'each rule has an id of its own',
      source: `${scripts}/tests/detectionTemplateSchemaValidation/DetectionTemplateSchemaValidationTests.cs`,
      faultsOf: ({ rules }) => {
        const ids = rules.map(({ rule }) => rule.id);
        return ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `${id} is there twice`);
      },
    },
  ],
  [
    'Non-ASCII',
    {
      wants: 'rules and parsers are written in ASCII',
      source: `${scripts}/tests/NonAsciiValidationsTests/NonAsciiValidationsTests.cs`,
      faultsOf: ({ all }) =>
        [...all]
          .filter(([path, text]) => path.endsWith('.yaml') && /[^\n -~]/.test(text))
          .map(([path]) => `${path} has other letters`),
    },
  ],
]);

/** The others of its checks, and why they are not made here. */
export const elsewhere = new Map([
  ['Data Connector', 'the solution has none: the bot is the connector'],
  [
    'Playbook',
    'the solution has none; of the template that it reads too, the frame is held against the schema in test/published',
  ],
  ['Sample Data', 'the solution has none: it is for connectors'],
  ['ID Change', 'it compares with what was published before; a test of ours keeps the ids instead'],
  ['Solution: IsVersionUpdated', 'it compares with what was published before'],
  ['checkThatTemplatesVersionWasChanged', 'it compares with what was published before'],
  ['Workbook Metadata: image files', 'the pictures need a workbook with data, and are made by who publishes'],
  ['hyperLinkValidator', 'it follows addresses on the internet'],
  ['KqlBestPracticesChecker', 'it only suggests, and is commented out where it is called'],
  ['ARM-TTK: JSONFiles Should Be Valid', 'the same as JSON Syntax'],
  ['psrule-validations', 'it is of another tool, for templates of any kind; its rules are not at hand'],
]);
