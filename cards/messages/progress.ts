import { type Connector, type Pause, pauseOf } from '../../ingestion/connector/connector.ts';
import { pauseAction, remedyActions, retryAction, statusAction } from '../kit/actions.ts';
import { header, type Tone } from '../kit/header.ts';
import { type Card, expand } from '../kit/template.ts';
import { shown } from '../kit/text.ts';
import { clock, moment } from '../kit/times.ts';
import { borneWords, firstRowsWords } from '../words/first-rows.ts';
import { hintOf } from '../words/hints.ts';
import { retrying } from '../words/state.ts';
import { provisioningWords, removalWords, type StepWords } from '../words/steps.ts';
import { problemBlock } from './problem.ts';
import template from './progress.json' with { type: 'json' };

type StepState = 'done' | 'running' | 'waiting' | 'failed';
type Step = { text: string; state: StepState; notes: string[] };

const looks = new Map<StepState, { mark: string; color: string; weight: string; subtle: boolean; word: string }>([
  ['done', { mark: '✓', color: 'Good', weight: 'Default', subtle: false, word: '' }],
  ['running', { mark: '◐', color: 'Accent', weight: 'Bolder', subtle: false, word: ' …' }],
  ['waiting', { mark: '○', color: 'Default', weight: 'Default', subtle: true, word: '' }],
  ['failed', { mark: '✕', color: 'Attention', weight: 'Bolder', subtle: false, word: ': failed' }],
]);

/**
 * The card that follows a connector from Connect to its first visible rows: every step with its state, the real cause of
 * a failed one, and Retry when something failed.
 */
export function progressCard(given: { connector: Connector; conversationName?: string; now: number }): Card {
  const { connector, conversationName, now } = given;
  if (connector.desired === 'delete') return farewell(connector, now);
  const pause = pauseOf(connector);
  if (pause) return atRest(connector, pause);
  const { provisioning, status } = connector;
  const steps = [
    ...[...provisioningWords].map(([step, words]) => provisioningStep(connector, step, words)),
    firstPoll(connector),
    visibleRows(connector),
  ];
  const failed = steps.some(({ state }) => state === 'failed');
  // What a poll has met has a card of its own, with what to do: the alert.
  const { problem } = provisioning;
  const { title, tone } = headline(connector, failed);
  const retry = retryAction(connector, problem);
  return expand(template, {
    fallback: title,
    header: header({ title: [title], tone, lines: [wayOf(connector)] }),
    steps: steps.map(drawn),
    problem: failed && problem ? [{ block: problemBlock(connector, problem, titleOf(problem)) }] : [],
    lines: [
      ...(problem ? [{ text: triedAgain(connector, retry, now) }] : []),
      ...(conversationName ? [{ text: `Alerts go to ${shown(conversationName)}.` }] : []),
    ],
    actions: [
      ...(problem ? remedyActions(connector, problem) : []),
      ...(status.lastPollAt === null ? [] : [statusAction(connector, 'Status')]),
    ],
  });
}

/** It was given a rest: by whom and since when. */
function atRest(connector: Connector, { at, by }: Pause): Card {
  const title = `‖ ${shown(connector.name)} is paused`;
  const since = `By ${shown(by.name)}, since ${moment(at)}. Nothing is read from Okta until it is resumed; then it goes on where it stopped.`;
  return expand(template, {
    fallback: title,
    header: header({ title: [title], lines: [wayOf(connector)] }),
    steps: [],
    problem: [],
    lines: [{ text: since }],
    actions: [pauseAction(connector), statusAction(connector, 'Status')],
  });
}

function wayOf({ domain, settings }: Connector): string {
  return `${shown(domain)} → ${shown(settings.workspace.name)}`;
}

/** When the failed step is tried next, without anybody's doing. */
function triedAgain(connector: Connector, { title }: Card, now: number): string {
  const { dueAt } = connector;
  const asked = retrying(connector, null);
  if (asked) return asked;
  if (dueAt <= now) return 'Patchbay is trying again now.';
  return `${title} tries again at once. By itself, Patchbay tries again at ${clock(dueAt)}.`;
}

/** What is left of the card when its connector is deleted: how far that is, and what stands in its way. */
function farewell(connector: Connector, now: number): Card {
  const { provisioning } = connector;
  const name = shown(connector.name);
  const title = provisioning.removedAt !== null ? `✓ ${name} was deleted` : `◐ ${name} is being deleted`;
  const rest = 'Its data collection rule and the stored key go. The table and its data stay.';
  const retry = retryAction(connector, provisioning.problem);
  return expand(template, {
    fallback: title,
    header: header({
      title: [provisioning.problem ? `✕ ${name} could not be deleted yet` : title],
      tone: provisioning.problem ? 'attention' : 'default',
      lines: [wayOf(connector)],
    }),
    steps: undoneSteps(provisioning).map(drawn),
    problem: provisioning.problem
      ? [{ block: problemBlock(connector, provisioning.problem, titleOf(provisioning.problem)) }]
      : [],
    lines: [...(provisioning.problem ? [{ text: triedAgain(connector, retry, now) }] : []), { text: rest }],
    actions: provisioning.problem ? [retry] : [],
  });
}

function undoneSteps({ running, problem, removedAt }: Connector['provisioning']): Step[] {
  const all = [...removalWords];
  const at = problem ? all.findIndex(([step]) => step === running) : 0;
  return all.map(([, { title: text }], index) => {
    if (removedAt !== null || index < at) return { text, state: 'done', notes: [] };
    return { text, state: index > at ? 'waiting' : problem ? 'failed' : 'running', notes: [] };
  });
}

function titleOf({ reason }: NonNullable<Connector['provisioning']['problem']>): { text: string; health: 'error' } {
  return { text: hintOf(reason).title, health: 'error' };
}

function headline(connector: Connector, failed: boolean): { title: string; tone: Tone } {
  const name = shown(connector.name);
  if (failed) return { title: `✕ ${name} could not be connected`, tone: 'attention' };
  if (connector.status.firstSeenAt !== null) return { title: `✓ ${name} is connected`, tone: 'good' };
  return { title: `◐ Connecting ${name}`, tone: 'accent' };
}

function provisioningStep(connector: Connector, step: string, { title: text, notes }: StepWords): Step {
  const { provisioning } = connector;
  // A connector that was built before the step was known has nothing to wait for.
  if (provisioning.done.includes(step) || provisioning.finishedAt !== null)
    return { text, state: 'done', notes: notes?.(connector) ?? [] };
  if (provisioning.running !== step) return { text, state: 'waiting', notes: [] };
  return { text, state: provisioning.problem ? 'failed' : 'running', notes: [] };
}

function firstPoll(connector: Connector): Step {
  const { provisioning, status } = connector;
  const text = 'Read the first events and send them';
  const { failing, lastPollAt } = status;
  if (status.firstSeenAt !== null) return { text, state: 'done', notes: [] };
  if (provisioning.finishedAt === null) return { text, state: 'waiting', notes: [] };
  if (lastPollAt === null) return { text, state: 'running', notes: [] };
  if (failing && status.health === 'error') return { text, state: 'failed', notes: alerted(connector) };
  const borne = borneWords(connector);
  return borne ? { text, state: 'running', notes: [borne] } : { text, state: 'done', notes: [] };
}

function visibleRows(connector: Connector): Step {
  const { status } = connector;
  const text = 'See the rows in the workspace';
  if (status.firstSeenAt !== null) return { text, state: 'done', notes: [] };
  if (firstPoll(connector).state !== 'done') return { text, state: 'waiting', notes: [] };
  if (status.health === 'error') return { text, state: 'failed', notes: alerted(connector) };
  const silent = status.lastEventAt === null ? ['Okta has had no events yet. Sign in to Okta once to make one.'] : [];
  return { text, state: 'running', notes: [firstRowsWords(connector), ...silent] };
}

/** One problem, one card: the alert says the rest, and this one goes on when it is over. */
function alerted({ status: { problem } }: Connector): string[] {
  if (!problem) return [];
  return [`${hintOf(problem.reason).title}. The alert about it says what to do; this card goes on when that is over.`];
}

function drawn({ text, state, notes }: Step): Card {
  const look = looks.get(state);
  return { ...look, text: `${text}${look?.word ?? ''}`, notes: notes.map((note) => ({ text: note })) };
}
