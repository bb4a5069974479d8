import type { Connector } from '../../ingestion/connector/connector.ts';
import type { ProvisioningStep, RemovalStep } from '../../ingestion/provisioning/resources.ts';
import { shown } from '../kit/text.ts';
import { evidenceLine } from './hints.ts';

/** `notes`: what there is to know of the step once it is done; foreign text in it has gone through `shown`. */
export type StepWords = { title: string; notes?(connector: Connector): string[] };

const provisioning: Record<ProvisioningStep, StepWords> = {
  rights: { title: 'Check Patchbay’s rights' },
  table: { title: 'Create the table OktaSystemLogs_CL', notes: otherTier },
  functions: { title: 'Save the functions that Sentinel content reads', notes: leftAlone },
  rule: { title: 'Create the data collection rule' },
  grant: { title: 'Allow Patchbay to send to it' },
  errorLog: { title: 'Switch on the rule’s error log', notes: errorLogOff },
  health: { title: 'Prepare the table OktaConnectorHealth_CL and its rule' },
  key: { title: 'Store the Okta credential' },
};

const removal: Record<RemovalStep, StepWords> = {
  grant: { title: 'Take back the permission to send' },
  errorLog: { title: 'Switch off the rule’s error log' },
  rule: { title: 'Delete the data collection rule' },
  key: { title: 'Delete the stored Okta credential' },
};

/** The steps by which a connector is connected, in their order; a test holds it against that in which they are taken. */
export const provisioningWords: ReadonlyMap<string, StepWords> = new Map(Object.entries(provisioning));

/** What is undone when it is deleted, likewise. */
export const removalWords: ReadonlyMap<string, StepWords> = new Map(Object.entries(removal));

/** The table was there before, in a tier that was not asked for: Azure never turns a data lake table back. */
function otherTier({ provisioning: { table }, settings }: Connector): string[] {
  if (!table || table.plan === settings.table.plan) return [];
  return table.plan === 'Auxiliary'
    ? [
        'The table was there already, in the data lake tier, which Azure never changes: no analytics rule runs on it. For rules, connect to another workspace, or delete the table first.',
      ]
    : [
        'The table was there already, in the Analytics tier, and stays in it: it costs more, and analytics rules run on it.',
      ];
}

/** Nothing stops for it; but who looks for lost events will miss it. */
function errorLogOff({ provisioning: { errorLog } }: Connector): string[] {
  if (!errorLog?.refused) return [];
  const said = shown(evidenceLine(errorLog.refused), 400);
  return [
    `It is off, and events are sent all the same: should some not arrive, Azure’s own reason can’t be read. deploy/README.md names the rights that it takes; Patchbay tries again each day. Azure said: ${said}`,
  ];
}

function leftAlone({ provisioning: { leftAlone: names = [] } }: Connector): string[] {
  if (names.length === 0) return [];
  return [`Another saved search has the name, so Patchbay left it alone: ${shown(names.join(', '), 200)}.`];
}
