import { randomUUID } from 'node:crypto';
import { MonitorClient } from '@azure/arm-monitor';
import { OperationalInsightsManagementClient } from '@azure/arm-operationalinsights';
import type { TokenCredential } from '@azure/core-auth';
import {
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineRequest,
  type HttpClient,
  type PipelineResponse,
} from '@azure/core-rest-pipeline';
import { ManagedIdentityCredential } from '@azure/identity';
import { LogsIngestionClient } from '@azure/monitor-ingestion';
import { type AzureOptions, AzureSim } from '../azure.ts';
import type { Workspace } from './estate.ts';

/** The columns of the table, of the stream, and the transform between them. */
export const columns = [
  { name: 'TimeGenerated', type: 'dateTime' },
  { name: 'PublishedTime', type: 'dateTime' },
  { name: 'EventOriginalUid', type: 'string' },
  { name: 'EventMessage', type: 'string' },
  { name: 'Actor', type: 'dynamic' },
  { name: 'Step', type: 'int' },
  { name: 'Ratio', type: 'real' },
  { name: 'Proxy', type: 'boolean' },
];
export const streamColumns = [
  { name: 'uuid', type: 'string' },
  { name: 'published', type: 'datetime' },
  { name: 'displayMessage', type: 'string' },
  { name: 'actor', type: 'dynamic' },
];
export const transformKql =
  'source | extend TimeGenerated = published, PublishedTime = published, EventOriginalUid = uuid, EventMessage = displayMessage, Actor = actor, Step = toint(actor.step), Ratio = todouble(actor.ratio), Proxy = tobool(actor.proxy) | project TimeGenerated, PublishedTime, EventOriginalUid, EventMessage, Actor, Step, Ratio, Proxy';

/** Where a rule takes events. */
export type Target = { id: string; immutableId: string; endpoint: string };

/** What the tests of the simulator begin with: one workspace, where the bot has its roles, and Microsoft's own clients. */
export class SmallEstate {
  readonly azure: AzureSim;
  readonly credential: TokenCredential;
  readonly subscription: string;
  readonly workspace: Workspace;
  readonly resourceGroupId: string;
  /** Sends https://host/path to the simulator, with the host in the Host header. */
  readonly wire: HttpClient;

  private constructor(azure: AzureSim) {
    this.azure = azure;
    this.wire = wireTo(azure);
    this.credential = new ManagedIdentityCredential();
    this.subscription = azure.addSubscription('Security');
    const { subscription } = this;
    this.workspace = azure.addWorkspace({ name: 'main', resourceGroup: 'soc', subscription, location: 'westeurope' });
    this.resourceGroupId = `/subscriptions/${subscription}/resourceGroups/soc`;
    azure.grant(this.bot, 'Log Analytics Contributor', this.workspace.id);
    azure.grant(this.bot, 'Monitoring Contributor', this.resourceGroupId);
    azure.grant(this.bot, 'Role Based Access Control Administrator', this.resourceGroupId);
  }

  /** From now on a ManagedIdentityCredential of this process is the bot in this estate. */
  static async open(options: AzureOptions): Promise<SmallEstate> {
    const azure = await AzureSim.open(options);
    azure.checkAnswers = true;
    Object.assign(process.env, azure.environment);
    return new SmallEstate(azure);
  }

  get bot(): string {
    return this.azure.identity.principalId;
  }

  get options() {
    return { httpClient: this.wire, retryOptions: { maxRetries: 0 } };
  }

  putTable(name = 'OktaSystemLogs_CL', properties: Record<string, unknown> = {}) {
    const { tables } = new OperationalInsightsManagementClient(this.credential, this.subscription, this.options);
    const body = { schema: { name, columns }, ...properties };
    return tables.createOrUpdate('soc', 'main', name, body, { updateIntervalInMs: 5 });
  }

  ruleBody(changes: Record<string, unknown> = {}) {
    return {
      location: 'westeurope',
      kind: 'Direct',
      streamDeclarations: { 'Custom-Okta': { columns: streamColumns } },
      destinations: { logAnalytics: [{ workspaceResourceId: this.workspace.id, name: 'main' }] },
      dataFlows: [
        { streams: ['Custom-Okta'], destinations: ['main'], transformKql, outputStream: 'Custom-OktaSystemLogs_CL' },
      ],
      ...changes,
    };
  }

  /** A table and a Direct rule that the bot may send to. */
  async connected(): Promise<Target> {
    await this.putTable();
    const { dataCollectionRules } = new MonitorClient(this.credential, this.subscription, this.options);
    const rule = await dataCollectionRules.create('soc', 'acme', { body: this.ruleBody() });
    this.azure.grant(this.bot, 'Monitoring Metrics Publisher', rule.id ?? '');
    const endpoint = rule.endpoints?.logsIngestion ?? '';
    return { id: rule.id ?? '', immutableId: rule.immutableId ?? '', endpoint };
  }

  /** One call through the ingestion client's own pipeline, with ready bytes, as the product does it. */
  post(
    rule: { immutableId: string; endpoint: string },
    body: string | Buffer,
    changes: { headers?: Record<string, string>; stream?: string } = {},
  ): Promise<PipelineResponse> {
    const client = new LogsIngestionClient(rule.endpoint, this.credential, this.options);
    client.pipeline.removePolicy({ name: 'GzippingPolicy' });
    const url = `${rule.endpoint}/dataCollectionRules/${rule.immutableId}/streams/${changes.stream ?? 'Custom-Okta'}?api-version=2023-01-01`;
    const headers = createHttpHeaders({ 'content-type': 'application/json', ...changes.headers });
    const request = createPipelineRequest({ url, method: 'POST', body, headers, timeout: 5000 });
    return client.pipeline.sendRequest(this.wire, request);
  }
}

/** An event that was made a minute before `at`. */
export function eventAt(at: number, changes: Record<string, unknown> = {}): Record<string, unknown> {
  const published = new Date(at - 60_000).toISOString();
  const actor = { id: '00u1', step: 3, ratio: 0.5, proxy: 'true' };
  return { uuid: randomUUID(), published, displayMessage: 'User login to Okta', actor, ...changes };
}

function wireTo(azure: AzureSim): HttpClient {
  const inner = createDefaultHttpClient();
  return {
    async sendRequest(request) {
      const asked = request.url;
      const { host, pathname, search } = new URL(asked);
      request.url = `${azure.url}${pathname}${search}`;
      request.headers.set('host', host);
      request.allowInsecureConnection = true;
      try {
        return await inner.sendRequest(request);
      } finally {
        request.url = asked; // a retry starts from the public address again
      }
    },
  };
}
