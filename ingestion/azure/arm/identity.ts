import { ConnectorError } from '../../errors.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { azure, managerScope } from './client.ts';

/** Object id and tenant of the bot's own identity, as its own token says. Throws ConnectorError: identity-failed, or as `azure` does. */
export async function ownIdentity(runtime: Runtime): Promise<{ principalId: string; tenantId: string }> {
  const token = await azure(() => runtime.credential.getToken(managerScope(runtime)));
  const claims = JSON.parse(Buffer.from(token?.token.split('.')[1] ?? '', 'base64url').toString() || '{}') as {
    oid?: string;
    tid?: string;
  };
  if (!claims.oid) throw new ConnectorError('identity-failed', { text: "The identity's token names no object id." });
  return { principalId: claims.oid, tenantId: claims.tid ?? '' };
}
