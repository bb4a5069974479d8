import { randomBytes } from 'node:crypto';
import type { Cloud } from './cloud.ts';
import { type Call, isObject, Refusal, type Reply, readObject } from './exchange.ts';
import { type Claims, checkToken } from './identity.ts';

/** One version of a secret. Times in milliseconds. */
type Version = {
  version: string;
  value: string;
  enabled: boolean;
  contentType: string | undefined;
  tags: Record<string, unknown> | undefined;
  created: number;
  updated: number;
};

/** A secret with its versions, the newest last; with `deletedAt` it is soft-deleted. */
export type VaultSecret = { name: string; versions: Version[]; deletedAt: number | null };

/** A key vault; its roles are those on its ARM id. */
export type KeyVault = {
  id: string;
  name: string;
  /** By name in lower case: names are compared without case. */
  secrets: Map<string, VaultSecret>;
  purgeProtection: boolean;
  /** False: rights go by access policies, of which nobody has one. */
  rbac: boolean;
  /** False: the firewall lets nobody in. */
  open: boolean;
  /** How long a deletion goes on, in milliseconds of the simulator's clock. */
  deletionMs: number;
};

/** An empty vault that goes by roles. */
export function newVault(id: string): KeyVault {
  const name = id.split('/').at(-1) ?? '';
  return { id, name, secrets: new Map(), purgeProtection: false, rbac: true, open: true, deletionMs: 0 };
}

const retentionDays = 90;
const versions = ['7.5', '7.6', '2025-07-01', '2026-04-01'];

type Ask = { cloud: Cloud; call: Call; caller: Claims; vault: KeyVault; name: string; version: string };
type Route = { method: string; path: RegExp; action: string; answer(ask: Ask): Reply };

const name = '([0-9a-zA-Z-]{1,127})';
const routes: Route[] = [
  route('PUT', `/secrets/${name}`, 'setSecret/action', setSecret),
  route('GET', `/secrets/${name}/versions`, 'readMetadata/action', listVersions),
  route('GET', `/secrets/${name}(?:/([0-9a-f]{32})?)?`, 'getSecret/action', getSecret),
  route('PATCH', `/secrets/${name}/([0-9a-f]{32})`, 'update/action', updateSecret),
  route('DELETE', `/secrets/${name}`, 'delete', deleteSecret),
  route('GET', `/deletedsecrets/${name}`, 'readMetadata/action', getDeleted),
  route('POST', `/deletedsecrets/${name}/recover`, 'recover/action', recover),
  route('DELETE', `/deletedsecrets/${name}`, 'purge/action', purge),
];

/** Azure Key Vault's secrets: challenge, api-version, name, firewall, rights, and then the deed. */
export function answerVault(cloud: Cloud, call: Call): Reply {
  const vault = cloud.estate.vault(call.host.split('.')[0] ?? '');
  if (!vault) throw new Error(`nobody made the vault of ${call.host}`);
  const caller = challenge(cloud, call);
  if (!versions.includes(call.query.get('api-version') ?? '')) {
    cloud.unexpected(`Key Vault api-version ${call.query.get('api-version')}`);
    throw new Refusal(400, 'BadParameter', 'The specified version is not recognized.');
  }
  const fitting = routes.filter(({ path }) => path.test(call.path));
  const found = fitting.find(({ method }) => method === call.method);
  if (!found) {
    cloud.unexpected(`Key Vault ${call.method} ${call.path}`);
    throw new Refusal(fitting.length > 0 ? 405 : 404, 'NotFound', 'The simulator does not know this.');
  }
  const [, named = '', version = ''] = found.path.exec(call.path) ?? [];
  const ask = { cloud, call, caller, vault, name: named, version };
  authorize(ask, `Microsoft.KeyVault/vaults/secrets/${found.action}`);
  return found.answer(ask);
}

function route(method: string, path: string, action: string, answer: Route['answer']): Route {
  return { method, path: new RegExp(`^${path}/?$`), action, answer };
}

/** Without a token that is for vaults, it says where and for what one is to be had. */
function challenge(cloud: Cloud, call: Call): Claims {
  const audience = `https://${cloud.hosts.vaults.slice(1)}`;
  const result = checkToken(call, [audience]);
  if (typeof result !== 'string') return result;
  const authorization = `${cloud.hosts.authority}/${cloud.identity.tenantId}`;
  const headers = { 'www-authenticate': `Bearer authorization="${authorization}", resource="${audience}"` };
  const message =
    result === 'missing'
      ? 'AKV10000: Request is missing a Bearer or PoP token.'
      : `AKV10022: Invalid ${result === 'audience' ? 'audience' : 'token'}. Expected ${audience}.`;
  throw new Refusal(401, 'Unauthorized', message, { headers });
}

function authorize({ cloud, caller, vault, name: secret }: Ask, action: string): void {
  const who = `Caller: appid=${caller.appid};oid=${caller.oid};iss=https://sts.windows.net/${caller.tid}/`;
  const where = `Vault: ${vault.name};location=westeurope`;
  if (!vault.open) {
    const innererror = { code: 'ForbiddenByFirewall' };
    const message = `Client address is not authorized and caller is not a trusted service.\r\n${who}\r\n${where}`;
    throw new Refusal(403, 'Forbidden', message, { innererror });
  }
  if (!vault.rbac) {
    const message = `The user, group or application '${who}' does not have secrets permission on key vault '${vault.name};location=westeurope'.`;
    throw new Refusal(403, 'Forbidden', message, { innererror: { code: 'ForbiddenByPolicy' } });
  }
  const resource = `${vault.id}/secrets/${secret}`;
  if (cloud.directory.allowsData(caller.oid, action, resource)) return;
  throw new Refusal(
    403,
    'Forbidden',
    `Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\n${who}\r\nAction: '${action}'\r\nResource: '${resource.toLowerCase()}'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: 'DeniedWithNoValidRBAC'\r\n${where}\r\n`,
    { innererror: { code: 'ForbiddenByRbac' } },
  );
}

/** PUT: a new version; a name that is soft-deleted is taken. */
function setSecret({ cloud, call, vault, name: asked }: Ask): Reply {
  const { value, contentType, tags, attributes } = readObject(call);
  if (typeof value !== 'string' || value.length > 25_600)
    throw new Refusal(400, 'BadParameter', 'The property "value" must be a string of at most 25k characters.');
  if (contentType !== undefined && (typeof contentType !== 'string' || contentType.length > 255))
    throw new Refusal(400, 'BadParameter', 'The content type is too long.');
  if (tags !== undefined && !tagsAreRight(tags)) throw new Refusal(400, 'BadParameter', 'The tags are not valid.');
  const existing = vault.secrets.get(asked.toLowerCase());
  if (existing?.deletedAt != null) throw conflict(cloud, vault, existing);
  const secret: VaultSecret = existing ?? { name: asked, versions: [], deletedAt: null };
  const now = cloud.now();
  const made: Version = {
    version: randomBytes(16).toString('hex'),
    value,
    enabled: !isObject(attributes) || attributes.enabled !== false,
    contentType,
    tags: isObject(tags) ? tags : undefined,
    created: now,
    updated: now,
  };
  secret.versions.push(made);
  vault.secrets.set(asked.toLowerCase(), secret);
  return { status: 200, body: { value, ...shown(call, vault, secret, made) } };
}

/** At most 15 of at most 256 characters each. */
function tagsAreRight(tags: unknown): boolean {
  if (!isObject(tags)) return false;
  const all = Object.entries(tags);
  return (
    all.length <= 15 &&
    all.every(([key, value]) => typeof value === 'string' && key.length <= 256 && value.length <= 256)
  );
}

function getSecret(ask: Ask): Reply {
  const secret = living(ask);
  const found = ask.version ? secret.versions.find(({ version }) => version === ask.version) : secret.versions.at(-1);
  if (!found) throw notFound(ask);
  if (!found.enabled) {
    throw new Refusal(403, 'Forbidden', 'Operation get is not allowed on a disabled secret.', {
      innererror: { code: 'SecretDisabled' },
    });
  }
  return { status: 200, body: { value: found.value, ...shown(ask.call, ask.vault, secret, found) } };
}

function listVersions(ask: Ask): Reply {
  const { call, vault } = ask;
  const secret = living(ask);
  const size = 2; // small, so that everybody has to follow the pages
  const from = Number(call.query.get('$skiptoken') ?? 0);
  const value = secret.versions.slice(from, from + size).map((each) => shown(call, vault, secret, each));
  const more = secret.versions.length > from + size;
  const base = `https://${call.host}/secrets/${secret.name}/versions?api-version=${call.query.get('api-version')}`;
  return { status: 200, body: { value, nextLink: more ? `${base}&$skiptoken=${from + size}` : null } };
}

/** PATCH of attributes; the value can't be changed. */
function updateSecret(ask: Ask): Reply {
  const { cloud, call, vault } = ask;
  const secret = living(ask);
  const found = secret.versions.find(({ version }) => version === ask.version);
  if (!found) throw notFound(ask);
  const { attributes, value } = readObject(call);
  if (value !== undefined) throw new Refusal(400, 'BadParameter', 'The value of a version can not be changed.');
  if (isObject(attributes) && typeof attributes.enabled === 'boolean') found.enabled = attributes.enabled;
  found.updated = cloud.now();
  return { status: 200, body: shown(call, vault, secret, found) };
}

function deleteSecret(ask: Ask): Reply {
  const secret = living(ask);
  secret.deletedAt = ask.cloud.now();
  return { status: 200, body: shownDeleted(ask, secret) };
}

function getDeleted(ask: Ask): Reply {
  const secret = deleted(ask);
  return { status: 200, body: shownDeleted(ask, secret) };
}

function recover(ask: Ask): Reply {
  const secret = deleted(ask);
  secret.deletedAt = null;
  const newest = secret.versions.at(-1);
  return { status: 200, body: newest && shown(ask.call, ask.vault, secret, newest) };
}

function purge(ask: Ask): Reply {
  const { cloud, vault, name: asked } = ask;
  const secret = vault.secrets.get(asked.toLowerCase());
  if (secret?.deletedAt != null && isBeingDeleted(cloud, vault, secret)) throw conflict(cloud, vault, secret);
  deleted(ask);
  if (vault.purgeProtection) {
    throw new Refusal(
      403,
      'Forbidden',
      `Operation "purge" is not allowed because purge protection is enabled for this vault. Key Vault service will automatically purge it after the retention period has passed.\r\nVault: ${vault.name};location=westeurope`,
    );
  }
  vault.secrets.delete(asked.toLowerCase());
  return { status: 204 };
}

function living(ask: Ask): VaultSecret {
  const secret = ask.vault.secrets.get(ask.name.toLowerCase());
  if (!secret || secret.deletedAt !== null) throw notFound(ask);
  return secret;
}

/** One that can be looked at among the deleted: it takes a while until it is there. */
function deleted(ask: Ask): VaultSecret {
  const secret = ask.vault.secrets.get(ask.name.toLowerCase());
  if (!secret || secret.deletedAt === null || isBeingDeleted(ask.cloud, ask.vault, secret)) throw notFound(ask);
  return secret;
}

function isBeingDeleted(cloud: Cloud, { deletionMs }: KeyVault, { deletedAt }: VaultSecret): boolean {
  return deletedAt !== null && cloud.now() < deletedAt + deletionMs;
}

function notFound({ name: asked, version }: Ask): Refusal {
  return new Refusal(
    404,
    'SecretNotFound',
    `A secret with (name/id) ${asked}${version ? `/${version}` : ''} was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182`,
  );
}

function conflict(cloud: Cloud, vault: KeyVault, secret: VaultSecret): Refusal {
  if (isBeingDeleted(cloud, vault, secret)) {
    const innererror = { code: 'ObjectIsBeingDeleted' };
    return new Refusal(409, 'Conflict', `Secret ${secret.name} is currently being deleted.`, { innererror });
  }
  return new Refusal(
    409,
    'Conflict',
    `Secret ${secret.name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the secret can only be recovered or purged.`,
    { innererror: { code: 'ObjectIsDeletedButRecoverable' } },
  );
}

/** What the vault tells of a version: everything but the value. */
function shown(call: Call, vault: KeyVault, secret: VaultSecret, each: Version): Record<string, unknown> {
  const seconds = (ms: number) => Math.floor(ms / 1000);
  const { version, enabled, contentType, tags, created, updated } = each;
  return {
    ...(contentType && { contentType }),
    id: `https://${call.host}/secrets/${secret.name}/${version}`,
    attributes: {
      enabled,
      created: seconds(created),
      updated: seconds(updated),
      recoveryLevel: vault.purgeProtection ? 'Recoverable' : 'Recoverable+Purgeable',
      recoverableDays: retentionDays,
    },
    ...(tags && { tags }),
  };
}

function shownDeleted({ call, vault }: Ask, secret: VaultSecret): Record<string, unknown> {
  const newest = secret.versions.at(-1);
  const deletedDate = Math.floor((secret.deletedAt ?? 0) / 1000);
  return {
    ...(newest && shown(call, vault, secret, newest)),
    recoveryId: `https://${call.host}/deletedsecrets/${secret.name}`,
    deletedDate,
    scheduledPurgeDate: deletedDate + retentionDays * 86_400,
  };
}
