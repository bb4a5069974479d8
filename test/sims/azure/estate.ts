import { randomBytes, randomUUID } from 'node:crypto';
import type { Column, Row } from '../kql/schema.ts';
import type { AlertRule } from './alert-rules.ts';
import type { DiagnosticSetting } from './diagnostics.ts';
import type { SavedSearch } from './saved-searches.ts';
import { TableStore } from './storage.ts';
import type { KeyVault } from './vault.ts';

/** A Log Analytics workspace; `sentinel` says whether Microsoft Sentinel is enabled on it. */
export type Workspace = {
  id: string;
  name: string;
  subscription: string;
  resourceGroup: string;
  location: string;
  customerId: string;
  sentinel: boolean;
  /** Sentinel was turned on in the old way, which leaves a solution and no onboarding state. */
  solutionOnly: boolean;
  retentionInDays: number;
  dailyCapReached: boolean;
  /** From where it takes data: a private link scope, or a network security perimeter, may shut the rest out. */
  takesFrom: 'anywhere' | 'private link' | 'perimeter';
  /** How operations on its tables end, if not well; `never` goes on for ever. */
  tableOperations: 'succeed' | 'fail' | 'are cancelled' | 'never end';
  tables: Map<string, LogTable>;
  /** By id in lower case. */
  savedSearches: Map<string, SavedSearch>;
  /** Analytics rules of Sentinel. */
  alertRules: AlertRule[];
  /** Rows of tables that others write: Azure itself, or Microsoft's own connectors. */
  otherRows: Map<string, Row[]>;
};

/** Tiers of a table. */
export type Plan = 'Analytics' | 'Basic' | 'Auxiliary';

/** A table of a workspace: custom ones by name in lower case, locked until `readyAt`. */
export type LogTable = {
  name: string;
  /** A classic table was made by the old collector API; rules can't write into it. */
  subType: 'DataCollectionRuleBased' | 'Classic';
  description: string | undefined;
  columns: Column[];
  plan: Plan;
  retentionInDays: number | undefined;
  totalRetentionInDays: number | undefined;
  planModifiedAt: number;
  readyAt: number;
  store: TableStore;
};

/** One way through a rule: from streams, by a transform, to a table in workspaces. */
export type DataFlow = { streams: string[]; workspaces: Workspace[]; table: string; transformKql: string | undefined };

/** A data collection rule; only one that was created as Direct has an ingestion endpoint. */
export type Rule = {
  id: string;
  name: string;
  location: string;
  kind: string | undefined;
  immutableId: string;
  endpointHost: string | undefined;
  streams: Map<string, Column[]>;
  flows: DataFlow[];
  sent: Record<string, unknown>;
  /** By name in lower case. */
  diagnostics: Map<string, DiagnosticSetting>;
  /** Set by a test: its transform fails on every event from now on, with these words, and its events are lost behind the 204. */
  transformError: string | undefined;
  /** Fields of events that no stream column declared, with how often each was dropped. */
  dropped: Map<string, number>;
  tags: Record<string, unknown> | undefined;
  etag: string;
  createdAt: number;
  changedAt: number;
};

/** A long-running operation of ARM. */
export type Operation = {
  name: string;
  startedAt: number;
  readyAt: number;
  end: 'Succeeded' | 'Failed' | 'Canceled';
};

/** What a workspace is made from. */
export type WorkspaceRequest = {
  name: string;
  resourceGroup: string;
  subscription: string;
  location: string;
  customerId?: string;
  sentinel?: boolean;
};

/** Subscriptions, resource groups, workspaces with their tables, and data collection rules; ids in lower case are the keys. */
export class Estate {
  readonly subscriptions = new Map<string, { id: string; displayName: string; tenantId: string | undefined }>();
  readonly resourceGroups = new Map<string, { id: string; name: string; subscription: string; location: string }>();
  readonly workspaces = new Map<string, Workspace>();
  readonly rules = new Map<string, Rule>();
  readonly operations = new Map<string, Operation>();
  /** By name, which is unique in the world. */
  readonly vaults = new Map<string, KeyVault>();

  /** Of another tenant, when one is given: then rights there are given by delegation. */
  addSubscription(displayName: string, id: string = randomUUID(), tenantId?: string): string {
    this.subscriptions.set(id.toLowerCase(), { id, displayName, tenantId });
    return id;
  }

  addResourceGroup(subscription: string, name: string, location: string): string {
    if (!this.subscriptions.has(subscription.toLowerCase())) throw new Error(`no subscription ${subscription}`);
    const id = `/subscriptions/${subscription}/resourceGroups/${name}`;
    if (!this.resourceGroups.has(id.toLowerCase())) {
      this.resourceGroups.set(id.toLowerCase(), { id, name, subscription, location });
    }
    return id;
  }

  addWorkspace(request: WorkspaceRequest): Workspace {
    const { name, resourceGroup, subscription, location, customerId = randomUUID(), sentinel = true } = request;
    const group = this.addResourceGroup(subscription, resourceGroup, location);
    const workspace: Workspace = {
      id: `${group}/providers/Microsoft.OperationalInsights/workspaces/${name}`,
      name,
      subscription,
      resourceGroup,
      location,
      customerId,
      sentinel,
      solutionOnly: false,
      retentionInDays: sentinel ? 90 : 30,
      dailyCapReached: false,
      takesFrom: 'anywhere',
      tableOperations: 'succeed',
      tables: new Map(),
      savedSearches: new Map(),
      alertRules: [],
      otherRows: new Map(),
    };
    this.workspaces.set(workspace.id.toLowerCase(), workspace);
    return workspace;
  }

  workspace(id: string): Workspace | undefined {
    return this.workspaces.get(id.toLowerCase());
  }

  workspaceByCustomerId(customerId: string): Workspace | undefined {
    return [...this.workspaces.values()].find((each) => each.customerId.toLowerCase() === customerId.toLowerCase());
  }

  vault(name: string): KeyVault | undefined {
    return this.vaults.get(name.toLowerCase());
  }

  rule(id: string): Rule | undefined {
    return this.rules.get(id.toLowerCase());
  }

  ruleByImmutableId(immutableId: string): Rule | undefined {
    return [...this.rules.values()].find((each) => each.immutableId === immutableId);
  }

  /** Whether a scope names something that is there: a subscription, a group, a workspace, a table or a rule. */
  exists(scope: string): boolean {
    const id = scope.toLowerCase().replace(/\/+$/, '');
    const subscription = /^\/subscriptions\/([^/]+)$/.exec(id)?.[1];
    if (subscription) return this.subscriptions.has(subscription);
    const [, workspace, table] = /^(.*\/workspaces\/[^/]+)\/tables\/([^/]+)$/.exec(id) ?? [];
    if (workspace && table) return this.workspaces.get(workspace)?.tables.has(table) ?? false;
    return id === '' || this.resourceGroups.has(id) || this.workspaces.has(id) || this.rules.has(id);
  }
}

/** An empty table. */
export function newTable(name: string, columns: Column[], now: number): LogTable {
  return {
    name,
    subType: 'DataCollectionRuleBased',
    description: undefined,
    columns,
    plan: 'Analytics',
    retentionInDays: undefined,
    totalRetentionInDays: undefined,
    planModifiedAt: now,
    readyAt: now,
    store: new TableStore(),
  };
}

/** The id that ingestion calls name a rule by. */
export function newImmutableId(): string {
  return `dcr-${randomBytes(16).toString('hex')}`;
}

/** The host that a Direct rule takes data on; its first label must stay within the 63 characters of DNS. */
export function endpointHost(ruleName: string, location: string, suffix: string): string {
  const tail = `-${randomBytes(2).toString('hex')}-${location.toLowerCase().replace(/[^a-z0-9]/g, '')}`;
  const head = ruleName
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63 - tail.length);
  return `${head}${tail}.logs.z1${suffix}`;
}
