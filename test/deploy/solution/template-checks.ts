import { type Json, list, members } from '../template.ts';
import { blanks, entry, type Faults, found } from './faults.ts';
import { type Members, membersIn } from './files.ts';
import type { Check } from './repository-checks.ts';

const source = 'github.com/Azure/arm-ttk, arm-ttk/testcases/deploymentTemplate';

/** The tests of Azure's template toolkit, by their names, that look at what a template of ours has. */
const own: [name: string, wants: string, faultsOf: Faults][] = [
  [
    'DeploymentTemplate Schema Is Correct',
    'a schema of templates that there is',
    ({ template }) =>
      /^https:\/\/schema\.management\.azure\.com\/schemas\/2019-04-01\/deploymentTemplate\.json#$/.test(
        String(template.$schema),
      )
        ? []
        : ['the schema is none'],
  ],
  [
    'Parameters Property Must Exist',
    'parameters, though there were none',
    ({ template }) => (template.parameters ? [] : ['there is no member parameters']),
  ],
  [
    'Parameters Must Be Referenced',
    'each parameter is used',
    ({ template, templateText }) => unused(template.parameters, 'parameters', templateText),
  ],
  [
    'Variables Must Be Referenced',
    'each variable is used',
    ({ template, templateText }) => unused(template.variables, 'variables', templateText),
  ],
  [
    'Location Should Not Be Hardcoded',
    "the parameter location starts as the group's, and no resource says another place",
    ({ template, resources, templateText }) => {
      const { type, defaultValue } = members(members(template.parameters).location);
      const behind = templateText.slice(templateText.indexOf('"variables"'));
      return [
        ...(type === 'string' && defaultValue === '[resourceGroup().location]'
          ? []
          : ['location must start as that of the group']),
        ...(/(?:resourceGroup|deployment)\(\)\.location/i.test(behind)
          ? ['a place is taken besides the parameter']
          : []),
        ...placesOf(resources),
      ];
    },
  ],
  ['Resources Should Have Location', 'a location is an expression', ({ resources }) => placesOf(resources)],
  [
    'Template Should Not Contain Blanks',
    'no empty text, list or object, but for the members that may be empty',
    ({ templateText }) =>
      blanks(templateText, ['resources', 'outputs', 'variables', 'parameters', 'properties', 'defaultValue', 'value']),
  ],
  [
    'IDs Should Be Derived From ResourceIDs',
    'a member that ends in id is made by an expression; contentProductId and id are let off, as the repository does',
    ({ resources }) =>
      membersIn(resources)
        .filter(
          ({ name, path }) =>
            /id$/i.test(name) && !letOff.has(name) && !/\.(?:parameters|outputs|metadata)\./.test(path),
        )
        .filter(
          ({ value }) =>
            typeof value === 'string' &&
            !/^\s*\[\s*(?:extensionResourceId|resourceId|variables|parameters|if|guid)\s*\(/.test(value),
        )
        .filter(({ path }) => !/serializedData/.test(path))
        .map(({ path }) => `${path} is no expression`),
  ],
  [
    'ResourceIds should not contain',
    'no id is made of a concat, or of the group or subscription that it has anyway',
    ({ templateText }) =>
      found(templateText, /(?:resourceId|reference|list\w+)\s*\(\s*(?:concat|resourceGroup|subscription)\s*\(/gi),
  ],
  [
    'Resources Should Not Be Ambiguous',
    'resourceId has a name for each segment of its type',
    ({ templateText }) =>
      [...templateText.matchAll(/\bresourceId\('([^']+)'((?:, ?[^(),]+(?:\([^)]*\))?)*)\)/gi)]
        .filter(([, type = '', names = '']) => type.split('/').length - 1 !== names.split(/, ?/).length - 1)
        .map(([whole]) => `${whole} has not as many names as its type`),
  ],
  [
    'DependsOn Best Practices',
    'nothing depends on an if or a concat',
    ({ resources }) =>
      membersIn(resources)
        .filter(({ name }) => name === 'dependsOn')
        .flatMap(({ value }) =>
          list(value)
            .filter((each) => /^\[\s*(?:if|concat)\s*\(/.test(String(each)))
            .map(String),
        ),
  ],
  [
    'DependsOn Must Not Be Conditional',
    'nothing depends on what may be or not',
    ({ resources }) =>
      membersIn(resources)
        .filter(({ name }) => name === 'dependsOn')
        .flatMap(({ value }) =>
          list(value)
            .filter((each) => /\bif\(/.test(String(each)))
            .map(String),
        ),
  ],
  [
    'DeploymentTemplate Must Not Contain Hardcoded Uri',
    'no host of an Azure of one kind, but for those of schemas',
    ({ templateText }) => found(templateText, hosts),
  ],
  [
    'Expressions May Not Be Used As Parameter Or Variable Names',
    'names are plain',
    ({ template }) =>
      [...Object.keys(members(template.parameters)), ...Object.keys(members(template.variables))].filter((name) =>
        /^\s*\[.*\]\s*$/.test(name),
      ),
  ],
  [
    'Outputs Must Not Contain Secrets',
    'no output lists a key, or is called a password',
    ({ template }) =>
      Object.entries(members(template.outputs))
        .filter(([name, output]) => /password/i.test(name) || /\blist\w+\s*\(/i.test(JSON.stringify(output)))
        .map(([name]) => `${name} may be a secret`),
  ],
  [
    'Min And Max Value Are Numbers',
    'bounds are numbers, and two',
    ({ template }) =>
      Object.entries(members(template.parameters))
        .filter(([, parameter]) => {
          const { minValue, maxValue } = members(parameter);
          return Number.isInteger(minValue ?? 0) && Number.isInteger(maxValue ?? 0)
            ? (minValue === undefined) !== (maxValue === undefined)
            : true;
        })
        .map(([name]) => `${name} has wrong bounds`),
  ],
  [
    'apiVersions Should Be Recent',
    "each version is a day, that which Microsoft's own tool takes; how old it may be is asked of a list and of today",
    ({ resources, innerResources }) =>
      [...resources, ...innerResources]
        .filter(({ type, apiVersion }) => versions.get(String(type)) !== apiVersion)
        .map(({ type, apiVersion }) => `${type} has the version ${apiVersion}`),
  ],
  [
    'Password params must be secure',
    'a parameter that is called a password, a secret or a token is none that can be read',
    ({ template }) =>
      Object.entries(members(template.parameters))
        .filter(
          ([name, parameter]) => /password|secret|token/i.test(name) && members(parameter).type !== 'securestring',
        )
        .map(([name]) => `${name} can be read`),
  ],
  [
    'Secure String Parameters Cannot Have Default',
    'what is kept secret is given',
    ({ template }) =>
      Object.entries(members(template.parameters))
        .filter(([, parameter]) => /^secure/i.test(String(members(parameter).type)) && members(parameter).defaultValue)
        .map(([name]) => `${name} has a value that everybody knows`),
  ],
];

/** Those that look for what a template of ours has none of: virtual machines, other deployments, addresses made of parts. */
const absent: [name: string, of: RegExp][] = [
  ['adminUsername Should Not Be A Literal', /"adminUsername"/],
  ['adminPassword Should Not Be A Literal', /"adminPassword"/],
  ['CommandToExecute Must Use ProtectedSettings For Secrets', /"commandToExecute"/],
  ['Deployment Resources Must Not Be Debug', /"debugSetting"/],
  ['Dynamic Variable References Should Not Use Concat', /variables\(\s*concat\(/],
  ['External Links Must Reference ArtifactsLocation', /"(?:templateLink|packageUri)"|WEBSITE_RUN_FROM_PACKAGE/],
  ['ManagedIdentityExtension must not be used', /ManagedIdentityExtension/],
  ['Parameter Types Should Be Consistent', /Microsoft\.Resources\/deployments"/],
  ['Secure Params In Nested Deployments', /expressionEvaluationOptions/],
  ['Reference Function Must Not Use Preview ApiVersion', /\breference\([^)]*-preview/],
  ['apiVersions Should Be Recent In Reference Functions', /\breference\([^)]*\d{4}-\d\d-\d\d/],
  ['providers apiVersions Is Not Permitted', /providers\([^"]*\)\.apiVersions/],
  ['URIs Should Be Properly Constructed', /"\w*ur[il]"\s*:\s*"\[[^"]*(?:format|concat)\(/i],
  ['VM Images Should Use Latest Version', /"imageReference"/],
  ['VM Size Should Be A Parameter', /"vmSize"/],
  ['Virtual Machines Should Not Be Preview', /Microsoft\.Compute\/virtualMachines/],
  ['artifacts parameter', /_artifactsLocation/],
];

/** All of those of templates, by their names. */
export const templateChecks = new Map<string, Check>([
  ...own.map(([name, wants, faultsOf]) => entry(name, { wants, source, faultsOf })),
  ...absent.map(([name, of]) =>
    entry(name, {
      wants: 'none of it is here',
      source,
      faultsOf: ({ templateText }) => found(templateText, new RegExp(of, `g${of.flags}`)),
    }),
  ),
]);

const letOff = new Set(['contentProductId', 'id', 'appId', 'clientId', 'objectId', 'subscriptionId', 'tenantId']);

/** Hosts of the kinds of Azure that the toolkit knows. Source: arm-ttk/cache/AllEnvironments.cache.json. */
const hosts =
  /(?<!https:\/\/schema\.)\b(?:management(?:\.core)?\.(?:azure\.com|windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)|portal\.azure\.(?:com|us|cn)|gallery\.azure\.com|login\.(?:microsoftonline\.(?:com|us)|chinacloudapi\.cn)|graph\.windows\.net|api\.loganalytics\.(?:io|us|azure\.cn)|vault\.(?:azure\.net|azure\.cn|usgovcloudapi\.net)|go\.microsoft\.com)\b/gi;

/** Source: github.com/Azure/Azure-Sentinel, Tools/Create-Azure-Sentinel-Solution/common/commonFunctions.ps1. */
const versions = new Map<string, Json>([
  ['Microsoft.OperationalInsights/workspaces/providers/contentTemplates', '2023-04-01-preview'],
  ['Microsoft.OperationalInsights/workspaces/providers/contentPackages', '2023-04-01-preview'],
  ['Microsoft.OperationalInsights/workspaces/providers/metadata', '2022-01-01-preview'],
  ['Microsoft.OperationalInsights/workspaces/savedSearches', '2025-07-01'],
  ['Microsoft.SecurityInsights/AlertRuleTemplates', '2023-02-01-preview'],
  ['Microsoft.Insights/workbooks', '2021-08-01'],
]);

function unused(declared: Json | undefined, kind: string, text: string): string[] {
  return Object.keys(members(declared))
    .filter((name) => !new RegExp(`"\\s*\\[[^"]*${kind}\\('${name}'\\)`).test(text))
    .map((name) => `${name} is not used`);
}

function placesOf(resources: Members[]): string[] {
  return resources
    .filter(({ location }) => location !== undefined && location !== 'global' && !/^\[.*\]$/.test(String(location)))
    .map(({ location }) => `a resource is in ${location}`);
}
