import { join } from 'node:path';
import { type CloudName, clouds } from '../ingestion/runtime/clouds.ts';
import { type Proxies, readProxies } from '../ingestion/runtime/proxy.ts';
import { type Address, faultOfEntra } from '../ingestion/store/access.ts';
import { isGuid } from '../ingestion/store/guid.ts';

/** All that an operator sets, read from the environment once. */
export type Config = {
  /** Public listener for Teams. */
  host: string;
  port: number;
  /** Private listener: /healthz, /readyz. */
  healthHost: string;
  healthPort: number;
  bot: BotIdentity;
  allowedTenants: string[];
  /** Hosts from which Teams may speak, besides those of the cloud: `host` or `host:port`. */
  serviceHosts: string[];
  /** Which of Microsoft's clouds the bot and the workspaces are in. */
  cloud: CloudName;
  dataDir: string;
  databaseUrl: string | null;
  databaseAuth: Address['auth'];
  /** Where Okta tokens are kept; null: in the store, sealed with the secret key. */
  keyVaultUrl: string | null;
  secretKey: string | null;
  secretKeyFile: string;
  /** Our part of each Okta org's rate limit, 0 to 1. */
  oktaShare: number;
  /** The most that the body of an upload may have before it is compressed. */
  uploadBytes: number;
  /** By which proxies outbound calls go. */
  proxies: Proxies;
  logLevel: string;
};

export type BotIdentity =
  | { appId: string; tenantId: string; type: 'SingleTenant'; password: string }
  | { appId: string; tenantId: string; type: 'UserAssignedMSI' };

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** Reads the environment; throws one error that names everything missing or wrong. */
export function readConfig(env: Record<string, string | undefined>): Config {
  const faults: string[] = [];
  const text = (name: string) => env[name]?.trim() || null;
  const needed = (name: string, what: string) => {
    const value = text(name);
    if (!value) faults.push(`${name} is missing: ${what}`);
    return value ?? '';
  };
  const id = (name: string, what: string) => {
    const value = needed(name, what);
    if (value && !isGuid(value)) faults.push(`${name} must be a GUID`);
    return value.toLowerCase();
  };
  const port = (name: string, standard: number) => {
    const value = Number(text(name) ?? standard);
    if (!Number.isInteger(value) || value < 0 || value > 65_535) faults.push(`${name} must be a port number`);
    return value;
  };
  const share = (name: string, standard: number) => {
    const percent = Number(text(name) ?? standard);
    if (!(percent >= 1 && percent <= 100)) faults.push(`${name} must be a percentage from 1 to 100`);
    return percent / 100;
  };
  const bytes = (name: string, standard: number, [least, most]: [number, number]) => {
    const value = Number(text(name) ?? standard);
    const fits = Number.isInteger(value) && value >= least && value <= most;
    if (!fits) faults.push(`${name} must be a whole number of bytes from ${least} to ${most}`);
    return value;
  };
  const oneOf = (name: string, values: string[], standard: string) => {
    const value = text(name) ?? standard;
    if (!values.includes(value)) faults.push(`${name} must be one of ${values.join(', ')}`);
    return value;
  };

  const vault = (name: string, cloud: CloudName) => {
    const value = text(name);
    const { vaults } = clouds[cloud];
    const right = new RegExp(`^https://[a-z][a-z0-9-]{1,22}[a-z0-9]\\.${vaults.replaceAll('.', '\\.')}/?$`, 'i');
    if (value && !right.test(value))
      faults.push(`${name} must be https://<name of the vault>.${vaults}, the vault address of AZURE_CLOUD ${cloud}`);
    return value;
  };

  const appId = id('MICROSOFT_APP_ID', "the bot's app (client) id");
  const tenantId = id('MICROSOFT_APP_TENANT_ID', 'the tenant in which the bot is registered');
  // The SDK would take a misspelt type for multi-tenant without a word.
  const type = oneOf('MICROSOFT_APP_TYPE', ['SingleTenant', 'UserAssignedMSI'], 'SingleTenant');
  const password = type === 'SingleTenant' ? needed('MICROSOFT_APP_PASSWORD', "the app's client secret") : '';
  const allowedTenants = (text('ALLOWED_TENANTS') ?? tenantId)
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
  for (const tenant of allowedTenants) if (!isGuid(tenant)) faults.push(`ALLOWED_TENANTS: ${tenant} is no GUID`);
  const serviceHosts = (text('TEAMS_SERVICE_HOSTS') ?? '')
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
  for (const host of serviceHosts)
    if (!isHost(host))
      faults.push(`TEAMS_SERVICE_HOSTS: ${host.slice(0, 100)} is no host name; write it without https:// and path`);
  const { proxies, faults: proxyFaults } = readProxies(env);
  faults.push(...proxyFaults);
  const dataDir = text('DATA_DIR') ?? '.data';
  const cloud = oneOf('AZURE_CLOUD', Object.keys(clouds), 'public');
  const config: Config = {
    host: text('HOST') ?? '0.0.0.0',
    port: port('PORT', 3978),
    healthHost: text('HEALTH_HOST') ?? '127.0.0.1',
    healthPort: port('HEALTH_PORT', 3979),
    bot: type === 'SingleTenant' ? { appId, tenantId, type, password } : { appId, tenantId, type: 'UserAssignedMSI' },
    allowedTenants,
    serviceHosts,
    cloud: cloud as CloudName,
    dataDir,
    databaseUrl: text('DATABASE_URL'),
    databaseAuth: oneOf('DATABASE_AUTH', ['password', 'entra'], 'password') as Address['auth'],
    keyVaultUrl: cloud in clouds ? vault('KEY_VAULT_URL', cloud as CloudName) : null,
    secretKey: text('SECRET_KEY'),
    secretKeyFile: text('SECRET_KEY_FILE') ?? join(dataDir, 'secret.key'),
    oktaShare: share('OKTA_RATE_SHARE', 50),
    uploadBytes: bytes('UPLOAD_BYTES', 1_000_000, [100_000, 10_000_000]),
    proxies,
    logLevel: oneOf('LOG_LEVEL', logLevels, 'info'),
  };
  const entra = config.databaseAuth === 'entra' ? faultOfEntra(config.databaseUrl) : null;
  if (entra) faults.push(`DATABASE_AUTH=entra ${entra}`);
  if (config.databaseUrl && !config.keyVaultUrl && !config.secretKey && !text('SECRET_KEY_FILE')) {
    faults.push(
      'KEY_VAULT_URL, SECRET_KEY or SECRET_KEY_FILE is missing: with DATABASE_URL, all instances must keep Okta tokens in the same vault, or seal them with the same key',
    );
  }
  if (faults.length > 0) throw new Error(`Patchbay can't start:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  return config;
}

/** A host name, with a port or without. */
function isHost(text: string): boolean {
  const url = `https://${text}/`;
  return URL.canParse(url) && new URL(url).host === text.replace(/:443$/, '');
}
