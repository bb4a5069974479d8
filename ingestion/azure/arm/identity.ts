import { ConnectorError } from '../../errors.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { isGuid } from '../../store/guid.ts';
import { azure, managerScope } from './client.ts';

/** Object id and tenant of the bot's own identity, as its own token says. Throws ConnectorError: identity-failed, or as `azure` does. */
export async function ownIdentity(runtime: Runtime): Promise<{ principalId: string; tenantId: string }> {
  const token = await azure(() => runtime.credential.getToken(managerScope(runtime)));
  const { oid, tid } = claimsOf(token?.token ?? '');
  if (typeof oid !== 'string' || !isGuid(oid))
    throw new ConnectorError('identity-failed', { text: "The identity's token names no object id." });
  return { principalId: oid, tenantId: typeof tid === 'string' ? tid : '' };
}

function claimsOf(token: string): { oid?: unknown; tid?: unknown } {
  try {
    return Object(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()));
  } catch {
    // A token that nobody but its audience can read names nobody.
    return {};
  }
}
