import { readFileSync, writeFileSync } from 'node:fs';
import list from './alert-rules/list.json' with { type: 'json' };

// Writes alert-rules.json, the template that makes our analytics rules in a workspace, from their queries and what is said of each:
//   npm run alert-rules

const place = new URL('alert-rules.json', import.meta.url);

/** An analytics rule of ours; `every` and `looksBack` are durations by ISO 8601, `entities` is whom its rows are about. */
export type AlertRule = (typeof list)[number] & { query: string };

/** All of them. */
export const alertRules: readonly AlertRule[] = list.map((each) => ({
  ...each,
  query: readFileSync(new URL(`alert-rules/${each.id}.kql`, import.meta.url), 'utf8').trim(),
}));

/**
 * The template's text. Whoever deploys it again gets the same rules, by their ids.
 * Source: learn.microsoft.com/azure/templates/microsoft.securityinsights/alertrules, kind Scheduled.
 */
export function templateOf(rules: readonly AlertRule[]): string {
  const template = {
    $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
    contentVersion: '0.1.0.0',
    metadata: { description: 'Analytics rules for what Patchbay brings from Okta, and for Patchbay itself.' },
    parameters: {
      workspaceName: {
        type: 'string',
        metadata: { description: 'The workspace with Microsoft Sentinel, in the resource group that is deployed to.' },
      },
      enabled: {
        type: 'bool',
        defaultValue: true,
        metadata: { description: 'Whether the rules run at once, or are there to be read first.' },
      },
    },
    resources: rules.map(resourceOf),
  };
  return `${JSON.stringify(template, null, 2)}\n`;
}

function resourceOf(rule: AlertRule) {
  return {
    type: 'Microsoft.SecurityInsights/alertRules',
    apiVersion: '2025-09-01',
    scope: "[format('Microsoft.OperationalInsights/workspaces/{0}', parameters('workspaceName'))]",
    name: `[guid(parameters('workspaceName'), 'patchbay ${rule.id}')]`,
    kind: 'Scheduled',
    properties: { ...propertiesOf(rule), enabled: "[parameters('enabled')]" },
  };
}

/** What a rule does, as Azure has it, but for whether it runs. */
export function propertiesOf(rule: AlertRule) {
  const { name, description, severity, every, looksBack, tactics, techniques, entities, query } = rule;
  return {
    displayName: name,
    description,
    severity,
    query,
    queryFrequency: every,
    queryPeriod: looksBack,
    triggerOperator: 'GreaterThan',
    triggerThreshold: 0,
    suppressionEnabled: false,
    suppressionDuration: 'PT5H',
    tactics,
    techniques,
    // What goes on and is found again belongs to the incident that there is.
    incidentConfiguration: {
      createIncident: true,
      groupingConfiguration: {
        enabled: true,
        reopenClosedIncident: false,
        lookbackDuration: 'P1D',
        groupByAlertDetails: [],
        ...(entities === 'actor'
          ? { matchingMethod: 'AllEntities', groupByEntities: [], groupByCustomDetails: [] }
          : { matchingMethod: 'Selected', groupByEntities: [], groupByCustomDetails: ['Connector'] }),
      },
    },
    eventGroupingSettings: { aggregationKind: 'AlertPerResult' },
    ...(entities === 'actor' ? { entityMappings } : { customDetails: { Connector: 'Connector' } }),
  };
}

const entityMappings = [
  {
    entityType: 'Account',
    fieldMappings: [{ identifier: 'FullName', columnName: 'ActorUsername' }],
  },
  { entityType: 'IP', fieldMappings: [{ identifier: 'Address', columnName: 'SrcIpAddr' }] },
];

if (process.argv[1] === import.meta.filename) writeFileSync(place, templateOf(alertRules));
