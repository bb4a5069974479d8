import type { Card } from '../../cards/kit/template.ts';
import { alertsCard, noticeCard } from '../../cards/messages/notice.ts';
import { sentences } from '../../cards/words/sentences.ts';
import { need } from '../../ingestion/azure/access/rights.ts';
import { audit } from '../../ingestion/connector/audit.ts';
import { listConnectors } from '../../ingestion/connector/connectors.ts';
import { refusalOn, turnDeadline } from '../authorization.ts';
import type { Backend } from '../backend.ts';
import { listAlertConversations, setAlerts } from '../teams/conversations.ts';
import type { Command, CommandCall } from './command.ts';

/** Has all alerts come to this conversation, or no more, for those who may answer incidents on every workspace. */
export const alerts: Command = {
  word: 'alerts',
  usage: 'alerts here|off|list',
  what: 'Choose where alerts go',
  async run(backend, call) {
    const desired = call.argument.toLowerCase();
    if (desired !== 'here' && desired !== 'off') return drawAlerts(backend, call, call.conversation.alerts);
    const refusal = await refusalToRoute(backend, call);
    if (refusal) return noticeCard({ title: 'Nothing was changed', text: refusal, tone: 'warning' });
    await route(backend, call, desired);
    return drawAlerts(backend, call, desired === 'here');
  },
};

const responderNeeds = [need('Microsoft.SecurityInsights/incidents/write')];

/** Alerts are about all connectors, so it takes the right on the workspace of each. */
async function refusalToRoute(backend: Backend, { tenantId, person }: CommandCall): Promise<string | null> {
  const workspaces = new Map(
    (await listConnectors(backend.pool, tenantId)).map(({ settings }) => [settings.workspace.id, settings.workspace]),
  );
  const deadline = turnDeadline(backend.runtime);
  const refusals = await Promise.all(
    [...workspaces.values()].map((workspace) =>
      refusalOn(backend, { person, workspace, needs: responderNeeds }, deadline),
    ),
  );
  return refusals.find((refusal) => refusal !== null) ?? (workspaces.size > 0 ? null : sentences.nothingToRoute);
}

async function route({ runtime, pool }: Backend, call: CommandCall, desired: 'here' | 'off'): Promise<void> {
  const { tenantId, person: actor, conversation, activityId } = call;
  await setAlerts(pool, conversation.id, desired === 'here');
  const target = conversation.name || conversation.kind;
  await audit(
    pool,
    { tenantId, actor, action: 'alerts', target, result: desired, conversationId: conversation.id, activityId },
    runtime.now(),
  );
}

async function drawAlerts({ pool }: Backend, { tenantId, conversation }: CommandCall, on: boolean): Promise<Card> {
  const others = (await listAlertConversations(pool, tenantId)).filter(({ id }) => id !== conversation.id);
  const channels = others.filter(({ kind }) => kind === 'channel').map(({ name }) => name || 'a channel');
  // Whose personal chats they are is nobody's business.
  const chats = others.length - channels.length;
  return alertsCard({
    conversationName: conversation.name,
    on,
    others: chats > 0 ? [...channels, chats === 1 ? 'a personal chat' : `${chats} personal chats`] : channels,
  });
}
