import deployed from '../../deploy/version.json' with { type: 'json' };
import type { Connector, Provisioning } from '../connector/connector.ts';
import { saveProvisioning } from '../connector/provisioning-record.ts';
import { ConnectorError } from '../errors.ts';
import { pauseMs } from '../retry.ts';
import { type ProvisioningParts, resources } from './resources.ts';

/**
 * Makes what a connector needs in Azure, step by step from where the last try ended; every step is saved, and the progress card
 * follows. A step that fails with a ConnectorError keeps its reason and is tried again later, or at once by Retry; anything else is
 * thrown on.
 */
export async function provision(parts: ProvisioningParts, connector: Connector): Promise<void> {
  const { runtime, pool } = parts;
  const done = stillDone(connector.provisioning);
  const { version } = deployed;
  const provisioning: Provisioning = { ...connector.provisioning, done, problem: null, version };
  const save = (dueAt: number) => saveProvisioning(pool, connector, { provisioning, dueAt, now: runtime.now() });
  let whole = true;
  for (const { step, ensure } of resources) {
    if (done.includes(step)) continue;
    provisioning.running = step;
    if (!(await save(connector.dueAt))) return;
    try {
      const { facts, unfinished } = await ensure(parts, { ...connector, provisioning });
      Object.assign(provisioning, facts);
      if (unfinished) whole = false;
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      provisioning.problem = { reason: error.reason, evidence: error.evidence };
      provisioning.attempts++;
      await save(runtime.now() + pauseMs(error, provisioning.attempts));
      return;
    }
    done.push(step);
    provisioning.attempts = 0;
  }
  if (!whole) provisioning.version = 0;
  Object.assign(provisioning, { running: null, finishedAt: runtime.now(), failedUpgrade: null });
  await save(runtime.now());
}

/**
 * The steps that need not be done again: none of those of another version, as what they made may be too little for the rest. Where the
 * last try missed what a step stands on, that is looked after first.
 */
function stillDone({ done, running, problem, version }: Provisioning): string[] {
  if (version !== deployed.version) return [];
  const standsOn = resources.find(({ step }) => step === running)?.standsOn;
  const missed = standsOn && problem?.evidence.code === standsOn.missingCode ? standsOn.step : null;
  return done.filter((step) => step !== missed);
}
