import type pg from 'pg';
import deployed from '../../deploy/version.json' with { type: 'json' };
import {
  botGroupNeeds,
  botWorkspaceNeeds,
  grantNeed,
  groupOf,
  missing,
  type Need,
  ownPermissions,
  sendNeed,
} from '../azure/access/rights.ts';
import { fewestRoles } from '../azure/access/roles.ts';
import { ensureRule, logRule } from '../azure/resources/data-collection-rule.ts';
import { ensureFunctions, saveNeed } from '../azure/resources/functions.ts';
import { ensureGrant } from '../azure/resources/role-assignment.ts';
import { checkSentinel } from '../azure/resources/sentinel.ts';
import { ensureTable, logTable, readTable } from '../azure/resources/table.ts';
import { type Connector, type Provisioning, type ProvisioningStep, provisioningSteps } from '../connector/connector.ts';
import { getConnector } from '../connector/connectors.ts';
import { recordTableGone, recordTableMade } from '../connector/observations.ts';
import { saveProvisioning } from '../connector/provisioning-record.ts';
import { ConnectorError, type Grant } from '../errors.ts';
import { makeHealthRule } from '../monitoring/health-rule.ts';
import { pauseMs } from '../retry.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Secrets } from '../secrets/secrets.ts';

export type Parts = { runtime: Runtime; pool: pg.Pool; secrets: Secrets };

/** Each step may be repeated: what exists already is left as it is. */
const steps = new Map<
  ProvisioningStep,
  (parts: Parts, connector: Connector, provisioning: Provisioning) => Promise<void>
>([
  ['rights', checkRights],
  [
    'table',
    async ({ runtime, pool }, { settings }, provisioning) => {
      const { workspace } = settings;
      const existing = await readTable(runtime, workspace, logTable);
      if (!existing) await recordTableGone(pool, workspace, runtime.now());
      provisioning.table = await ensureTable(runtime, workspace, {
        table: logTable,
        settings: settings.table,
        existing,
      });
      if (!existing) await recordTableMade(pool, workspace, runtime.now());
    },
  ],
  [
    'functions',
    async ({ runtime }, { settings }, provisioning) => {
      provisioning.leftAlone = await ensureFunctions(runtime, settings.workspace);
    },
  ],
  [
    'rule',
    async ({ runtime }, connector, provisioning) => {
      provisioning.rule = await ensureRule(runtime, logRule(connector));
    },
  ],
  [
    'grant',
    async ({ runtime }, _connector, provisioning) => {
      if (provisioning.rule) await ensureGrant(runtime, provisioning.rule);
    },
  ],
  [
    'health',
    async (parts, { settings }) => {
      await makeHealthRule(parts, settings.workspace);
    },
  ],
  [
    'key',
    async ({ pool, secrets }, connector) => {
      // Read again: somebody may have replaced the token meanwhile.
      const { settings } = (await getConnector(pool, connector.id)) ?? connector;
      // From where it lies, not from memory: that is what is to be proved.
      secrets.doubt(settings.keyId);
      await secrets.read(settings.keyId);
    },
  ],
]);

/**
 * Builds what a connector needs in Azure, step by step from where the last try ended; every step is saved, and the
 * progress card follows. A step that fails keeps its reason and is tried again later, or at once by Retry.
 */
export async function provision(parts: Parts, connector: Connector): Promise<void> {
  const { runtime, pool } = parts;
  const provisioning: Provisioning = {
    ...connector.provisioning,
    done: stillDone(connector.provisioning),
    problem: null,
  };
  const save = (dueAt: number) => saveProvisioning(pool, connector, { provisioning, dueAt, now: runtime.now() });
  for (const step of provisioningSteps) {
    if (provisioning.done.includes(step)) continue;
    provisioning.running = step;
    if (!(await save(connector.dueAt))) return;
    try {
      await steps.get(step)?.(parts, connector, provisioning);
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      provisioning.problem = { reason: error.reason, evidence: error.evidence };
      provisioning.attempts++;
      await save(runtime.now() + pauseMs(error, provisioning.attempts));
      return;
    }
    provisioning.done.push(step);
    provisioning.attempts = 0;
  }
  Object.assign(provisioning, {
    running: null,
    finishedAt: runtime.now(),
    version: deployed.version,
    failedUpgrade: null,
  });
  await save(runtime.now());
}

/** What a step builds on, and by which of Azure's codes it says that this is not there. */
const foundations = new Map<ProvisioningStep, { code: string; needs: ProvisioningStep }>([
  ['rule', { code: 'InvalidOutputTable', needs: 'table' }],
  ['grant', { code: 'ResourceNotFound', needs: 'rule' }],
]);

/** The steps that need not be done again. Where the last try missed what a step builds on, that is looked after first. */
function stillDone({ done, running, problem }: Provisioning): ProvisioningStep[] {
  const foundation = running && foundations.get(running);
  const lacks = foundation && problem?.evidence.code === foundation.code ? foundation.needs : null;
  return done.filter((step) => step !== lacks);
}

/** The bot's own rights and Sentinel, before anything is changed: all that is missing is named at once, by the fewest roles. */
async function checkRights({ runtime }: Parts, { settings }: Connector): Promise<void> {
  const { workspace } = settings;
  const group = groupOf(workspace.id);
  const [onWorkspace, onGroup] = await Promise.all([
    ownPermissions(runtime, workspace.id),
    ownPermissions(runtime, group),
  ]);
  // Sending takes a role on the rule: the identity has it from above, or must be able to give it to itself.
  const mayGrant = missing([grantNeed], onGroup).length === 0;
  const groupNeeds = mayGrant ? botGroupNeeds : [...botGroupNeeds, sendNeed];
  const grants = [
    ...grantsFor(workspace.id, missing([...botWorkspaceNeeds, saveNeed], onWorkspace)),
    ...grantsFor(group, missing(groupNeeds, onGroup)),
  ];
  const [first] = grants;
  if (first) throw new ConnectorError('azure-forbidden', { subject: first.scope, grants });
  await checkSentinel(runtime, workspace);
}

function grantsFor(scope: string, lacking: Need[]): Grant[] {
  return fewestRoles(lacking).map((each) => ({ scope, ...each }));
}
