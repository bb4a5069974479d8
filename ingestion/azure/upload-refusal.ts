import type { PipelineResponse } from '@azure/core-rest-pipeline';
import type { Evidence } from '../errors.ts';
import type { Reason } from '../reasons.ts';

/** Answers after which the same upload fails again, whatever was in it. */
const byStatus = new Map<number, Reason>([
  [401, 'identity-failed'],
  [404, 'rule-missing'],
]);

/**
 * Words by which Azure's services say that it is the network and not a right. Those of the ingestion endpoint are not
 * documented; these are the documented ones of its neighbours: Key Vault's and Storage's codes, network security perimeters,
 * `publicNetworkAccessForIngestion` of the workspace and `publicNetworkAccess` of an endpoint
 * (learn.microsoft.com/azure/azure-monitor/fundamentals/private-link-security).
 */
const ofTheNetwork =
  /public[\s-]?network|private[\s-]?(link|endpoint)|network[\s-]?(security[\s-]?perimeter|isolation|acl|rule)|\bnsp\b|firewall|ForbiddenByConnection|\bip[\s-]?address/i;
/** The documented beginning where the role is missing (aka.ms/azsdk/java/monitor/ingestion/troubleshoot). */
const ofTheRole = /does not have access to ingest data/i;
const ofAPolicy = /RequestDisallowedByPolicy|disallowed by policy/i;

/**
 * Why an upload is refused for good, by its status; where one status lumps things together, by the code and words that Azure
 * gives. Null: it may be taken when it is sent again, or it is what was sent that is wrong.
 */
export function uploadRefusal({ status, code = '', text = '' }: Evidence): Reason | null {
  if (status === 400) return code === 'InvalidStream' ? 'rule-missing' : null;
  if (status === 403) return forbidden(`${code} ${text}`);
  return byStatus.get(status ?? 0) ?? null;
}

function forbidden(said: string): Reason {
  // Names of resources may hold any word.
  const words = said.replaceAll(/\/subscriptions\/\S+/gi, '');
  if (ofTheRole.test(words)) return 'role-missing';
  if (ofTheNetwork.test(words)) return 'network-closed';
  return ofAPolicy.test(words) ? 'policy-denies' : 'role-missing';
}

/** What the ingestion endpoint says of itself, for support. */
export function evidenceOf(response: PipelineResponse): Evidence {
  const requestId = response.headers.get('x-ms-request-id') ?? response.request.headers.get('x-ms-client-request-id');
  const evidence: Evidence = { status: response.status, ...(requestId ? { requestId } : {}) };
  try {
    const said = JSON.parse(response.bodyAsText ?? '') as { error?: { code?: unknown; message?: unknown } };
    if (typeof said.error?.code === 'string') evidence.code = said.error.code;
    if (typeof said.error?.message === 'string') evidence.text = said.error.message.slice(0, 300);
  } catch {
    // Not the service's JSON: the status alone is the evidence.
  }
  return evidence;
}
