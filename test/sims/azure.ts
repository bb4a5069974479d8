// Azure as far as a connector meets it: one HTTP server on loopback that tells the services apart by the Host header. Which
// documented rules it holds, and its switches, are listed in azure/README.md.
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as realSleep } from 'node:timers/promises';
import { newAlertRule, type RuleRequest } from './azure/alert-rules.ts';
import { answerArm } from './azure/arm.ts';
import type { Cloud, Settings } from './azure/cloud.ts';
import { Descriptions } from './azure/descriptions.ts';
import { Directory, type GrantOptions } from './azure/directory.ts';
import { leave, stand } from './azure/door.ts';
import { Entra } from './azure/entra.ts';
import { Estate, type Rule, type Workspace, type WorkspaceRequest } from './azure/estate.ts';
import { type Call, Refusal, type Reply, type RequestRecord } from './azure/exchange.ts';
import { Faults, type Place } from './azure/faults.ts';
import { Governance } from './azure/governance.ts';
import { hosts } from './azure/hosts.ts';
import { answerTokenRequest, type Identity, issue, signToken } from './azure/identity.ts';
import { answerIngestion } from './azure/ingestion.ts';
import { answerQuery } from './azure/query.ts';
import { newSearch, type SearchRequest } from './azure/saved-searches.ts';
import type { TableStore } from './azure/storage.ts';
import { drip, receive, send } from './azure/transport.ts';
import { answerVault, type KeyVault, newVault } from './azure/vault.ts';
import { type Hold, keepWaiting, unheeded } from './hold.ts';

/**
 * How the simulator starts. `rows` runs the transform for every event and answers queries; `ledger` only counts events by uuid,
 * for benchmarks. `keepBytes` keeps every event as received. `keepRequests` bounds the record.
 */
export type AzureOptions = {
  now?: () => number;
  /** Waits by the same clock as `now`; by the machine's own unless given. */
  sleep?: (ms: number) => Promise<unknown>;
  /** Hears of whoever is kept waiting on purpose. */
  hold?: Hold;
  mode?: 'rows' | 'ledger';
  keepBytes?: boolean;
  keepRequests?: number;
  identity?: Partial<Identity>;
  cloud?: keyof typeof hosts;
  settings?: Partial<Settings>;
  /** With it, all but the identity endpoint speaks https. */
  tls?: ServerOptions;
};

const botIdentity: Identity = {
  principalId: '6f3c1a52-0d6e-4c0b-9a41-5f0f5b1e7a10',
  clientId: 'b7b1f0a4-8a53-4a0e-8f0e-2f7a3f1f9c11',
  tenantId: '2d5f6f0e-9c1b-4e57-8d0b-7a3f52d3a912',
  header: 'simulated-identity-header',
};

const defaults: Settings = {
  tokenLifetimeMs: 24 * 3_600_000,
  rolePropagationMs: 15 * 60_000,
  rulePropagationMs: 0,
  unknownRule: 'NotFound',
  tableProvisioningMs: 0,
  visibilityMs: 10_000,
  newestApiVersion: null,
  firstDataMs: 15 * 60_000,
  pageSize: 1000,
  queryRows: 500_000,
  requestsPerMinute: 12_000,
  bytesPerMinute: 2_000_000_000,
  decompressedBytes: 50 * 1_048_576,
  malformedJson: 'refuse',
  repeatedAssignment: 'accept',
};

/** A simulated Azure; emits `change` after every request and every change made through it. */
export class AzureSim extends EventEmitter<{ change: [] }> {
  readonly identity: Identity;
  readonly settings: Settings;
  readonly directory: Directory;
  readonly estate = new Estate();
  /** Locks, policies and whatever else stops those who have the right; changed directly. */
  readonly governance = new Governance();
  readonly entra = new Entra();
  readonly faults = new Faults(() => this.emit('change'));
  /** What no correct client does, in plain words: unknown paths, api-versions, members of bodies, queries. */
  readonly unexpected: string[] = [];
  readonly descriptions = new Descriptions();
  /** Whether the simulator's own answers are held against the descriptions too. */
  checkAnswers = false;
  readonly requests: RequestRecord[] = [];
  #cloud: Cloud;
  #server: Server;
  readonly #tls: boolean;
  #keepRequests: number;
  #count = 0;
  readonly #sleep: (ms: number) => Promise<unknown>;
  readonly #hold: Hold;
  #identityUrl = '';
  #listener = (request: IncomingMessage, response: ServerResponse): void => {
    this.#serve(request, response).catch((error: unknown) => this.#crash(error, response));
  };

  private constructor(options: AzureOptions) {
    super();
    const now = options.now ?? Date.now;
    this.#sleep = options.sleep ?? realSleep;
    this.#hold = options.hold ?? unheeded;
    this.#keepRequests = options.keepRequests ?? 20_000;
    this.identity = { ...botIdentity, ...options.identity };
    this.settings = { ...defaults, ...options.settings };
    this.directory = new Directory(now);
    this.directory.addPrincipal('ServicePrincipal', this.identity.principalId);
    this.#cloud = {
      now,
      mode: options.mode ?? 'rows',
      keepBytes: options.keepBytes ?? false,
      hosts: hosts[options.cloud ?? 'public'],
      identity: this.identity,
      settings: this.settings,
      directory: this.directory,
      estate: this.estate,
      governance: this.governance,
      unexpected: (what) => this.unexpected.push(what),
    };
    this.#tls = options.tls !== undefined;
    this.#server = options.tls ? createTlsServer(options.tls, this.#listener) : createServer(this.#listener);
    // Longer than any client keeps an idle connection, so that the server is not the one to close it under a request.
    this.#server.keepAliveTimeout = 120_000;
  }

  /** Starts on a free port of 127.0.0.1 with an empty directory and estate. */
  static async open(options: AzureOptions = {}): Promise<AzureSim> {
    const azure = new AzureSim(options);
    azure.#server.listen(0, '127.0.0.1');
    await once(azure.#server, 'listening');
    azure.#identityUrl = await stand(azure.#listener);
    return azure;
  }

  get url(): string {
    return `http${this.#tls ? 's' : ''}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The environment that makes a real ManagedIdentityCredential use the simulator that opened last in this process. */
  get environment(): { IDENTITY_ENDPOINT: string; IDENTITY_HEADER: string } {
    return { IDENTITY_ENDPOINT: `${this.#identityUrl}/msi/token`, IDENTITY_HEADER: this.identity.header };
  }

  /** Stops the simulator and lets go of all rows: the runner of the tests keeps hold of every scene to its end. */
  async close(): Promise<void> {
    leave(this.#listener);
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
    for (const { tables } of this.estate.workspaces.values()) for (const { store } of tables.values()) store.clear();
  }

  addSubscription(displayName: string, id?: string, tenantId?: string): string {
    return this.#changed(this.estate.addSubscription(displayName, id, tenantId));
  }

  addWorkspace(request: WorkspaceRequest): Workspace {
    return this.#changed(this.estate.addWorkspace(request));
  }

  /** A key vault in a resource group; its host is the name and the cloud's suffix. */
  addVault(name: string, subscription: string, resourceGroup: string): KeyVault {
    const group = `/subscriptions/${subscription}/resourceGroups/${resourceGroup}`;
    const vault = newVault(`${group}/providers/Microsoft.KeyVault/vaults/${name}`);
    this.estate.vaults.set(name.toLowerCase(), vault);
    return this.#changed(vault);
  }

  /** A person of the tenant. */
  addUser(id?: string): string {
    return this.#changed(this.directory.addPrincipal('User', id));
  }

  /** A group; its members may be groups. */
  addGroup(members: readonly string[], id?: string): string {
    return this.#changed(this.directory.addGroup(members, id));
  }

  /** Gives a built-in role by its name, in effect at once or later, on a condition, or by delegation to another tenant. */
  grant(principalId: string, roleName: string, scope: string, options: GrantOptions = {}): void {
    this.#changed(this.directory.grant(principalId, roleName, scope, options));
  }

  /** Takes one role, or all, from a principal; on one scope, or on all. */
  revoke(principalId: string, roleName?: string, scope?: string): void {
    this.#changed(this.directory.revoke(principalId, roleName, scope));
  }

  /** Ends every wait for a role that was assigned. */
  propagateRoles(): void {
    for (const assignment of this.directory.assignments.values()) {
      assignment.effectiveAt = Math.min(assignment.effectiveAt, this.#cloud.now());
    }
    this.emit('change');
  }

  /** The rule of that ARM id; undefined when there is none. */
  rule(id: string): Rule | undefined {
    return this.estate.rule(id);
  }

  /** Deletes a rule as somebody in the portal would; true if it was there. */
  deleteRule(id: string): boolean {
    return this.#changed(this.estate.rules.delete(id.toLowerCase()));
  }

  /** Deletes a custom table, with its rows, as somebody in the portal would; true if it was there. */
  deleteTable(workspace: Workspace, name: string): boolean {
    return this.#changed(workspace.tables.delete(name.toLowerCase()));
  }

  /** Rows and ledger of a custom table; an unknown table is a mistake in the test. */
  table(workspace: Workspace, name: string): TableStore {
    const table = workspace.tables.get(name.toLowerCase());
    if (!table) throw new Error(`workspace ${workspace.name} has no table ${name}`);
    return table.store;
  }

  /** Adds rows that somebody else writes, to a built-in table or one of Microsoft's connectors. */
  addRows(workspace: Workspace, table: string, rows: readonly Record<string, unknown>[]): void {
    const now = this.#cloud.now();
    const added = rows.map((row) => ({
      TimeGenerated: now,
      $ingestionTime: now,
      _TimeReceived: now,
      Type: table,
      ...row,
    }));
    workspace.otherRows.set(table, [...(workspace.otherRows.get(table) ?? []), ...added]);
    this.emit('change');
  }

  /** Adds an analytics rule of Sentinel, as somebody in the portal would. */
  addAlertRule(workspace: Workspace, rule: RuleRequest): void {
    this.#changed(workspace.alertRules.push(newAlertRule(rule)));
  }

  /** Saves a search in a workspace: a function where it has an alias. */
  addSearch(workspace: Workspace, search: SearchRequest): void {
    const made = newSearch(search);
    this.#changed(workspace.savedSearches.set(made.name.toLowerCase(), made));
  }

  /** A bearer token of any principal, for calls as somebody else. */
  tokenFor(principalId: string, audience: string, lifetimeMs = 3_600_000): string {
    return signToken(issue(principalId, this.identity, audience, lifetimeMs));
  }

  #changed<T>(result: T): T {
    this.emit('change');
    return result;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await receive(request, response, this.#cloud.now);
    if (!call) return;
    const place = this.#placeOf(call.host);
    this.#keep(call, place);
    await this.#check(place, call);
    const effect = place && this.faults.take(place, call);
    if (effect) call.record.fault = typeof effect === 'string' ? effect : JSON.stringify(effect);
    const slow = effect === 'hang' || effect === 'drip' || (typeof effect === 'object' && 'delayMs' in effect);
    if (slow) keepWaiting(response, this.#hold);
    if (effect === 'drip') drip(response);
    if (effect === 'hang' || effect === 'drip') return void this.emit('change');
    if (effect === 'reset') return this.#cut(request);
    if (typeof effect === 'object' && 'delayMs' in effect) await this.#sleep(effect.delayMs);
    const faked = typeof effect === 'object' && 'status' in effect ? effect : undefined;
    const reply = faked ?? (await this.#answer(place, call));
    if (!faked && this.checkAnswers) this.unexpected.push(...(await this.descriptions.faultsInAnswer(call, reply)));
    if (effect === 'lost-answer') return this.#cut(request);
    call.record.status = reply.status;
    send(response, reply, call);
    this.emit('change');
  }

  #keep(call: Call, place: Place | undefined): void {
    this.#count += 1;
    call.record.id = this.#count;
    // No value of a secret is kept but in its vault.
    if (place !== 'ingestion' && place !== 'vault' && call.body.length > 0)
      call.record.body = call.body.toString('utf8');
    this.requests.push(call.record);
    if (this.requests.length > this.#keepRequests) this.requests.shift();
  }

  /** In benchmarks nothing is checked. */
  async #check(place: Place | undefined, call: Call): Promise<void> {
    // Of a cloud that lags behind, the version is made up; what is asked of it is not published.
    const described = this.#cloud.mode === 'rows' && this.settings.newestApiVersion === null;
    if (place && described) this.unexpected.push(...(await this.descriptions.faultsIn(place, call)));
  }

  #placeOf(host: string): Place | undefined {
    const { manager, ingestion, query, vaults } = this.#cloud.hosts;
    if (host === manager) return 'arm';
    // The bot's registration may be asked for under another of its cloud's names.
    if (Object.values(hosts).some(({ login }) => (login as string[]).includes(host))) return 'entra';
    if (host.endsWith(ingestion)) return 'ingestion';
    if (query.includes(host)) return 'query';
    if (host.endsWith(vaults)) return 'vault';
    return host.startsWith('127.0.0.1:') ? 'identity' : undefined;
  }

  async #answer(place: Place | undefined, call: Call): Promise<Reply> {
    try {
      if (place === 'arm') return answerArm(this.#cloud, call);
      if (place === 'ingestion') return await answerIngestion(this.#cloud, call);
      if (place === 'query') return answerQuery(this.#cloud, call);
      if (place === 'vault') return answerVault(this.#cloud, call);
      if (place === 'identity') return this.#answerIdentity(call);
      if (place === 'entra') return this.#answerEntra(call);
      this.unexpected.push(`${call.method} https://${call.host}${call.path}`);
      return { status: 404, body: `The simulator does not know the host ${call.host}.` };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { status, headers, body } = error.reply;
      return { status, body, headers: { ...(place === 'ingestion' && { 'x-ms-error-code': error.code }), ...headers } };
    }
  }

  #answerIdentity(call: Call): Reply {
    const reply = answerTokenRequest(call, this.identity, this.settings.tokenLifetimeMs);
    if (reply.status === 404) this.unexpected.push(`identity ${call.method} ${call.path}`);
    return reply;
  }

  #answerEntra(call: Call): Reply {
    const reply = this.entra.answer(call, this.identity);
    if (reply.status === 404) this.unexpected.push(`Entra ${call.method} ${call.path}`);
    return reply;
  }

  #cut(request: IncomingMessage): void {
    request.socket.resetAndDestroy();
    this.emit('change');
  }

  #crash(error: unknown, response: ServerResponse): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.unexpected.push(`the simulator failed: ${text}`);
    if (response.headersSent) return;
    send(response, { status: 501, body: text });
    this.emit('change');
  }
}
