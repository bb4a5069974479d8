import type { Connector, ProvisioningStep } from '../../ingestion/connector/connector.ts';
import { remedyActions, retryAction, statusAction } from '../kit/actions.ts';
import { header, type Tone } from '../kit/header.ts';
import { type Card, expand, plain } from '../kit/template.ts';
import { clock } from '../kit/times.ts';
import { hintOf } from '../words/hints.ts';
import { problemBlock, whileRemoved } from './problem.ts';
import template from './progress.json' with { type: 'json' };

type StepState = 'done' | 'running' | 'waiting' | 'failed';
type Step = { text: string; state: StepState; notes: string[] };

/** The steps of building, in their order. */
const titles = new Map<ProvisioningStep, string>([
  ['rights', 'Check Patchbay’s rights'],
  ['table', 'Create the table OktaSystemLogs\\_CL'],
  ['functions', 'Save the functions that Sentinel content reads'],
  ['rule', 'Create the data collection rule'],
  ['grant', 'Allow Patchbay to send to it'],
  ['health', 'Prepare the table OktaConnectorHealth\\_CL and its rule'],
  ['key', 'Store the API token'],
]);

const looks = new Map<StepState, { mark: string; color: string; weight: string; subtle: boolean; word: string }>([
  ['done', { mark: '✓', color: 'Good', weight: 'Default', subtle: false, word: '' }],
  ['running', { mark: '◐', color: 'Accent', weight: 'Bolder', subtle: false, word: ' …' }],
  ['waiting', { mark: '○', color: 'Default', weight: 'Default', subtle: true, word: '' }],
  ['failed', { mark: '✕', color: 'Attention', weight: 'Bolder', subtle: false, word: ': failed' }],
]);

/** The first rows are expected within this time of the start. */
const firstDataMs = 30 * 60_000;

/**
 * The card that follows a connector from Connect to its first visible rows: every step with its state, the real cause of
 * a failed one, and Retry when something failed.
 */
export function progressCard(given: { connector: Connector; conversationName?: string; now: number }): Card {
  const { connector, conversationName, now } = given;
  if (connector.desired === 'delete') return farewell(connector, now);
  const { provisioning, status, settings } = connector;
  const steps = [
    ...[...titles.keys()].map((step) => provisioningStep(connector, step)),
    firstPoll(connector),
    visibleRows(connector),
  ];
  const failed = steps.some(({ state }) => state === 'failed');
  const problem = provisioning.problem ?? (status.health === 'error' ? status.problem : null);
  const { title, tone } = headline(connector, failed);
  const retry = retryAction(connector, problem);
  return expand(template, {
    fallback: title,
    header: header({ title, tone, lines: [`${plain(connector.domain)} → ${plain(settings.workspace.name)}`] }),
    steps: steps.map(drawn),
    problem: failed && problem ? [{ block: problemBlock(problem, titleOf(problem)) }] : [],
    lines: [
      ...(failed ? [{ text: triedAgain(connector, retry, now) }] : []),
      ...(conversationName ? [{ text: `Alerts go to ${plain(conversationName)}.` }] : []),
    ],
    actions: [
      ...(failed ? remedyActions(connector, problem) : []),
      ...(status.lastPollAt === null ? [] : [statusAction(connector, 'Status')]),
    ],
  });
}

/** When the failed step is tried next, without anybody's doing. */
function triedAgain({ dueAt }: Connector, { title }: Card, now: number): string {
  if (dueAt <= now) return 'Patchbay is trying again now.';
  return `${title} tries again at once. By itself, Patchbay tries again at ${clock(dueAt)}.`;
}

/** What is undone when a connector is deleted, by the step that made it, in this order. */
const undone = new Map<ProvisioningStep, string>([
  ['grant', 'Take back the permission to send'],
  ['rule', 'Delete the data collection rule'],
  ['key', 'Delete the stored API token'],
]);

/** What is left of the card when its connector is deleted: how far that is, and what stands in its way. */
function farewell(connector: Connector, now: number): Card {
  const { provisioning, domain, settings } = connector;
  const name = plain(connector.name);
  const title = provisioning.removedAt !== null ? `✓ ${name} was deleted` : `◐ ${name} is being deleted`;
  const rest = 'Its data collection rule and the stored key go. The table and its data stay.';
  const retry = retryAction(connector, provisioning.problem);
  return expand(template, {
    fallback: title,
    header: header({
      title: provisioning.problem ? `✕ ${name} could not be deleted yet` : title,
      tone: provisioning.problem ? 'attention' : 'default',
      lines: [`${plain(domain)} → ${plain(settings.workspace.name)}`],
    }),
    steps: undoneSteps(provisioning).map(drawn),
    problem: provisioning.problem
      ? [{ block: problemBlock(provisioning.problem, titleOf(provisioning.problem), whileRemoved) }]
      : [],
    lines: [...(provisioning.problem ? [{ text: triedAgain(connector, retry, now) }] : []), { text: rest }],
    actions: provisioning.problem ? [retry] : [],
  });
}

function undoneSteps({ running, problem, removedAt }: Connector['provisioning']): Step[] {
  const all = [...undone];
  const at = problem ? all.findIndex(([step]) => step === running) : 0;
  return all.map(([, text], index) => {
    if (removedAt !== null || index < at) return { text, state: 'done', notes: [] };
    return { text, state: index > at ? 'waiting' : problem ? 'failed' : 'running', notes: [] };
  });
}

function titleOf({ reason }: NonNullable<Connector['provisioning']['problem']>): { text: string; health: 'error' } {
  return { text: hintOf(reason).title, health: 'error' };
}

function headline(connector: Connector, failed: boolean): { title: string; tone: Tone } {
  const name = plain(connector.name);
  if (failed) return { title: `✕ ${name} could not be connected`, tone: 'attention' };
  if (connector.status.firstSeenAt !== null) return { title: `✓ ${name} is connected`, tone: 'good' };
  return { title: `◐ Connecting ${name}`, tone: 'accent' };
}

function provisioningStep(connector: Connector, step: ProvisioningStep): Step {
  const { provisioning } = connector;
  const text = titles.get(step) ?? step;
  // A connector that was built before the step was known has nothing to wait for.
  if (provisioning.done.includes(step) || provisioning.finishedAt !== null)
    return { text, state: 'done', notes: notesOf.get(step)?.(connector) ?? [] };
  if (provisioning.running !== step) return { text, state: 'waiting', notes: [] };
  return { text, state: provisioning.problem ? 'failed' : 'running', notes: [] };
}

/** What there is to know of a step that is done. */
const notesOf = new Map<ProvisioningStep, (connector: Connector) => string[]>([
  ['table', otherTier],
  ['functions', ({ provisioning }) => leftAlone(provisioning)],
]);

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

function leftAlone({ leftAlone: names = [] }: Connector['provisioning']): string[] {
  if (names.length === 0) return [];
  return [`Another saved search has the name, so Patchbay left it alone: ${plain(names.join(', '), 200)}.`];
}

function firstPoll({ provisioning, status }: Connector): Step {
  const text = 'Read the first events and send them';
  const { failing, lastPollAt } = status;
  if (status.firstSeenAt !== null) return { text, state: 'done', notes: [] };
  if (provisioning.finishedAt === null) return { text, state: 'waiting', notes: [] };
  if (lastPollAt === null) return { text, state: 'running', notes: [] };
  if (failing && status.health === 'error') return { text, state: 'failed', notes: [] };
  if (failing?.reason === 'role-missing') {
    const note =
      'Waiting for Azure: the new permission takes up to 30 minutes to take effect. Nothing needs to be done.';
    return { text, state: 'running', notes: [note] };
  }
  if (failing) return { text, state: 'running', notes: [`${hintOf(failing.reason).title}. Patchbay is trying again.`] };
  return { text, state: 'done', notes: [] };
}

function visibleRows(connector: Connector): Step {
  const { status } = connector;
  const text = 'See the rows in the workspace';
  if (status.firstSeenAt !== null) return { text, state: 'done', notes: [] };
  if (firstPoll(connector).state !== 'done') return { text, state: 'waiting', notes: [] };
  if (status.health === 'error') return { text, state: 'failed', notes: [] };
  const { createdAt, provisioning } = connector;
  const since = [createdAt, provisioning.finishedAt, status.lastFailedAt, status.unseenSince].map((time) => time ?? 0);
  const deadline = clock(Math.max(...since) + firstDataMs);
  const silent = status.lastEventAt === null ? ['Okta has had no events yet. Sign in to Okta once to make one.'] : [];
  return { text, state: 'running', notes: [`Pending: the first rows are expected until ${deadline}.`, ...silent] };
}

function drawn({ text, state, notes }: Step): Card {
  const look = looks.get(state);
  return { ...look, text: `${text}${look?.word ?? ''}`, notes: notes.map((note) => ({ text: note })) };
}
