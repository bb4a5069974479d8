import { contentTemplate, location, metadataOf, productId, specName, whoOf } from './frame.ts';
import { about, filledOf, type Publisher, type parsers, type rules, tables, workbook } from './parts.ts';

// The parts of the solution's template: of each its variables, its resources, and what the package says of it.

type Part = { variables: Record<string, unknown>; resources: object[]; dependency: object };

const savedSearches = { type: 'Microsoft.OperationalInsights/workspaces/savedSearches', apiVersion: '2025-07-01' };

/** A rule; `n` counts from 1, as in the names of Microsoft's tool. */
export function rulePart(rule: (typeof rules)[number], n: number, publisher: Publisher | null): Part {
  const { guid, version, name, file } = rule;
  const of = (member: string) => `variables('analyticRuleObject${n}').${member}${n}`;
  const [contentId, ruleVersion, id] = [
    of('_analyticRulecontentId'),
    of('analyticRuleVersion'),
    of('analyticRuleId'),
  ] as const;
  const metadata = metadataOf('AnalyticsRule', id, {
    description: `${about.name} Analytics Rule ${n}`,
    parentId: `[${id}]`,
    contentId: `[${contentId}]`,
    version: `[${ruleVersion}]`,
    ...whoOf(publisher),
  });
  return {
    variables: {
      [`analyticRuleObject${n}`]: {
        [`analyticRuleVersion${n}`]: version,
        [`_analyticRulecontentId${n}`]: guid,
        [`analyticRuleId${n}`]: `[resourceId('Microsoft.SecurityInsights/AlertRuleTemplates', '${guid}')]`,
        [`analyticRuleTemplateSpecName${n}`]: specName('AnalyticsRule', `'${guid}'`),
        [`_analyticRulecontentProductId${n}`]: productId('AnalyticsRule', `'${guid}'`, `'${version}'`),
      },
    },
    resources: [
      contentTemplate({
        kind: 'AnalyticsRule',
        name: of('analyticRuleTemplateSpecName'),
        description: `${file}_AnalyticalRules Analytics Rule with template version ${about.version}`,
        displayName: name,
        contentId,
        productId: of('_analyticRulecontentProductId'),
        version: ruleVersion,
        resources: [ruleTemplate(rule, contentId), metadata],
      }),
    ],
    dependency: { kind: 'AnalyticsRule', contentId: `[${contentId}]`, version: `[${ruleVersion}]` },
  };
}

function ruleTemplate(rule: (typeof rules)[number], contentId: string) {
  return {
    type: 'Microsoft.SecurityInsights/AlertRuleTemplates',
    apiVersion: '2023-02-01-preview',
    name: `[${contentId}]`,
    kind: 'Scheduled',
    location,
    properties: {
      ...filledOf(rule),
      // A rule that is made of it runs once somebody has read it.
      enabled: false,
      status: 'Available',
      requiredDataConnectors: "[variables('TemplateEmptyArray')]",
    },
  };
}

const workbookTemplate = {
  type: 'Microsoft.Insights/workbooks',
  apiVersion: '2021-08-01',
  name: "[variables('workbookContentId1')]",
  location,
  kind: 'shared',
  metadata: { description: workbook.description },
  properties: {
    displayName: "[parameters('workbook1-name')]",
    serializedData: workbook.serialized,
    version: '1.0',
    sourceId: "[variables('workspaceResourceId')]",
    category: 'sentinel',
  },
};

/** The workbook. */
export function workbookPart(publisher: Publisher | null): Part {
  const contentId = "variables('_workbookContentId1')";
  const version = "variables('workbookVersion1')";
  const metadata = metadataOf('Workbook', "variables('workbookId1')", {
    description: workbook.description,
    parentId: "[variables('workbookId1')]",
    contentId: `[${contentId}]`,
    version: `[${version}]`,
    ...whoOf(publisher),
    dependencies: {
      operator: 'AND',
      criteria: tables.map(({ name }) => ({ contentId: `[variables('tables').${name}]`, kind: 'DataType' })),
    },
  });
  return {
    variables: {
      tables: Object.fromEntries(tables.map(({ name, table }) => [name, table])),
      workbookVersion1: workbook.version,
      workbookContentId1: workbook.key,
      workbookId1: "[resourceId('Microsoft.Insights/workbooks', variables('workbookContentId1'))]",
      workbookTemplateSpecName1: specName('Workbook', contentId),
      _workbookContentId1: "[variables('workbookContentId1')]",
      _workbookcontentProductId1: productId('Workbook', contentId, version),
    },
    resources: [
      contentTemplate({
        kind: 'Workbook',
        name: "variables('workbookTemplateSpecName1')",
        description: `${workbook.file} Workbook with template version ${about.version}`,
        displayName: "[parameters('workbook1-name')]",
        contentId,
        productId: "variables('_workbookcontentProductId1')",
        version,
        resources: [workbookTemplate, metadata],
      }),
    ],
    dependency: { kind: 'Workbook', contentId: `[${contentId}]`, version: `[${version}]` },
  };
}

/** A function. It is saved with the package, and is in a template too, for who takes it away and wants it back. */
export function parserPart(parser: (typeof parsers)[number], n: number, publisher: Publisher | null): Part {
  const { alias, search, version, displayName } = parser;
  const of = (member: string) => `variables('parserObject${n}').${member}${n}`;
  const [contentId, parserVersion, id] = [of('parserContentId'), of('parserVersion'), of('_parserId')] as const;
  const saved = { ...savedSearches, name: `[${of('_parserName')}]`, etag: '*', properties: parser.saved };
  const metadata = {
    ...metadataOf('Parser', id, {
      parentId: `[${id}]`,
      contentId: `[${contentId}]`,
      version: `[${parserVersion}]`,
      ...whoOf(publisher),
    }),
    dependsOn: [`[${id}]`],
  };
  const template = contentTemplate({
    kind: 'Parser',
    name: of('parserTemplateSpecName'),
    description: `${alias} Data Parser with template version ${about.version}`,
    displayName,
    contentId,
    productId: of('_parsercontentProductId'),
    version: parserVersion,
    resources: [saved, metadata],
  });
  return {
    variables: {
      [`parserObject${n}`]: {
        [`_parserName${n}`]: `[concat(parameters('workspace'),'/','${search}')]`,
        [`_parserId${n}`]: `[resourceId('${savedSearches.type}', parameters('workspace'), '${search}')]`,
        [`parserTemplateSpecName${n}`]: specName('Parser', `'${alias}-Parser'`),
        [`parserVersion${n}`]: version,
        [`parserContentId${n}`]: `${alias}-Parser`,
        [`_parsercontentProductId${n}`]: productId('Parser', `'${alias}-Parser'`, `'${version}'`),
      },
    },
    resources: [template, saved, { ...metadata, location }],
    dependency: { kind: 'Parser', contentId: `[${contentId}]`, version: `[${parserVersion}]` },
  };
}
