import type { Activity } from 'botbuilder';
import type { CloudName } from '../../ingestion/runtime/clouds.ts';
import { isGuid } from '../../ingestion/store/guid.ts';
import type { Config } from '../config/config.ts';
import { longestId, shaped } from './activity-shape.ts';

/** An activity is small; a bigger body is none. */
export const maxBodyBytes = 256 * 1024;

/**
 * From where Teams speaks, by cloud, as Microsoft's own SDKs list them (microsoft/teams.ts, cloud-environment.ts). Whole names:
 * trafficmanager.net is open to everybody who rents a name there.
 */
export const teamsHosts: Record<CloudName, readonly string[]> = {
  public: ['smba.trafficmanager.net', 'smba.onyx.prod.teams.trafficmanager.net', 'smba.infra.gcc.teams.microsoft.com'],
  usgovernment: ['smba.infra.gov.teams.microsoft.us', 'smba.infra.dod.teams.microsoft.us'],
  china: ['frontend.botapi.msg.infra.teams.microsoftonline.cn'],
};

/** Presses, dialogs, and those of the message extension. The SDK has a door for many more, and answers 501, which Teams repeats. */
const answered = new Set([
  'adaptiveCard/action',
  'task/fetch',
  'task/submit',
  'composeExtension/fetchTask',
  'composeExtension/submitAction',
]);

/** What was received as an activity that all that comes after can bear, or why it is turned away, for the log only. Never throws. */
export function readActivity(body: unknown, config: Gate): { activity: Activity } | { why: string } {
  const activity = isObject(body) ? shaped(body) : body;
  const why = refuse(activity, config);
  return why === null ? { activity: activity as unknown as Activity } : { why };
}

/**
 * What the SDK does not check, before it sees the activity: the shape, the channel, where answers would go, the tenant
 * and who it is. Null lets it in; a sentence, for the log only, says why not.
 */
export function refuse(activity: unknown, config: Gate): string | null {
  if (!isObject(activity)) return 'the body is no activity';
  const { type, name, channelId, serviceUrl, conversation, recipient, from, channelData, value } = activity;
  if (typeof type !== 'string' || type === '') return 'no type';
  if (channelId !== 'msteams') return 'not from Teams';
  if (!isServiceUrl(serviceUrl, config)) return 'the service URL is not allowed';
  if (!isObject(conversation) || typeof conversation.id !== 'string') return 'no conversation';
  if (!isObject(recipient) || typeof recipient.id !== 'string') return 'no recipient';
  if (!isObject(from) || typeof from.id !== 'string') return 'no sender';
  if ([conversation.id, recipient.id, from.id].some((id) => id.length > longestId)) return 'an id without end';
  const tenants = [conversation.tenantId, tenantIn(channelData)].filter((tenant) => tenant !== undefined);
  if (tenants.length === 0) return 'no tenant';
  if (tenants.some((tenant) => tenant !== tenants[0] || !isAllowed(tenant, config))) return 'the tenant is not allowed';
  const byPerson = type === 'message' || type === 'invoke';
  if (byPerson && !(typeof from.aadObjectId === 'string' && isGuid(from.aadObjectId)))
    return 'the sender has no object id';
  if (type === 'invoke' && !isObject(value)) return 'an invoke without a value';
  if (type === 'invoke' && !(typeof name === 'string' && answered.has(name))) return 'an invoke that nothing answers';
  // The SDK would throw.
  if (name === 'adaptiveCard/action' && !(isObject(value) && isObject(value.action)))
    return 'a press without an action';
  return null;
}

function isAllowed(tenant: unknown, { allowedTenants }: Gate): boolean {
  return typeof tenant === 'string' && allowedTenants.includes(tenant.toLowerCase());
}

/** The tenant of an activity that `refuse` let in. */
export function tenantOf(activity: Activity): string {
  return activity.conversation.tenantId ?? String(tenantIn(activity.channelData));
}

function tenantIn(channelData: unknown): unknown {
  return isObject(channelData) && isObject(channelData.tenant) ? channelData.tenant.id : undefined;
}

type Gate = Pick<Config, 'allowedTenants' | 'cloud' | 'serviceHosts'>;

function isServiceUrl(text: unknown, { cloud, serviceHosts }: Gate): boolean {
  if (typeof text !== 'string' || !URL.canParse(text)) return false;
  const { protocol, hostname, host } = new URL(text);
  return serviceHosts.includes(host) || (protocol === 'https:' && teamsHosts[cloud].includes(hostname));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
