import { readFileSync, writeFileSync } from 'node:fs';
import list from './workbook/list.json' with { type: 'json' };

// Writes workbook.json, a workbook as Microsoft Sentinel imports it, from its queries and their titles:
//   npm run workbook

const place = new URL('workbook.json', import.meta.url);

/** A part of the workbook; `{Price}` in a query is what its reader sets, in any currency for a GB. */
export type WorkbookPart = (typeof list)[number] & { query: string };

/** All of them, in their order. */
export const workbookParts: readonly WorkbookPart[] = list.map((each) => ({
  ...each,
  query: readFileSync(new URL(`workbook/${each.id}.kql`, import.meta.url), 'utf8').trim(),
}));

const hour = 3_600_000;
const introduction = `# Okta in Microsoft Sentinel, by Patchbay

How the connectors stand, what they bring, how late it comes, and what it costs. What is wrong, and what to do, is told in the Teams
channel of each connector; \`@Patchbay status <name>\` says more than fits here.`;

const parameters = {
  version: 'KqlParameterItem/1.0',
  style: 'pills',
  queryType: 0,
  resourceType: 'microsoft.operationalinsights/workspaces',
  parameters: [
    {
      id: 'b6f4a1d2-0c61-4f0e-9d53-6f1a2c3b4d01',
      version: 'KqlParameterItem/1.0',
      name: 'TimeRange',
      label: 'Time',
      type: 4,
      isRequired: true,
      value: { durationMs: 7 * 24 * hour },
      typeSettings: {
        selectableValues: [1, 7, 14, 30, 90].map((days) => ({ durationMs: days * 24 * hour })),
        allowCustom: true,
      },
    },
    {
      id: 'b6f4a1d2-0c61-4f0e-9d53-6f1a2c3b4d02',
      version: 'KqlParameterItem/1.0',
      name: 'Price',
      label: 'Price of a GB',
      type: 1,
      isRequired: true,
      value: '5',
    },
  ],
};

/** The workbook's text. Source: github.com/microsoft/Application-Insights-Workbooks, schema/workbook.json. */
export function workbookOf(parts: readonly WorkbookPart[]): string {
  const workbook = {
    version: 'Notebook/1.0',
    items: [
      { type: 1, name: 'introduction', content: { json: introduction } },
      { type: 9, name: 'parameters', content: parameters },
      ...parts.map(({ id, title, shape, query }) => ({
        type: 3,
        name: id,
        content: {
          version: 'KqlItem/1.0',
          query,
          size: 0,
          title,
          timeContextFromParameter: 'TimeRange',
          queryType: 0,
          resourceType: 'microsoft.operationalinsights/workspaces',
          visualization: shape,
        },
      })),
    ],
    fallbackResourceIds: [],
    fromTemplateId: 'patchbay-okta',
    $schema: 'https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json',
  };
  return `${JSON.stringify(workbook, null, 2)}\n`;
}

if (process.argv[1] === import.meta.filename) writeFileSync(place, workbookOf(workbookParts));
