import { about, type Publisher } from './parts.ts';

// What the parts of the solution's template have in common.

const provider = 'Microsoft.OperationalInsights/workspaces/providers';

/** The package of the solution in a workspace. */
export const packages = { type: `${provider}/contentPackages`, apiVersion: '2023-04-01-preview' };

/** Where everything is: with the workspace. */
export const location = "[parameters('workspace-location')]";

/** The picture of a published solution, from where Microsoft keeps those of all. */
export const picture =
  '<img src="https://raw.githubusercontent.com/Azure/Azure-Sentinel/master/Logos/patchbay.svg" width="75px" height="75px">';

/** Publisher and offer, as the solution is known by. */
export const solutionIdOf = (publisher: Publisher | null) => `${publisher?.id ?? 'patchbay'}.${about.offerId}`;

/** Who wrote it, in one line. */
export function authorOf(publisher: Publisher | null): string {
  const name = publisher?.name ?? 'Patchbay';
  return publisher?.email ? `${name} - ${publisher.email}` : name;
}

/** Whom to ask, and what kind of help that is. */
export function supportOf(publisher: Publisher | null) {
  if (!publisher) return { name: 'Patchbay', tier: 'Community' };
  const { name, email, link } = publisher;
  return { name, ...(email ? { email } : {}), tier: 'Partner', ...(link ? { link } : {}) };
}

/** What each part says of where it comes from. */
export function whoOf(publisher: Publisher | null) {
  return {
    source: { kind: 'Solution', name: about.name, sourceId: "[variables('_solutionId')]" },
    author: { name: publisher?.name ?? 'Patchbay', ...(publisher?.email ? { email: "[variables('_email')]" } : {}) },
    support: supportOf(publisher),
  };
}

/** What kinds of content are called in the names of the content hub. */
const short = { AnalyticsRule: 'ar', Workbook: 'wb', Parser: 'pr', Solution: 'sl' };
export type Kind = keyof typeof short;

/** By which the content hub tells versions of a part apart. `of` and `version` are expressions. */
export function productId(kind: Kind, of: string, version: string): string {
  const hashed = `concat(variables('_solutionId'),'-','${kind}','-',${of},'-', ${version})`;
  return `[concat(take(variables('_solutionId'),50),'-','${short[kind]}','-', uniqueString(${hashed}))]`;
}

/** The name of a part's template: the workspace, and what is made of the part's id, an expression. */
export function specName(kind: Kind, of: string): string {
  return `[concat(parameters('workspace'),'/Microsoft.SecurityInsights/',concat(parameters('workspace'),'-${short[kind]}-',uniqueString(${of})))]`;
}

/** What is said of a part, hung on it; `id` is an expression. */
export function metadataOf(kind: Kind, id: string, properties: object) {
  return {
    type: `${provider}/metadata`,
    apiVersion: '2022-01-01-preview',
    name: `[concat(parameters('workspace'),'/Microsoft.SecurityInsights/',concat('${kind}-', last(split(${id},'/'))))]`,
    properties: { ...properties, kind },
  };
}

/** The template of a part. All but its texts are expressions. */
export function contentTemplate(part: {
  kind: Kind;
  name: string;
  description: string;
  displayName: string;
  contentId: string;
  productId: string;
  version: string;
  resources: object[];
}) {
  return {
    type: `${provider}/contentTemplates`,
    apiVersion: '2023-04-01-preview',
    name: `[${part.name}]`,
    location,
    dependsOn: [
      "[extensionResourceId(resourceId('Microsoft.OperationalInsights/workspaces', parameters('workspace')), 'Microsoft.SecurityInsights/contentPackages', variables('_solutionId'))]",
    ],
    properties: {
      description: part.description,
      mainTemplate: {
        $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
        contentVersion: `[${part.version}]`,
        parameters: {},
        variables: {},
        resources: part.resources,
      },
      packageKind: 'Solution',
      packageVersion: "[variables('_solutionVersion')]",
      packageName: "[variables('_solutionName')]",
      packageId: "[variables('_solutionId')]",
      contentSchemaVersion: '3.0.0',
      contentId: `[${part.contentId}]`,
      contentKind: part.kind,
      displayName: part.displayName,
      contentProductId: `[${part.productId}]`,
      id: `[${part.productId}]`,
      version: `[${part.version}]`,
    },
  };
}
