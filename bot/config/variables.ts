import { join } from 'node:path';
import { type CloudName, clouds } from '../../ingestion/runtime/clouds.ts';
import * as kinds from './kinds.ts';

/** The programs that read the environment: the app, `npm run quarantine` and `npm run package`. */
export type Program = 'app' | 'quarantine' | 'package';

/** What README's table and .env.example say of a variable. */
export type Documented = {
  name: string;
  /** README's column Default, where it is neither the default itself nor empty. */
  shownAs?: string;
  /** README's column Meaning. */
  meaning: string;
  /** What .env.example says instead; '' for a variable that the comment before it covers. */
  comment?: string;
  /** A value for .env.example, which then stands there as a comment. */
  example?: string;
};

/** All that is known of a variable that we read ourselves. */
export type Variable<T> = Documented & {
  usedBy: Program[];
  kind: kinds.Kind<T>;
  /** Without it, and when `when` says so, the program does not start: the fault says `what` it is, of it or of all `called`. */
  needed?: { what: string; when?(given: kinds.Given): boolean; called?: string };
  /** What it is when it is not set; null for nothing. Never checked. */
  fallback: string | null | ((given: kinds.Given) => string | null);
};

/** Every variable that we read, by the field that holds its value, in the order of the documents. */
export const variables = {
  appId: {
    name: 'MICROSOFT_APP_ID',
    usedBy: ['app', 'package'],
    kind: kinds.registeredId,
    needed: { what: "the bot's app (client) id" },
    fallback: null,
    shownAs: 'needed',
    meaning: "app (client) id of the bot's registration",
    comment:
      "The bot's registration (Azure Bot, single tenant or user-assigned managed identity). The first four are needed.",
  },
  tenantId: {
    name: 'MICROSOFT_APP_TENANT_ID',
    usedBy: ['app'],
    kind: kinds.registeredId,
    needed: { what: 'the tenant in which the bot is registered' },
    fallback: null,
    shownAs: 'needed',
    meaning: 'the tenant in which the bot is registered',
    comment: '',
  },
  appType: {
    name: 'MICROSOFT_APP_TYPE',
    usedBy: ['app'],
    // The SDK would take a misspelt type for multi-tenant without a word.
    kind: kinds.oneOf('SingleTenant', 'UserAssignedMSI'),
    fallback: 'SingleTenant',
    meaning: 'or `UserAssignedMSI`',
    comment: 'SingleTenant or UserAssignedMSI',
  },
  password: {
    name: 'MICROSOFT_APP_PASSWORD',
    usedBy: ['app'],
    kind: kinds.text,
    needed: {
      what: "the app's client secret",
      when: (given) => given.textOf('MICROSOFT_APP_TYPE') === 'SingleTenant',
    },
    fallback: null,
    shownAs: 'needed for `SingleTenant`',
    meaning: "the registration's client secret",
    comment: 'Not with UserAssignedMSI',
  },
  allowedTenants: {
    name: 'ALLOWED_TENANTS',
    usedBy: ['app'],
    kind: kinds.guids,
    fallback: (given) => given.textOf('MICROSOFT_APP_TENANT_ID'),
    shownAs: "the bot's tenant",
    meaning: 'tenants whose people may talk to the bot',
    comment: 'Tenants whose people may talk to the bot, separated by commas. Default: MICROSOFT_APP_TENANT_ID',
  },
  serviceHosts: {
    name: 'TEAMS_SERVICE_HOSTS',
    usedBy: ['app'],
    kind: kinds.hosts,
    fallback: '',
    meaning:
      'hosts from which Teams may speak, besides those that Microsoft documents for the cloud; separated by commas',
  },
  host: {
    name: 'HOST',
    usedBy: ['app'],
    kind: kinds.text,
    fallback: '0.0.0.0',
    meaning: 'address of the public listener, for Teams',
  },
  port: {
    name: 'PORT',
    usedBy: ['app'],
    kind: kinds.port,
    fallback: '3978',
    meaning: 'its port',
    comment: '',
  },
  healthHost: {
    name: 'HEALTH_HOST',
    usedBy: ['app'],
    kind: kinds.text,
    fallback: '127.0.0.1',
    meaning: 'address of the private listener, for `/healthz`, `/readyz` and `/metrics`; not for the internet',
    comment: 'The private listener, for /healthz, /readyz and /metrics; in a container, the prober needs 0.0.0.0',
  },
  healthPort: {
    name: 'HEALTH_PORT',
    usedBy: ['app'],
    kind: kinds.port,
    fallback: '3979',
    meaning: 'its port',
    comment: '',
  },
  cloud: {
    name: 'AZURE_CLOUD',
    usedBy: ['app', 'quarantine'],
    kind: kinds.oneOf(...(Object.keys(clouds) as CloudName[])),
    fallback: 'public',
    meaning: 'or `usgovernment`, `china`: moves every address and audience of Azure, and of the Bot Connector',
    comment: 'The cloud of the bot and of all workspaces: public, usgovernment or china',
  },
  tags: {
    name: 'AZURE_TAGS',
    usedBy: ['app'],
    kind: kinds.tags,
    fallback: '{}',
    meaning: 'tags for the data collection rules that are made, as a JSON object: where an Azure policy wants some',
    comment: `Tags for the data collection rules that Patchbay makes, where an Azure policy wants some: {"costCenter":"soc"}. Rules
      that are there get them when they are repaired, or upgraded with a new version`,
  },
  outboundAddresses: {
    name: 'OUTBOUND_ADDRESSES',
    usedBy: ['app'],
    kind: kinds.addresses,
    fallback: '',
    meaning: 'addresses from which the bot goes out, where they stay the same; separated by commas',
    comment: `Addresses from which the bot goes out, separated by commas, where they stay the same: as Okta sees them, a proxy's if
      there is one. An admin may bind API tokens to them`,
  },
  dataDir: {
    name: 'DATA_DIR',
    usedBy: ['app', 'quarantine'],
    kind: kinds.text,
    fallback: '.data',
    meaning: 'where the embedded PostgreSQL, the secret key and compiled code live',
    comment: 'Where compiled code lives and, without DATABASE_URL, the embedded PostgreSQL and the secret key',
  },
  databaseUrl: {
    name: 'DATABASE_URL',
    usedBy: ['app', 'quarantine'],
    kind: kinds.text,
    fallback: null,
    shownAs: 'embedded',
    meaning: 'a PostgreSQL 14 or newer; any number of equal bots may share it',
    comment:
      'A PostgreSQL 14 or newer of your own; sessions and their settings must be kept (no transaction pooling), since statements are prepared in them',
  },
  databaseAuth: {
    name: 'DATABASE_AUTH',
    usedBy: ['app', 'quarantine'],
    kind: kinds.databaseAuth,
    fallback: 'password',
    meaning: "or `entra`: signs in with tokens of the bot's identity",
    comment: `How to sign in there. password: as DATABASE_URL says. entra: with tokens of the bot's identity in Microsoft Entra, on
      Azure Database for PostgreSQL; then postgres://<name of the identity>@<server>:5432/<database>?sslmode=verify-full, without a
      password`,
  },
  keyVaultUrl: {
    name: 'KEY_VAULT_URL',
    usedBy: ['app'],
    kind: kinds.vaultAddress,
    fallback: null,
    meaning: 'an Azure Key Vault for the credentials of Okta; then the store holds none',
    comment: `An Azure Key Vault for the credentials of Okta: https://<name>.vault.azure.net (usgovernment: .vault.usgovcloudapi.net, china:
      .vault.azure.cn). The bot's identity needs the role Key Vault Secrets Officer on it. Nothing of a token is in the store then,
      and SECRET_KEY is not needed. Tokens that were sealed before are read as long as SECRET_KEY is set; each goes into the vault
      when it is replaced (Manage). Without KEY_VAULT_URL again, tokens in the vault can't be read.`,
  },
  secretKey: {
    name: 'SECRET_KEY',
    usedBy: ['app'],
    kind: kinds.text,
    needed: {
      called: 'KEY_VAULT_URL, SECRET_KEY or SECRET_KEY_FILE',
      what: 'with DATABASE_URL, all instances must keep Okta tokens in the same vault, or seal them with the same key',
      when: ({ isSet }) => isSet('DATABASE_URL') && !isSet('KEY_VAULT_URL') && !isSet('SECRET_KEY_FILE'),
    },
    fallback: null,
    shownAs: 'made in `DATA_DIR`',
    meaning:
      'without a vault: 32 bytes in base64 that seal the Okta tokens in the store; several, the newest first, separated by commas',
    comment: `Else: 32 bytes in base64 that seal the Okta tokens in the store: openssl rand -base64 32. Needed with DATABASE_URL and
      without KEY_VAULT_URL, the same for all instances. To rotate it without a pause: set "old,new" everywhere, then "new,old", which
      seals all tokens anew, then "new"`,
  },
  secretKeyFile: {
    name: 'SECRET_KEY_FILE',
    usedBy: ['app'],
    kind: kinds.text,
    fallback: (given) => join(given.textOf('DATA_DIR') ?? '', 'secret.key'),
    shownAs: '`secret.key` in `DATA_DIR`',
    meaning: 'or a file that holds them',
  },
  oktaShare: {
    name: 'OKTA_RATE_SHARE',
    usedBy: ['app'],
    kind: kinds.percentage,
    fallback: '50',
    meaning: "percent of each Okta org's System Log rate limit that all its connectors together may use",
    comment: "Percent of each Okta org's rate limit that this bot may use; the rest is left to others",
  },
  tokenAgeDays: {
    name: 'TOKEN_MAX_AGE_DAYS',
    usedBy: ['app'],
    kind: kinds.days,
    fallback: '365',
    meaning:
      'days after which `status` asks for another Okta token, counted from when it was given to Patchbay; 0: never',
    comment: 'Days after which status asks for another Okta token; 0: never',
  },
  memoryBytes: {
    name: 'MEMORY_BYTES',
    usedBy: ['app'],
    kind: kinds.bytes(16_000_000, 10_000_000_000),
    fallback: '96000000',
    meaning:
      'how much memory the pages of all polls, and what is remembered of delivered events between them, may take; the process takes about 160 MB beside it in the container, 200 MB from its sources',
    comment: `How much memory the pages that polls read, and what is remembered of delivered events, may take (16,000,000 to
      10,000,000,000). Polls wait for room; what is not remembered in memory is read from the store again`,
  },
  uploadBytes: {
    name: 'UPLOAD_BYTES',
    usedBy: ['app'],
    kind: kinds.bytes(100_000, 10_000_000),
    fallback: '1000000',
    meaning:
      'the most bytes of events in one upload before compression; what Azure calls too large is halved and the size remembered',
    comment: `The most bytes of events in one upload, before it is compressed (100,000 to 10,000,000). Azure documents 1 MB for both;
      what it calls too large is halved, and the smaller size remembered`,
  },
  compression: {
    name: 'UPLOAD_COMPRESSION',
    usedBy: ['app'],
    kind: kinds.oneOf('gzip', 'none'),
    fallback: 'gzip',
    meaning:
      'or `none`: uploads go as they are, about five times the bytes, which take as long to encrypt as gzip takes',
    comment: `gzip or none: then uploads go as they are, about five times the bytes, which take as long to encrypt as gzip takes.
      gzip is by Intel's ISA-L where its library is installed (Debian: libisal2), else by zlib; the log says which`,
  },
  logLevel: {
    name: 'LOG_LEVEL',
    usedBy: ['app'],
    kind: kinds.oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    fallback: 'info',
    meaning: 'the least of the JSON lines on standard output; or `fatal`, `error`, `warn`, `debug`, `trace`, `silent`',
    comment: 'fatal, error, warn, info, debug, trace or silent',
  },
  insights: {
    name: 'APPLICATIONINSIGHTS_CONNECTION_STRING',
    usedBy: ['app'],
    kind: kinds.connectionString,
    fallback: null,
    meaning:
      'an Application Insights for traces of activities, background work and the calls for them, without names or texts',
    comment: `An Application Insights to which traces of activities, background work and the calls for them go by OpenTelemetry,
      without names or texts; it takes some twenty megabytes of memory`,
  },
  botHost: {
    name: 'BOT_HOST',
    usedBy: ['package'],
    kind: kinds.publicHost,
    needed: { what: 'where Teams reaches the bot, such as bot.contoso.com' },
    fallback: null,
    shownAs: 'needed for `npm run package`',
    meaning: 'the public host of `/api/messages`',
    comment: 'For npm run package only, up to TERMS_URL: the public host of /api/messages',
  },
  developerName: {
    name: 'DEVELOPER_NAME',
    usedBy: ['package'],
    kind: kinds.shortName,
    fallback: 'Patchbay',
    meaning: 'who publishes the Teams app',
  },
  websiteUrl: {
    name: 'WEBSITE_URL',
    usedBy: ['package'],
    kind: kinds.webPage,
    fallback: (given) => `https://${given.textOf('BOT_HOST')}/`,
    shownAs: '`https://<BOT_HOST>/`',
    meaning: 'its website, as Teams shows it',
  },
  privacyUrl: {
    name: 'PRIVACY_URL',
    usedBy: ['package'],
    kind: kinds.webPage,
    fallback: (given) => given.textOf('WEBSITE_URL'),
    shownAs: '`WEBSITE_URL`',
    meaning: 'its privacy statement',
  },
  termsUrl: {
    name: 'TERMS_URL',
    usedBy: ['package'],
    kind: kinds.webPage,
    fallback: (given) => given.textOf('WEBSITE_URL'),
    shownAs: '`WEBSITE_URL`',
    meaning: 'its terms of use',
  },
} satisfies Record<string, Variable<unknown>>;

/** Variables that others read: the Azure SDK, `readProxies` of the runtime, Node. */
export const readElsewhere: Documented[] = [
  {
    name: 'AZURE_CLIENT_ID',
    meaning: "the bot's identity in Azure, if it is a user-assigned one",
    comment: `The bot's identity in Azure is found as the Azure SDK does: managed identity, AZURE_CLIENT_ID …, or az login.`,
    example: '',
  },
  {
    name: 'HTTPS_PROXY',
    meaning: 'the proxy by which all outbound traffic goes; `deploy/README.md` lists the hosts to allow',
    comment: `Everything that goes out, to Okta, Azure, Entra and Teams, goes by this proxy (http:// or https://; a user and password
      percent-encoded). deploy/README.md lists the hosts to allow. Identity endpoints of the machine are never asked by it`,
    example: 'http://user:password@proxy.example.com:3128',
  },
  {
    name: 'NO_PROXY',
    meaning: 'hosts that are reached directly, with their subdomains, separated by commas',
    example: '',
  },
  {
    name: 'NODE_EXTRA_CA_CERTS',
    meaning: "a PEM file with the certificate of the proxy's CA, where it looks into the traffic",
    example: '/etc/ssl/proxy-ca.pem',
  },
];
