import { parserPart, rulePart, workbookPart } from './contents.ts';
import { authorOf, location, packages, picture, productId, solutionIdOf, whoOf } from './frame.ts';
import { about, type Publisher, parsers, rules, workbook } from './parts.ts';
import { descriptionHtml } from './words.ts';

/**
 * The text of mainTemplate.json: the template of the solution in the layout of the content hub's third version. It makes a package,
 * and a template of each part, from which Microsoft Sentinel makes the rule or the workbook when somebody asks for it. Without a
 * publisher it is one for one's own workspaces. Names are those of Microsoft's own tool, so that it finds its way in what we
 * made: github.com/Azure/Azure-Sentinel, Tools/Create-Azure-Sentinel-Solution/common/commonFunctions.ps1.
 */
export function templateOf(publisher: Publisher | null): string {
  const { name, version } = about;
  const parts = [
    ...rules.map((each, index) => rulePart(each, index + 1, publisher)),
    workbookPart(publisher),
    ...parsers.map((each, index) => parserPart(each, index + 1, publisher)),
  ];
  const template = {
    $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
    contentVersion: '1.0.0.0',
    metadata: { author: authorOf(publisher), comments: `Solution template for ${name}` },
    parameters,
    variables: {
      ...(publisher?.email ? { email: publisher.email, _email: "[variables('email')]" } : {}),
      _solutionName: name,
      _solutionVersion: version,
      solutionId: solutionIdOf(publisher),
      _solutionId: "[variables('solutionId')]",
      TemplateEmptyArray: "[json('[]')]",
      workspaceResourceId: "[resourceId('Microsoft.OperationalInsights/workspaces', parameters('workspace'))]",
      ...Object.assign({}, ...parts.map(({ variables }) => variables)),
      _solutioncontentProductId: productId('Solution', "variables('_solutionId')", "variables('_solutionVersion')"),
    },
    resources: [...parts.flatMap(({ resources }) => resources), packageOf(publisher, parts)],
    outputs: {},
  };
  return `${JSON.stringify(template, null, 2)}\n`;
}

const parameters = {
  location: {
    type: 'string',
    minLength: 1,
    defaultValue: '[resourceGroup().location]',
    metadata: { description: 'Where the workspace is, unless workspace-location says it.' },
  },
  'workspace-location': {
    type: 'string',
    defaultValue: "[parameters('location')]",
    metadata: { description: 'Region of the workspace.' },
  },
  workspace: {
    type: 'string',
    metadata: { description: 'The workspace with Microsoft Sentinel, in the resource group that is deployed to.' },
  },
  'workbook1-name': {
    type: 'string',
    defaultValue: workbook.title,
    minLength: 1,
    metadata: { description: 'Name for the workbook.' },
  },
};

function packageOf(publisher: Publisher | null, parts: { dependency: object }[]) {
  const { name, version, categories } = about;
  return {
    ...packages,
    name: "[concat(parameters('workspace'),'/Microsoft.SecurityInsights/', variables('_solutionId'))]",
    location,
    properties: {
      version,
      kind: 'Solution',
      contentSchemaVersion: '3.0.0',
      displayName: name,
      publisherDisplayName: publisher?.name ?? 'Patchbay',
      descriptionHtml,
      contentKind: 'Solution',
      contentProductId: "[variables('_solutioncontentProductId')]",
      id: "[variables('_solutioncontentProductId')]",
      ...(publisher ? { icon: picture } : {}),
      contentId: "[variables('_solutionId')]",
      parentId: "[variables('_solutionId')]",
      ...whoOf(publisher),
      dependencies: { operator: 'AND', criteria: parts.map(({ dependency }) => dependency) },
      ...(publisher ? { firstPublishDate: publisher.firstPublished } : {}),
      providers: ['Patchbay'],
      categories: { domains: categories },
    },
  };
}
