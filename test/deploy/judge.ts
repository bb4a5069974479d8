import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { readConfig } from '../../bot/config/config.ts';
import type { TemplateSchemas } from '../published/template-schemas.ts';
import { versionFaults } from './clouds.ts';
import { privacyFaults, unguarded } from './private.ts';
import { rightsFaults } from './rights.ts';
import { isShaped, shapeFaults } from './shapes.ts';
import { type Deployment, deploy, type Json, list, members, type Resource } from './template.ts';

export type Members = { [name: string]: Json };

export const place = {
  subscription: '10000000-0000-4000-8000-000000000001',
  resourceGroup: 'patchbay',
  location: 'westeurope',
  tenant: '20000000-0000-4000-8000-000000000002',
  cloud: 'AzureCloud',
};
const clientId = '30000000-0000-4000-8000-000000000003';
const principalId = '40000000-0000-4000-8000-000000000004';

/** What Azure would answer of what the template refers to. */
export const runtime = new Map<string, (id: string) => Json>([
  ['Microsoft.ManagedIdentity/userAssignedIdentities', () => ({ clientId, principalId, tenantId: place.tenant })],
  ['Microsoft.ContainerRegistry/registries', (id) => ({ loginServer: `${lastOf(id)}.azurecr.io` })],
  ['Microsoft.KeyVault/vaults', (id) => ({ vaultUri: `https://${lastOf(id)}.vault.azure.net/` })],
  [
    'Microsoft.DBforPostgreSQL/flexibleServers',
    (id) => ({ fullyQualifiedDomainName: `${lastOf(id)}.postgres.database.azure.com` }),
  ],
  [
    'Microsoft.App/containerApps',
    (id) => ({ configuration: { ingress: { fqdn: `${lastOf(id)}.example.westeurope.azurecontainerapps.io` } } }),
  ],
  ['Microsoft.Insights/components', () => ({ InstrumentationKey: '50000000-0000-4000-8000-000000000005' })],
]);

export const workspaceId =
  '/subscriptions/60000000-0000-4000-8000-000000000006/resourceGroups/soc/providers/Microsoft.OperationalInsights/workspaces/main';
const network = '/subscriptions/60000000-0000-4000-8000-000000000006/resourceGroups/net/providers/Microsoft.Network';

/** A network as network.json puts it out. */
const ownNetwork = {
  appSubnetId: `${network}/virtualNetworks/hub/subnets/apps`,
  databaseSubnetId: `${network}/virtualNetworks/hub/subnets/databases`,
  databaseDnsZoneId: `${network}/privateDnsZones/patchbay.private.postgres.database.azure.com`,
  endpointsSubnetId: `${network}/virtualNetworks/hub/subnets/endpoints`,
  vaultDnsZoneId: `${network}/privateDnsZones/privatelink.vaultcore.azure.net`,
  registryDnsZoneId: `${network}/privateDnsZones/privatelink.azurecr.io`,
  outboundAddresses: ['203.0.113.7', '203.0.113.8'],
};
const noEndpoints = { endpointsSubnetId: '', vaultDnsZoneId: '', registryDnsZoneId: '' };

const needed = { workspaces: [workspaceId], registryName: 'patchbayimages', alertEmail: 'soc@example.com' };
const proxy = 'http://patchbay:p%40ss@proxy.example.com:3128';
const proxyCa = '-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----\n';

/** The ways in which the template is used. */
export const ways = new Map<string, Members>([
  ['first', needed],
  ['built-in roles', { ...needed, customRoles: false }],
  ['upgrade', { ...needed, version: '0.2.0' }],
  [
    'private',
    {
      ...needed,
      size: 'standard',
      replicas: 3,
      settings: [{ name: 'OKTA_RATE_SHARE', value: '30' }],
      workspaces: [workspaceId, workspaceId.replace('/soc/', '/soc-two/')],
      network: ownNetwork,
    },
  ],
  ['tagged', { ...needed, tags: { costCenter: 'soc' }, databaseGeoBackup: true }],
  ['restored', { ...needed, databaseServer: 'patchbay-restored', databaseStorageGB: 64 }],
  ['private, the vault and the registry not', { ...needed, network: { ...ownNetwork, ...noEndpoints } }],
  ['proxied', { ...needed, httpsProxy: proxy, settings: [{ name: 'NO_PROXY', value: 'okta.example.com' }] }],
  ['proxied, seen through', { ...needed, httpsProxy: proxy, proxyCa, network: ownNetwork }],
]);

/** The template deployed on paper, in one of the ways, with these parameters besides. */
export function onPaper(template: Members, way: string, more: Members = {}): Deployment {
  return deploy(template, { ...ways.get(way), ...more }, place, runtime);
}

/**
 * All that is wrong with the template: in what leads where, against the code, in the rights it gives, and, where Microsoft's
 * schemas are given, as JSON for Azure.
 */
export function judge(template: Members, schemas: TemplateSchemas | null): string[] {
  const faults = [...(schemas?.envelopeFaultsOf(template) ?? []), ...parameterFaults(template)];
  for (const way of ways.keys()) {
    const deployment = onPaper(template, way);
    faults.push(
      ...deployment.faults,
      ...(schemas ? deployment.resources.flatMap((each) => schemaFaults(each, schemas)) : []),
      ...versionFaults(deployment.resources),
      ...shapeFaults(deployment.resources.filter(({ deployed }) => deployed)),
      ...unguarded(deployment),
      ...rightsFaults(deployment, principalId),
    );
    if (deployment.faults.length === 0) {
      faults.push(...appFaults(deployment), ...watcherFaults(deployment), ...outputFaults(deployment));
      faults.push(...databaseFaults(deployment, environmentOf(deployment)));
      faults.push(...secretFaults(deployment), ...openFaults(deployment, ways.get(way) ?? {}));
      faults.push(...privacyFaults(deployment, environmentOf(deployment), ways.get(way) ?? {}));
      faults.push(...tagFaults(deployment, ways.get(way)?.tags ?? {}));
    }
  }
  return [...new Set(faults)];
}

/** What Azure gives no tags, and the deployments inside this one. */
const untagged =
  /roleAssignments|roleDefinitions|diagnosticSettings|deployments|databases|firewallRules|administrators|channels|privateDnsZoneGroups/;

function tagFaults(deployment: Deployment, tags: Json): string[] {
  const lacking = deployment.resources.filter(
    ({ type, body }) => !untagged.test(type) && !isDeepStrictEqual(body.tags, tags),
  );
  const told = environmentOf(deployment).find(({ name }) => name === 'AZURE_TAGS')?.value;
  return [
    ...lacking.map(({ path, type }) => `${path}: ${type} has not the tags that were given`),
    ...(told === JSON.stringify(tags) ? [] : [`AZURE_TAGS must be ${JSON.stringify(tags)}`]),
  ];
}

/** What may hold a password, or must be a file: these, and no others, become secrets of the app. */
const secretParameters = new Map([
  ['httpsProxy', 'https-proxy'],
  ['proxyCa', 'proxy-ca'],
]);

function parameterFaults(template: Members): string[] {
  return Object.entries(members(template.parameters)).flatMap(([name, parameter]) => {
    const { type, metadata } = members(parameter);
    const secret = /secret|password/i.test(name) || type === 'securestring';
    return [
      ...(members(metadata).description ? [] : [`parameter ${name} is not described`]),
      ...(secret && !secretParameters.has(name) ? [`parameter ${name} is a secret, of which there must be none`] : []),
      ...(secretParameters.has(name) && type !== 'securestring' ? [`parameter ${name} must be a securestring`] : []),
    ];
  });
}

/** Documented for nested deployments; the published schema lacks them. */
const forThreads = new Set(['subscriptionId', 'resourceGroup']);

/** The resource as its published schema has it; null where none is at hand. */
export function asPublished(resource: Resource, schemas: TemplateSchemas): Resource | null {
  const { type, body } = resource;
  if (isShaped(type)) return null;
  // The patterns of names are those of one segment.
  const named = { ...body, name: lastOf(String(body.name)) };
  if (type !== 'Microsoft.Resources/deployments') return { ...resource, body: named };
  const apiVersion = schemas.stableVersions(type).at(-1) ?? ''; // of the one version at hand
  const shown = Object.entries({ ...named, apiVersion }).filter(([name]) => !forThreads.has(name));
  return { ...resource, apiVersion, body: Object.fromEntries(shown) };
}

function schemaFaults(resource: Resource, schemas: TemplateSchemas): string[] {
  const published = asPublished(resource, schemas);
  if (!published) return [];
  const { type, apiVersion, body, path } = published;
  return schemas.faultsOf(type, apiVersion, body).map((fault) => `${path}: ${fault}`);
}

/** The environment of the container, with what its secrets hold. */
export function environmentOf(deployment: Deployment): { name: string; value: string }[] {
  const secrets = secretsOf(deployment);
  return list(container(deployment).env).map((each) => {
    const { name, value, secretRef } = members(each);
    const found = secretRef ? secrets.get(String(secretRef)) : value;
    return { name: String(name), value: String(found ?? '') };
  });
}

function secretsOf(deployment: Deployment): Map<string, string> {
  const { secrets } = members(app(deployment).configuration);
  return new Map(list(secrets).map((each) => [String(members(each).name), String(members(each).value ?? '')]));
}

/** What the container finds on its secret volumes, by path. */
function filesOf(deployment: Deployment): Map<string, string> {
  const secrets = secretsOf(deployment);
  const volumes = list(members(app(deployment).template).volumes).map(members);
  const files = list(container(deployment).volumeMounts).flatMap((mount) => {
    const { volumeName, mountPath } = members(mount);
    const { storageType, secrets: items } = volumes.find(({ name }) => name === volumeName) ?? {};
    if (storageType !== 'Secret') return [];
    return list(items).map((item) => {
      const { secretRef, path } = members(item);
      return [`${mountPath}/${path}`, secrets.get(String(secretRef)) ?? ''] as const;
    });
  });
  return new Map(files);
}

function app({ resources }: Deployment): Members {
  return members(resources.find(({ type }) => type === 'Microsoft.App/containerApps')?.body.properties);
}

function container(deployment: Deployment): Members {
  return members(list(members(app(deployment).template).containers)[0]);
}

const examples = new Set(
  [...readFileSync(new URL('../../.env.example', import.meta.url), 'utf8').matchAll(/^(?:# )?([A-Z_]+)=/gm)].map(
    ([, name = '']) => name,
  ),
);

function appFaults(deployment: Deployment): string[] {
  const { configuration, template } = app(deployment);
  const { ingress } = members(configuration);
  const { external, targetPort, allowInsecure, additionalPortMappings } = members(ingress);
  const environment = environmentOf(deployment);
  const setting = (name: string) => environment.find((each) => each.name === name)?.value;
  const volumes = list(members(template).volumes).map((each) => members(each).name);
  const { minReplicas } = members(members(template).scale);
  const faults = [
    ...environment.filter(({ name }) => !examples.has(name)).map(({ name }) => `${name} is no setting of .env.example`),
    ...list(container(deployment).volumeMounts)
      .filter((each) => !volumes.includes(members(each).volumeName ?? null))
      .map((each) => `there is no volume ${members(each).volumeName}`),
    ...list(container(deployment).probes)
      .filter((each) => String(members(members(each).httpGet).port) !== setting('HEALTH_PORT'))
      .map((each) => `${members(each).type} does not ask HEALTH_PORT`),
  ];
  const twice = environment.filter(({ name }, at) => environment.findIndex((each) => each.name === name) !== at);
  faults.push(...twice.map(({ name }) => `${name} is set twice`));
  if (
    external !== true ||
    allowInsecure !== false ||
    String(targetPort) !== setting('PORT') ||
    additionalPortMappings
  ) {
    faults.push('the ingress must lead to PORT, by HTTPS, and to no other port');
  }
  if (setting('HEALTH_HOST') !== '0.0.0.0')
    faults.push('the probes reach only what listens on the address of the replica');
  if (Number(minReplicas) < 2) faults.push('there are fewer than two replicas');
  return [...faults, ...configFaults(environment, filesOf(deployment)), ...botFaults(deployment, environment)];
}

/** The app's own reading of the environment that it gets, and of the files to which that leads. */
function configFaults(environment: ReturnType<typeof environmentOf>, files: Map<string, string>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'patchbay-mounted-'));
  const mounted = [...files].map(([path, content], index) => {
    const file = join(folder, String(index));
    writeFileSync(file, content);
    return [path, file] as const;
  });
  const here = new Map(mounted);
  try {
    readConfig(Object.fromEntries(environment.map(({ name, value }) => [name, here.get(value) ?? value])));
    return [];
  } catch (error) {
    return [(error as Error).message];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function botFaults({ resources }: Deployment, environment: ReturnType<typeof environmentOf>): string[] {
  const bot = members(resources.find(({ type }) => type === 'Microsoft.BotService/botServices')?.body.properties);
  const setting = (name: string) => environment.find((each) => each.name === name)?.value;
  const faults: string[] = [];
  if (bot.msaAppId !== setting('MICROSOFT_APP_ID'))
    faults.push('the registration and the app differ in MICROSOFT_APP_ID');
  if (bot.msaAppTenantId !== setting('MICROSOFT_APP_TENANT_ID')) faults.push('they differ in MICROSOFT_APP_TENANT_ID');
  if (bot.msaAppType !== setting('MICROSOFT_APP_TYPE')) faults.push('they differ in MICROSOFT_APP_TYPE');
  if (!/^https:\/\/[^/]+\/api\/messages$/.test(String(bot.endpoint))) faults.push('the endpoint is not /api/messages');
  if (!resources.some(({ id }) => id.endsWith('/channels/MsTeamsChannel'))) faults.push('the bot is not in Teams');
  return faults;
}

/** DATABASE_URL leads to the server and the database of the template, as its one administrator, who has no password. */
function databaseFaults({ resources }: Deployment, environment: ReturnType<typeof environmentOf>): string[] {
  const text = environment.find(({ name }) => name === 'DATABASE_URL')?.value ?? '';
  if (!URL.canParse(text)) return ['DATABASE_URL is not set'];
  const url = new URL(text);
  const server = resources.find(({ type }) => type === 'Microsoft.DBforPostgreSQL/flexibleServers');
  const { authConfig, administratorLogin } = members(server?.body.properties);
  const { passwordAuth, activeDirectoryAuth } = members(authConfig);
  const administrators = resources
    .filter(({ type }) => type === 'Microsoft.DBforPostgreSQL/flexibleServers/administrators')
    .map(({ id, body }) => ({ id: lastOf(id), name: members(body.properties).principalName }));
  const login = resources.find(({ id, type }) => type === 'Microsoft.Resources/deployments' && id.endsWith('-login'));
  const starts = resources.find(({ type }) => type === 'Microsoft.App/containerApps');
  const faults: string[] = [];
  if (!resources.some(({ id }) => id === `${server?.id}/databases${url.pathname}`)) {
    faults.push(`DATABASE_URL names a database ${url.pathname.slice(1)} that nobody makes`);
  }
  if (url.hostname !== `${lastOf(server?.id ?? '')}.postgres.database.azure.com`)
    faults.push('DATABASE_URL leads elsewhere');
  if (!administrators.some(({ id, name }) => id === principalId && name === url.username))
    faults.push('DATABASE_URL signs in as somebody whom the server does not know');
  if (administrators.length > 1) faults.push('somebody else administers the database');
  if (passwordAuth !== 'Disabled' || activeDirectoryAuth !== 'Enabled' || administratorLogin)
    faults.push('the database lets somebody in by a password');
  if (!login || !starts?.dependsOn.includes(login.id)) faults.push('the app starts before its login is there');
  return faults;
}

function watcherFaults({ resources }: Deployment): string[] {
  const there = (id: Json) => resources.some((each) => each.id === id);
  return resources
    .filter(({ type }) => type === 'Microsoft.Insights/scheduledQueryRules')
    .flatMap(({ body, path }) => {
      const { scopes, actions, enabled } = members(body.properties);
      const groups = list(members(actions).actionGroups);
      const watches = enabled === true && list(scopes).every(there) && groups.length > 0 && groups.every(there);
      return watches ? [] : [`${path} watches nothing, or tells nobody`];
    });
}

/** An output in capitals is a setting: known to .env.example, and the value that the app has. */
function outputFaults(deployment: Deployment): string[] {
  const environment = new Map(environmentOf(deployment).map(({ name, value }) => [name, value]));
  return [...deployment.outputs].flatMap(([name, value]) => {
    if (name !== name.toUpperCase()) return [];
    if (!examples.has(name)) return [`the output ${name} is no setting of .env.example`];
    const own = environment.get(name);
    return own === undefined || own === value ? [] : [`the output ${name} is not what the app gets`];
  });
}

/** The app keeps what leads by the proxy, and no other secret: for all else it has its identity. */
function secretFaults(deployment: Deployment): string[] {
  const known = [...secretParameters.values()];
  const others = list(members(app(deployment).configuration).secrets).filter(
    (each) => !known.includes(String(members(each).name)),
  );
  return [
    ...deployment.resources.flatMap(({ type, path }) =>
      type === 'Microsoft.KeyVault/vaults/secrets' ? [`${path} stores a secret`] : [],
    ),
    ...others.map((each) => `the app refers to secrets: ${members(each).name}`),
  ];
}

/** A secret that was given stands among the app's secrets, and nowhere that a reader of the deployment or the app sees. */
function openFaults(deployment: Deployment, given: Members): string[] {
  const texts = [
    ...deployment.resources.map(({ path, body }) => {
      const { configuration, ...others } = members(body.properties);
      const { secrets: _, ...shown } = members(configuration);
      return { path, text: JSON.stringify({ ...body, properties: { ...others, configuration: shown } }) };
    }),
    ...[...deployment.outputs].map(([name, value]) => ({ path: `output ${name}`, text: JSON.stringify(value) })),
  ];
  const environment = environmentOf(deployment).map(({ value }) => value);
  const kept = [...environment, ...filesOf(deployment).values()];
  return [...secretParameters].flatMap(([name, secret]) => {
    const value = given[name];
    if (value === undefined) return secretsOf(deployment).has(secret) ? [`${secret} is there, and ${name} is not`] : [];
    const open = texts.filter(({ text }) => text.includes(JSON.stringify(value).slice(1, -1)));
    return [
      ...open.map(({ path }) => `${name} stands in the open: ${path}`),
      ...(kept.includes(String(value)) ? [] : [`${name} does not reach the app`]),
    ];
  });
}

function lastOf(id: string): string {
  return id.split('/').at(-1) ?? '';
}
