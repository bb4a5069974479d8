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
import { ensureRule, logRule, removeRule } from '../azure/resources/data-collection-rule.ts';
import { ensureFunctions, saveNeed } from '../azure/resources/functions.ts';
import { ensureGrant, removeGrant } from '../azure/resources/role-assignment.ts';
import { checkSentinel } from '../azure/resources/sentinel.ts';
import { ensureTable, logTable, readTable } from '../azure/resources/table.ts';
import { type Build, type BuildStep, buildSteps, type Connector } from '../connector/connector.ts';
import { forgetConnector, getConnector, makeDue, saveBuild } from '../connector/connectors.ts';
import { hasPosts } from '../connector/outbox.ts';
import { ConnectorError, type Grant, type Reason } from '../errors.ts';
import { lockName } from '../jobs/due.ts';
import { makeHealthRule } from '../monitoring/health-rule.ts';
import { tableIsGone, tableIsThere } from '../monitoring/visibility.ts';
import type { World } from '../runtime/world.ts';
import { findSecret, forget, type Secrets } from '../secrets/secrets.ts';
import { transaction, whileAlone } from '../store/database.ts';

export type Parts = { world: World; pool: pg.Pool; secrets: Secrets };

/** Each step may be repeated: what exists already is left as it is. */
const steps = new Map<BuildStep, (parts: Parts, connector: Connector, build: Build) => Promise<void>>([
  ['rights', checkRights],
  [
    'table',
    async ({ world, pool }, { settings }, build) => {
      const { workspace } = settings;
      const existing = await readTable(world, workspace, logTable);
      if (!existing) await tableIsGone(pool, workspace, world.now());
      build.table = await ensureTable(world, workspace, { table: logTable, settings: settings.table, existing });
      if (!existing) await tableIsThere(pool, workspace);
    },
  ],
  [
    'functions',
    async ({ world }, { settings }, build) => {
      build.leftAlone = await ensureFunctions(world, settings.workspace);
    },
  ],
  [
    'rule',
    async ({ world }, connector, build) => {
      build.rule = await ensureRule(world, logRule(connector));
    },
  ],
  [
    'grant',
    async ({ world }, _connector, build) => {
      if (build.rule) await ensureGrant(world, build.rule);
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
  const { world, pool } = parts;
  const build: Build = { ...connector.build, done: stillDone(connector.build), problem: null };
  const save = (dueAt: number) => saveBuild(pool, connector, build, dueAt, world.now());
  for (const step of buildSteps) {
    if (build.done.includes(step)) continue;
    build.running = step;
    if (!(await save(connector.dueAt))) return;
    try {
      await steps.get(step)?.(parts, connector, build);
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      build.problem = { reason: error.reason, evidence: error.evidence };
      build.attempts++;
      await save(world.now() + pauseMs(error, build.attempts));
      return;
    }
    build.done.push(step);
    build.attempts = 0;
  }
  Object.assign(build, { running: null, finishedAt: world.now(), version: deployed.version, late: null });
  await save(world.now());
}

/** What a step builds on, and by which of Azure's codes it says that this is not there. */
const foundations = new Map<BuildStep, { code: string; needs: BuildStep }>([
  ['rule', { code: 'InvalidOutputTable', needs: 'table' }],
  ['grant', { code: 'ResourceNotFound', needs: 'rule' }],
]);

/** The steps that need not be done again. Where the last try missed what a step builds on, that is looked after first. */
function stillDone({ done, running, problem }: Build): BuildStep[] {
  const foundation = running && foundations.get(running);
  const lacks = foundation && problem?.evidence.code === foundation.code ? foundation.needs : null;
  return done.filter((step) => step !== lacks);
}

/** These pass by themselves. For all others a person has to do something, and presses Retry when it is done. */
const passing = new Set<Reason>([
  'azure-busy',
  'azure-throttled',
  'azure-unreachable',
  'vault-throttled',
  'vault-unreachable',
]);
const longestPauseMs = 60 * 60_000;

/**
 * The time to the next try: what Azure asked for, up to an hour. Else what passes is tried again after 15 seconds, then 30
 * …, at most 5 minutes; anything else after a minute, then two …, at most a quarter of an hour.
 */
export function pauseMs({ reason, evidence }: ConnectorError, attempts: number): number {
  if (evidence.retryAfterMs !== undefined) return Math.min(Math.max(evidence.retryAfterMs, 1_000), longestPauseMs);
  const [firstMs, mostMs] = passing.has(reason) ? [15_000, 5 * 60_000] : [60_000, 15 * 60_000];
  return Math.min(firstMs * 2 ** (attempts - 1), mostMs);
}

/** The bot's own rights and Sentinel, before anything is changed: all that is missing is named at once, by the fewest roles. */
async function checkRights({ world }: Parts, { settings }: Connector): Promise<void> {
  const { workspace } = settings;
  const group = groupOf(workspace.id);
  const [onWorkspace, onGroup] = await Promise.all([ownPermissions(world, workspace.id), ownPermissions(world, group)]);
  // Sending takes a role on the rule: the identity has it from above, or must be able to give it to itself.
  const mayGrant = missing([grantNeed], onGroup).length === 0;
  const groupNeeds = mayGrant ? botGroupNeeds : [...botGroupNeeds, sendNeed];
  const grants = [
    ...grantsFor(workspace.id, missing([...botWorkspaceNeeds, saveNeed], onWorkspace)),
    ...grantsFor(group, missing(groupNeeds, onGroup)),
  ];
  const [first] = grants;
  if (first) throw new ConnectorError('azure-forbidden', { subject: first.scope, grants });
  await checkSentinel(world, workspace);
}

function grantsFor(scope: string, lacking: Need[]): Grant[] {
  return fewestRoles(lacking).map((each) => ({ scope, ...each }));
}

/** Takes apart what `provision` built, keeps table, data and functions, tells so on the cards, and forgets the connector. */
export async function remove(parts: Parts, connector: Connector): Promise<void> {
  const { world, pool } = parts;
  if (connector.build.removedAt === null) return takeApart(parts, connector);
  // The cards say that it is gone before the store forgets which they were.
  if (await hasPosts(pool, connector.id)) return makeDue(pool, connector.id, world.now() + 2_000);
  await transaction(pool, async (tx) => {
    await forget(tx, [connector.settings.keyId], { now: world.now() });
    await forgetConnector(tx, connector, world.now());
  });
}

async function takeApart({ world, pool, secrets }: Parts, connector: Connector): Promise<void> {
  const { rule, attempts } = connector.build;
  const build: Build = { ...connector.build, problem: null, running: 'grant' };
  try {
    if (rule) await removeGrant(world, rule);
    build.running = 'rule';
    await removeRule(world, logRule(connector));
    build.running = 'key';
    await removeKey({ world, pool, secrets }, connector.settings.keyId);
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    Object.assign(build, { problem: { reason: error.reason, evidence: error.evidence }, attempts: attempts + 1 });
    await saveBuild(pool, connector, build, world.now() + pauseMs(error, build.attempts), world.now());
    return;
  }
  Object.assign(build, { running: null, removedAt: world.now() });
  await saveBuild(pool, connector, build, world.now(), world.now());
}

/** A vault that is gone altogether, or is not ours any more, must not keep a connector from being removed. */
const beyond = new Set<Reason>(['vault-unknown', 'key-unreadable']);

/** Out of the vault too. */
async function removeKey({ world, pool, secrets }: Parts, keyId: string): Promise<void> {
  const secret = await findSecret(pool, keyId);
  await forget(pool, [keyId], { now: world.now() });
  if (secret?.kind !== 'vault') return;
  const { name } = secret;
  try {
    await whileAlone(pool, lockName({ queue: 'clear', key: name }), () => secrets.clear(name));
  } catch (error) {
    if (!(error instanceof ConnectorError) || !beyond.has(error.reason)) throw error;
  }
}
