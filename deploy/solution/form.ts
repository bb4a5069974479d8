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
      basics: [workspaces, workspace],
      steps: steps.map(stepOf),
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

/** Asks Azure for what may be chosen. */
const workspaces = {
  name: 'getLAWorkspace',
  type: 'Microsoft.Solutions.ArmApiControl',
  toolTip: 'The workspaces of the subscription.',
  condition: '[greater(length(resourceGroup().name),0)]',
  request: {
    method: 'GET',
    path: "[concat(subscription().id,'/providers/Microsoft.OperationalInsights/workspaces?api-version=2020-08-01')]",
  },
};

const workspace = {
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
};

/** A page of the form that tells and asks nothing. */
type Step = { name: string; text: string; items: { label: string; text: string }[] };

const steps: Step[] = [
  {
    name: 'parsers',
    text: 'These functions are saved with the solution, as the bot saves them too.',
    items: parsers.map(({ alias, description }) => ({ label: alias, text: description })),
  },
  {
    name: 'workbooks',
    text: 'After the solution is installed, save the workbook from its template.',
    items: [{ label: workbook.title, text: workbook.description }],
  },
  {
    name: 'analytics',
    text: 'After the solution is installed, make the rules that you want from these templates.',
    items: rules.map(({ name, description }) => ({ label: name, text: description })),
  },
];

function stepOf({ name, text, items }: Step) {
  const label = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
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
