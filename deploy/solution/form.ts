import { picture } from './frame.ts';
import { type Publisher, parsers, rules, workbook } from './parts.ts';
import { descriptionMarkdown } from './words.ts';

/**
 * The text of createUiDefinition.json: the form in which a person chooses the workspace, and reads what comes. Source:
 * github.com/Azure/Azure-Sentinel, Tools/Create-Azure-Sentinel-Solution/common/templating/baseCreateUiDefinition.json.
 */
export function formOf(publisher: Publisher | null): string {
  const form = {
    $schema: 'https://schema.management.azure.com/schemas/0.1.2-preview/CreateUIDefinition.MultiVm.json#',
    handler: 'Microsoft.Azure.CreateUIDef',
    version: '0.1.2-preview',
    parameters: {
      config: {
        isWizard: false,
        basics: {
          description: publisher ? `${picture}\n\n${descriptionMarkdown}` : descriptionMarkdown,
          subscription: {
            resourceProviders: [
              'Microsoft.OperationsManagement/solutions',
              'Microsoft.OperationalInsights/workspaces/providers/alertRules',
              'Microsoft.Insights/workbooks',
            ],
          },
          location: { metadata: { hidden: 'The region is that of the workspace.' }, visible: false },
          resourceGroup: { allowExisting: true },
        },
      },
      basics: [
        {
          name: 'getLAWorkspace',
          type: 'Microsoft.Solutions.ArmApiControl',
          toolTip: 'The workspaces of the subscription.',
          condition: '[greater(length(resourceGroup().name),0)]',
          request: {
            method: 'GET',
            path: "[concat(subscription().id,'/providers/Microsoft.OperationalInsights/workspaces?api-version=2020-08-01')]",
          },
        },
        {
          name: 'workspace',
          type: 'Microsoft.Common.DropDown',
          label: 'Workspace',
          placeholder: 'Select a workspace',
          toolTip: 'A workspace of the resource group, with Microsoft Sentinel on it.',
          constraints: {
            allowedValues: `[map(${ofGroup}, (item) => parse(concat('{"label":"', item.name, '","value":"', item.name, '"}')))]`,
            required: true,
          },
          visible: true,
        },
      ],
      steps: [
        step('parsers', 'Parsers', 'These functions are saved with the solution, as the bot saves them too.', [
          ...parsers.map(({ alias, description }) => ({ label: alias, text: description })),
        ]),
        step('workbooks', 'Workbooks', 'After the solution is installed, save the workbook from its template.', [
          { label: workbook.title, text: workbook.description },
        ]),
        step(
          'analytics',
          'Analytics',
          'After the solution is installed, make the rules that you want from these templates.',
          [...rules.map(({ name, description }) => ({ label: name, text: description }))],
        ),
      ],
      outputs: {
        'workspace-location': `[first(map(${ofWorkspace}, (item) => item.location))]`,
        location: '[location()]',
        workspace: "[basics('workspace')]",
      },
    },
  };
  return `${JSON.stringify(form, null, 2)}\n`;
}

const found = "filter(basics('getLAWorkspace').value, (filter) => ";
const inGroup = 'contains(toLower(filter.id), toLower(resourceGroup().name))';
const ofGroup = `${found}${inGroup})`;
const ofWorkspace = `${found}and(${inGroup},equals(filter.name,basics('workspace'))))`;

/** A page of the form that tells and asks nothing. */
function step(name: string, label: string, text: string, items: { label: string; text: string }[]) {
  return {
    name,
    label,
    subLabel: { preValidation: `Read what comes of ${name}`, postValidation: 'Done' },
    bladeTitle: label,
    elements: [
      { name: `${name}-text`, type: 'Microsoft.Common.TextBlock', options: { text } },
      ...items.map((item, index) => ({
        name: `${name}${index + 1}`,
        type: 'Microsoft.Common.Section',
        label: item.label,
        elements: [
          {
            name: `${name}${index + 1}-text`,
            type: 'Microsoft.Common.TextBlock',
            options: { text: item.text },
          },
        ],
      })),
    ],
  };
}
