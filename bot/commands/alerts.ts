import type { Card } from '../../cards/kit/template.ts';
import { alertsCard, noticeCard } from '../../cards/messages/notice.ts';
import { sentences } from '../../cards/words/sentences.ts';
import { need } from '../../ingestion/azure/access/rights.ts';
import { listWorkspacesOf } from '../../ingestion/connector/directory.ts';
import { auditDeed, type Deed, doAllowed, turnDeadline } from '../authorization.ts';
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
    const refusal = await route(backend, call, desired);
    if (refusal) return noticeCard({ title: 'Nothing was changed', text: refusal, tone: 'warning' });
    return drawAlerts(backend, call, desired === 'here');
  },
};

const responderNeeds = [need('Microsoft.SecurityInsights/incidents/write')];

/** Alerts are about all connectors, so it takes the right on the workspace of each. The sentence of a refusal, or null. */
async function route(backend: Backend, call: CommandCall, desired: 'here' | 'off'): Promise<string | null> {
  const { runtime, pool } = backend;
  const { tenantId, conversation } = call;
  const workspaces = await listWorkspacesOf(pool, tenantId);
  if (workspaces.length === 0) return sentences.nothingToRoute;
  const asked = { asker: call, action: 'alerts' as const, deadline: turnDeadline(runtime) };
  const target = conversation.name || conversation.kind;
  const deed: Deed = { ...asked, connectorId: null, target, workspaces, needs: responderNeeds };
  const done = await doAllowed(backend, deed, async (tx) => {
    await setAlerts(tx, conversation.id, desired === 'here');
    await auditDeed(tx, deed, { result: desired, now: runtime.now() });
  });
  return done.kind === 'refused' ? done.text : null;
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
