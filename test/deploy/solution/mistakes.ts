/** A mistake in the file whose path has `file` in it: these letters, the first time they stand there, become others. */
export type Mistake = { check: string; file: string; from: string | RegExp; to: string };

const template = 'Package/mainTemplate.json';
const form = 'createUiDefinition.json';
const rule = 'PatchbayPushFatigue.yaml';
const parser = 'PatchbayOktaSSO.yaml';
const logo = 'Logos/patchbay.svg';
const structure = 'Detection Template Schema: HasValidTemplateStructure';
const after = (more: string) => ({ from: '"outputs": {}', to: `"outputs": {}, ${more}` });
const parameter = (more: string) => ({ from: '"parameters": {', to: `"parameters": { ${more},` });
const field = (more: string) => ({ from: '"basics": [', to: `"basics": [ ${more},` });

const repository: Mistake[] = [
  { check: 'JSON Syntax', file: 'SolutionMetadata.json', from: '{', to: '{,' },
  { check: 'YAML Syntax', file: rule, from: 'tactics:', to: '\ttactics:' },
  { check: 'YAML Syntax', file: rule, from: 'kind: Scheduled', to: 'kind: Scheduled\nkind: NRT' },
  { check: 'Content (MS Branding)', file: 'Data/', from: 'Microsoft Sentinel', to: 'Azure Sentinel' },
  { check: 'Content (MS Branding)', file: form, from: 'Microsoft Sentinel', to: 'Azure Sentinel' },
  { check: 'Logo', file: logo, from: 'fill="none"', to: 'style="fill:none"' },
  { check: 'Logo', file: logo, from: '<g ', to: '<g id="ring" ' },
  { check: 'Logo', file: logo, from: '<g ', to: `<g data="${'x'.repeat(5000)}" ` },
  {
    check: 'Workbook Template',
    file: 'Workbooks/PatchbayOkta.json',
    from: 'patchbay-okta',
    to: 'sentinel-UserWorkbook',
  },
  {
    check: 'Workbook Template',
    file: 'Workbooks/PatchbayOkta.json',
    from: '"fallbackResourceIds": []',
    to: '"fallbackResourceIds": ["/subscriptions/10000000-0000-4000-8000-000000000001"]',
  },
  { check: 'Workbook Metadata', file: 'WorkbooksMetadata', from: '"subtitle"', to: '"subTitle"' },
  { check: 'Workbook Metadata', file: 'WorkbooksMetadata', from: 'OktaBlack.png', to: 'OktaWhite2.png' },
  { check: 'Documents Link', file: 'ReleaseNotes.md', from: 'Ten', to: 'https://docs.microsoft.com/en-us/azure Ten' },
  { check: 'Solution: IsValidSolutionDomainsVerticals', file: template, from: '"Identity"', to: '"Identities"' },
  { check: 'Solution: IsValidSolutionDomainsVerticals', file: template, from: /\[\s*"Identity"\s*\]/, to: '[]' },
  {
    check: 'Solution: IsValidSupportObject',
    file: template,
    from: '"link": "https://example.com/help"',
    to: '"link": "help"',
  },
  {
    check: 'Solution: IsValidSupportObject',
    file: template,
    from: /"email": "help@example.com"(?=,\s*"tier")/,
    to: '"email": "help"',
  },
  { check: 'Solution: IsValidBrandingContent', file: template, from: 'Microsoft Sentinel', to: 'Sentinel' },
  { check: 'Solution: IsValidSolutionID', file: template, from: '"solutionId": "', to: '"solutionId": "A.' },
  { check: 'KQL Validation', file: rule, from: 'ActorUserId, OktaDomain', to: 'ActorUser, OktaDomain' },
  { check: 'KQL Validation', file: parser, from: '| project', to: '| projekt' },
  { check: structure, file: rule, from: /id: \S+/, to: 'id: one' },
  { check: structure, file: rule, from: 'severity: High', to: 'severity: Urgent' },
  { check: structure, file: rule, from: 'queryFrequency: 15m', to: 'queryFrequency: 1m' },
  { check: structure, file: rule, from: 'queryPeriod: 1h', to: 'queryPeriod: 5m' },
  { check: structure, file: rule, from: 'queryPeriod: 1h', to: 'queryPeriod: 3d' },
  { check: structure, file: rule, from: 'triggerOperator: gt', to: 'triggerOperator: more' },
  { check: structure, file: rule, from: '- CredentialAccess', to: '- CredentialAcces' },
  { check: structure, file: rule, from: '- CredentialAccess', to: '- Impact' },
  { check: structure, file: rule, from: '- T1621', to: '- T9999' },
  { check: structure, file: rule, from: 'identifier: FullName', to: 'identifier: WholeName' },
  { check: structure, file: rule, from: 'version: 1.0.0', to: 'version: 1.0' },
  { check: structure, file: rule, from: 'aggregationKind: AlertPerResult', to: 'aggregationKind: Each' },
  {
    check: 'Detection Template Schema: HasValidConnectorIds',
    file: rule,
    from: 'requiredDataConnectors: []',
    to: 'requiredDataConnectors:\n  - connectorId: Patchbay',
  },
  { check: 'Non-ASCII', file: rule, from: 'A person', to: 'Ä person' },
];

const ofTemplate: [check: string, from: string | RegExp, to: string][] = [
  ['DeploymentTemplate Schema Is Correct', '2019-04-01/deploymentTemplate.json', '2020-04-01/deploymentTemplate.json'],
  ['Parameters Property Must Exist', '"parameters"', '"parameter"'],
  ['Variables Must Be Referenced', '"variables": {', '"variables": { "left": "over",'],
  ['Location Should Not Be Hardcoded', '[resourceGroup().location]', 'westeurope'],
  [
    'Location Should Not Be Hardcoded',
    `"location": "[parameters('workspace-location')]"`,
    '"location": "[resourceGroup().location]"',
  ],
  ['Resources Should Have Location', `"location": "[parameters('workspace-location')]"`, '"location": "westeurope"'],
  ['Template Should Not Contain Blanks', '"status": "Available"', '"status": ""'],
  ['Template Should Not Contain Blanks', '"serializedData": "{', '"serializedData": "{\\"fallbackResourceIds\\":[],'],
  ['IDs Should Be Derived From ResourceIDs', `"parentId": "[variables('_solutionId')]"`, '"parentId": "patchbay"'],
  [
    'ResourceIds should not contain',
    "[resourceId('Microsoft.OperationalInsights/workspaces', ",
    "[resourceId(resourceGroup().name, 'Microsoft.OperationalInsights/workspaces', ",
  ],
  [
    'Resources Should Not Be Ambiguous',
    "workspaces/savedSearches', parameters('workspace'), ",
    "workspaces/savedSearches', ",
  ],
  ['DependsOn Best Practices', `"dependsOn": [`, `"dependsOn": [ "[concat('a', 'b')]",`],
  [
    'DependsOn Must Not Be Conditional',
    `"dependsOn": [`,
    `"dependsOn": [ "[resourceId('a/b', if(true(), 'c', 'd'))]",`,
  ],
  ['DeploymentTemplate Must Not Contain Hardcoded Uri', 'Name for the workbook.', 'See https://portal.azure.com.'],
  [
    'Expressions May Not Be Used As Parameter Or Variable Names',
    '"_solutionName":',
    '"[variables(\'a\')]": "b", "_solutionName":',
  ],
  [
    'Outputs Must Not Contain Secrets',
    '"outputs": {}',
    '"outputs": { "password": { "type": "string", "value": "guess" } }',
  ],
  ['apiVersions Should Be Recent', '"apiVersion": "2025-07-01"', '"apiVersion": "2020-08-01"'],
];

const ofParameters: [check: string, more: string][] = [
  ['Parameters Must Be Referenced', '"color": { "type": "string" }'],
  ['Min And Max Value Are Numbers', '"size": { "type": "int", "minValue": "one" }'],
  ['Password params must be secure', '"password": { "type": "string" }'],
  ['Secure String Parameters Cannot Have Default', '"word": { "type": "securestring", "defaultValue": "guess" }'],
  ['artifacts parameter', '"_artifactsLocation": { "type": "string" }'],
];

/** What a template of ours has none of, put behind its end. */
const strangers: [check: string, more: string][] = [
  ['adminUsername Should Not Be A Literal', '"adminUsername": "root"'],
  ['adminPassword Should Not Be A Literal', '"adminPassword": "guess"'],
  ['CommandToExecute Must Use ProtectedSettings For Secrets', '"commandToExecute": "sh"'],
  ['Deployment Resources Must Not Be Debug', '"debugSetting": { "detailLevel": "requestContent" }'],
  ['Dynamic Variable References Should Not Use Concat', `"a": "[variables(concat('b', parameters('c')))]"`],
  ['External Links Must Reference ArtifactsLocation', '"templateLink": { "uri": "https://example.com" }'],
  ['ManagedIdentityExtension must not be used', '"type": "ManagedIdentityExtensionForLinux"'],
  ['Parameter Types Should Be Consistent', '"type": "Microsoft.Resources/deployments"'],
  ['Secure Params In Nested Deployments', '"expressionEvaluationOptions": { "scope": "outer" }'],
  ['Reference Function Must Not Use Preview ApiVersion', `"a": "[reference('b', '2020-01-01-preview')]"`],
  ['apiVersions Should Be Recent In Reference Functions', `"a": "[reference('b', '2010-01-01')]"`],
  ['providers apiVersions Is Not Permitted', `"a": "[providers('b', 'c').apiVersions[0]]"`],
  ['URIs Should Be Properly Constructed', `"scriptUri": "[concat('https://', 'a')]"`],
  ['VM Images Should Use Latest Version', '"imageReference": { "version": "1" }'],
  ['VM Size Should Be A Parameter', '"vmSize": "Standard_B1s"'],
  ['Virtual Machines Should Not Be Preview', '"type": "Microsoft.Compute/virtualMachines"'],
];

const ofForm: [check: string, from: string | RegExp, to: string][] = [
  ['CreateUIDefinition Should Have Schema', '"version": "0.1.2-preview"', '"version": "0.1.1-preview"'],
  ['Handler Must Be Correct', 'Microsoft.Azure.CreateUIDef', 'Microsoft.Compute.MultiVm'],
  ['CreateUIDefinition Must Have Parameters', '"parameters"', '"parameter"'],
  ['CreateUIDefinition Must Not Have Blanks', '"label": "Workspace"', '"label": ""'],
  ['Location Should Be In Outputs', '"location": "[location()]"', '"place": "[location()]"'],
  ['Outputs Must Be Present In Template Parameters', '"location": "[location()]"', '"place": "[location()]"'],
  ['Parameters Without Default Must Exist In CreateUIDefinition', `"workspace": "[basics('workspace')]"`, '"w": "x"'],
  ['Controls In Outputs Must Exist', '"name": "getLAWorkspace"', '"name": "workspaces"'],
  ['Allowed Values Should Actually Be Allowed', `"workspace": "[basics('workspace')]"`, '"w": "x"'],
  ['Tooltips Should Be Present', '"toolTip": "A workspace', '"tip": "A workspace'],
];

const strangeFields: [check: string, more: string][] = [
  ['Credential Confirmation Should Not Be Hidden', '{ "name": "a", "type": "Microsoft.Compute.CredentialsCombo" }'],
  ['HideExisting Must Be Correctly Handled', '{ "name": "a", "options": { "hideExisting": false } }'],
  ['Password Textboxes Must Be Used For Password Parameters', '{ "name": "adminPassword" }'],
  ['PasswordBoxes Must Have Min Length', '{ "name": "a", "type": "Microsoft.Common.PasswordBox" }'],
  ['Textboxes Are Well Formed', '{ "name": "a", "type": "Microsoft.Common.TextBox" }'],
  ['Usernames Should Not Have A Default', '{ "name": "a", "type": "Microsoft.Compute.UserNameTextBox" }'],
  ['VMSizes Must Match Template', '{ "name": "a", "type": "Microsoft.Compute.SizeSelector" }'],
  ['Validations Must Have Message', '{ "name": "a", "constraints": { "validations": [{ "regex": "a" }] } }'],
];

/** Mistakes, each of which its check must find. */
export const mistakes: Mistake[] = [
  ...repository,
  ...ofTemplate.map(([check, from, to]) => ({ check: `ARM-TTK: ${check}`, file: template, from, to })),
  ...ofParameters.map(([check, more]) => ({ check: `ARM-TTK: ${check}`, file: template, ...parameter(more) })),
  ...strangers.map(([check, more]) => ({ check: `ARM-TTK: ${check}`, file: template, ...after(more) })),
  ...ofForm.map(([check, from, to]) => ({ check: `ARM-TTK: ${check}`, file: form, from, to })),
  ...strangeFields.map(([check, more]) => ({ check: `ARM-TTK: ${check}`, file: form, ...field(more) })),
];
