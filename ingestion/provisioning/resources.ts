import type pg from 'pg';
import { dataCollectionRule } from '../azure/resources/data-collection-rule.ts';
import { errorLog } from '../azure/resources/error-log.ts';
import { functions } from '../azure/resources/functions.ts';
import type { Resource } from '../azure/resources/resource.ts';
import { roleAssignment } from '../azure/resources/role-assignment.ts';
import { healthTable } from '../monitoring/health-rule.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Secrets } from '../secrets/secrets.ts';
import { logTable } from './log-table.ts';
import { rightsFor } from './rights.ts';
import { storedKey } from './stored-key.ts';

/** What the resources of a connector are made, kept and removed with. */
export type ProvisioningParts = { runtime: Runtime; pool: pg.Pool; secrets: Secrets };

const made = [logTable, functions, dataCollectionRule, roleAssignment, errorLog, healthTable, storedKey] as const;
const all = [rightsFor(made), ...made] as const;
/** Who sends goes before what it sends to, and the token last: until then, whatever fails can be tried again. */
const removed = [roleAssignment, errorLog, dataCollectionRule, storedKey] as const;

/** The names of the steps by which a connector is connected, and of those that are undone when it is deleted. */
export type ProvisioningStep = (typeof all)[number]['step'];
/** The names of the steps that are undone when a connector is deleted. */
export type RemovalStep = (typeof removed)[number]['step'];

type OfConnector<Step extends string> = Resource<Step, ProvisioningParts>;

/**
 * All that a connector needs, in the order in which it is made. Provisioning, upgrade, visibility checks, the check of rights and
 * the progress card walk this list.
 */
export const resources: readonly OfConnector<ProvisioningStep>[] = all;

/** What goes with the connector, in the order in which it goes. */
export const removals: readonly (OfConnector<RemovalStep> & Required<Pick<OfConnector<RemovalStep>, 'remove'>>)[] =
  removed;
