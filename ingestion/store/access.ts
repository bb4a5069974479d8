import type { TokenCredential } from '@azure/core-auth';
import type pg from 'pg';
import { ConnectorError } from '../errors.ts';
import type { Cloud } from '../runtime/clouds.ts';

/** Where the store is, and what signs in there: the password in its URL, or tokens of the bot's identity in Microsoft Entra. */
export type Address = { url: string; auth: 'password' | 'entra' };

/** Who signs in by Entra, and in which cloud. */
export type Identity = { credential: TokenCredential; cloud: Cloud };

/** What a connection needs to sign in. */
export type Access = Pick<
  pg.ClientConfig,
  'connectionString' | 'host' | 'port' | 'user' | 'database' | 'ssl' | 'password'
>;

/**
 * How connections sign in at the address. With Entra each one asks for a token of its own, which stands in the password's place
 * (learn.microsoft.com/azure/postgresql/flexible-server/concepts-azure-ad-authentication). The URL has passed `faultOfEntra`; a
 * connection whose token can't be had is refused by the server, and `explained` says why.
 */
export function accessTo({ url, auth }: Address, identity: Identity): Access {
  if (auth === 'password') return { connectionString: url };
  // Part by part: beside a whole URL, whose password is empty, pg would not look at ours.
  const { hostname, port, username, pathname, searchParams } = new URL(url);
  const secure = searchParams.get('sslmode') === 'verify-full';
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port || 5432),
    user: decodeURIComponent(username),
    database: decodeURIComponent(pathname.slice(1)),
    ssl: secure ? { rejectUnauthorized: true } : false,
    // Without an answer the connection would stay open until the server gives up on it, a minute later.
    password: () => tokenFor(identity).catch(() => 'no token'),
  };
}

async function tokenFor({ credential, cloud }: Identity): Promise<string> {
  const got = await credential.getToken(`${cloud.databases}/.default`);
  if (!got) throw new Error('The bot’s identity gave no token.');
  return got.token;
}

const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** What is wrong with the URL of a store that is signed in to by Entra, to follow "DATABASE_AUTH=entra"; null when nothing is. */
export function faultOfEntra(url: string | null): string | null {
  if (!url) return 'needs DATABASE_URL, as the embedded PostgreSQL does not know Entra';
  if (!URL.canParse(url)) return 'needs a DATABASE_URL like postgres://role@host:5432/database?sslmode=verify-full';
  const { protocol, username, password, hostname, pathname, search } = new URL(url);
  if (!/^postgres(ql)?:$/.test(protocol) || !username || pathname.length < 2)
    return 'needs a role and a database in DATABASE_URL: postgres://role@host:5432/database?sslmode=verify-full';
  if (password) return 'needs a DATABASE_URL without a password: a token of the bot’s identity takes its place';
  const checked = search === '?sslmode=verify-full' || (search === '' && loopback.test(hostname));
  return checked
    ? null
    : 'needs ?sslmode=verify-full at the end of DATABASE_URL, and nothing else there: tokens go only to a server whose certificate is right';
}

/**
 * Why a store that is signed in to by Entra can't be opened, in an error for whoever starts the app; other errors as they are.
 * Asks for a token once more, as the connection could not say whether it had one.
 */
export async function explained(error: unknown, address: Address, identity: Identity): Promise<unknown> {
  const { code, message } = error as { code?: string; message?: string };
  const refused = code === '28P01' || code === '28000';
  if (address.auth === 'password' || !(refused || /timeout/.test(message ?? ''))) return error;
  const { host, user, database } = accessTo(address, identity);
  const noToken = await tokenFor(identity).then(
    () => null,
    (fault: Error) => fault,
  );
  if (noToken) {
    return new Error(
      `The bot’s identity gets no token for the database ${host} (DATABASE_AUTH=entra). Check that the identity is given to this process: AZURE_CLIENT_ID for a user-assigned one. Azure says: ${wordsOf(noToken)}`,
      { cause: noToken },
    );
  }
  if (!refused) return error;
  return new Error(
    `The database ${host} does not let the role "${user}" in with a token of the bot’s identity (${message}). The role in DATABASE_URL must be the name of the identity, upper and lower case included. Make it a Microsoft Entra administrator of the server (Authentication › Add Microsoft Entra administrators), or, as such an administrator, say in the database postgres: select * from pgaadauth_create_principal('${user}', false, false); and: grant create, connect on database "${database}" to "${user}";`,
    { cause: error },
  );
}

/** The identity's own words, whole, where its failure was given a reason. */
function wordsOf(fault: Error): string {
  const whole = fault instanceof ConnectorError && fault.reason === 'identity-failed' ? fault.cause : null;
  return whole instanceof Error ? whole.message : fault.message;
}
