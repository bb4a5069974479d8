import { type DiagnosticSettingsResource, MonitorClient } from '@azure/arm-monitor';
import type { Connector, DataCollectionRule, Workspace } from '../../connector/connector.ts';
import { ConnectorError } from '../../errors.ts';
import { factsOf } from '../../reasons.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { armOptions, azure, idParts, nullWhenMissing } from '../arm/client.ts';
import type { Ensured, Resource } from './resource.ts';

/** Our own setting on the rule; somebody else's may do as well. */
const settingName = 'patchbay';
/** What was refused is tried again after this time. */
const againMs = 24 * 3_600_000;
const category = 'LogErrors';

/**
 * The log of what goes wrong in the connector's rule behind Azure's 204, in the table DCRLogErrors of its workspace. The connector
 * does its work without it, so a right that is missing for it stops nothing, and is looked for again each day; a fault that passes leaves
 * it to an upgrade.
 */
export const errorLog = {
  step: 'errorLog',
  ensure: ensureForConnector,
  upgrade: ensureForConnector,
  async remove({ runtime }, { provisioning: { rule } }) {
    if (rule) await switchOff(runtime, rule);
  },
} satisfies Resource<'errorLog'>;

async function ensureForConnector({ runtime }: { runtime: Runtime }, connector: Connector): Promise<Ensured> {
  const { rule } = connector.provisioning;
  if (!rule) return {};
  try {
    await switchOn(runtime, rule, connector.settings.workspace);
    return { facts: { errorLog: { refused: null, dueAt: null } } };
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    const { reason, evidence } = error;
    const facts = { errorLog: { refused: evidence, dueAt: runtime.now() + againMs } };
    return factsOf(reason).passes ? { facts, unfinished: evidence } : { facts };
  }
}

/**
 * Switches the log on, unless a setting has it there already: two settings may not send one category to one place. Throws
 * ConnectorError. Source: learn.microsoft.com/azure/azure-monitor/data-collection/data-collection-monitor#enable-dcr-error-logs.
 */
async function switchOn(runtime: Runtime, rule: DataCollectionRule, { id }: Workspace): Promise<void> {
  const settings = settingsOf(runtime, rule);
  await azure(async () => {
    for await (const setting of settings.list(rule.id)) if (sendsErrors(setting, id)) return;
    await settings.createOrUpdate(rule.id, settingName, { workspaceId: id, logs: [{ category, enabled: true }] });
  });
}

function sendsErrors({ workspaceId, logs = [] }: DiagnosticSettingsResource, workspace: string): boolean {
  return (
    workspaceId?.toLowerCase() === workspace.toLowerCase() &&
    logs.some((log) => log.enabled && (log.category === category || log.categoryGroup === 'allLogs'))
  );
}

/** Before the rule goes: a setting that is left behind would be that of the next rule of the same name. Throws ConnectorError. */
async function switchOff(runtime: Runtime, rule: DataCollectionRule): Promise<void> {
  try {
    await azure(() => settingsOf(runtime, rule).delete(rule.id, settingName).catch(nullWhenMissing));
  } catch (error) {
    // Whoever may not take it away could not make it either.
    if (!(error instanceof ConnectorError) || error.reason !== 'azure-forbidden') throw error;
  }
}

function settingsOf(runtime: Runtime, rule: DataCollectionRule) {
  const { subscription } = idParts(rule.id);
  return new MonitorClient(runtime.credential, subscription, armOptions(runtime)).diagnosticSettings;
}
