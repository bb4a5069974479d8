import { randomUUID } from 'node:crypto';
import type { ServerOptions } from 'node:https';
import { type Config, readConfig } from '../../bot/config/config.ts';
import { tableName } from '../../ingestion/azure/resources/table.ts';
import type { Workspace } from '../sims/azure/estate.ts';
import { AzureSim } from '../sims/azure.ts';
import { Clock } from '../sims/clock.ts';
import type { OktaOrg } from '../sims/okta/org.ts';
import { Okta } from '../sims/okta.ts';
import type { Card } from '../sims/teams/cards.ts';
import type { Channel, Message, Team, User } from '../sims/teams/tenant.ts';
import { Teams } from '../sims/teams.ts';
import { domain, type Places } from './places.ts';

const mostTries = 20;
const hour = 3_600_000;
const eventSize = 2_750;
/** So many seeds are for one org's log. */
export const seedsOfOrg = 10;

/** An org of the company, as it is to be connected. */
export type Joined = { name: string; org: OktaOrg; token: string };

/** How the logs of a company are filled: with so many events of all its orgs, which come within `aheadMs`, or are an hour old at most. */
type Filled = { events: number; seed: number; connectors: number; aheadMs: number };

/** A company whose Okta logs are full already: its orgs, one workspace, one channel, and Ada, who may connect them. */
export class Company {
  readonly azure: AzureSim;
  readonly okta: Okta;
  readonly teams: Teams;
  readonly orgs: readonly Joined[];
  readonly workspace: Workspace;
  readonly #clock: Clock;
  readonly #appId: string;
  readonly #ada: User;
  readonly #team: Team;
  readonly #channel: Channel;

  private constructor(sims: {
    clock: Clock;
    azure: AzureSim;
    okta: Okta;
    teams: Teams;
    appId: string;
    filled: Filled;
  }) {
    this.#clock = sims.clock;
    this.azure = sims.azure;
    this.okta = sims.okta;
    this.teams = sims.teams;
    this.#appId = sims.appId;
    this.orgs = Array.from({ length: sims.filled.connectors }, (_, index) => this.#addOrg(index, sims.filled));

    const subscription = this.azure.addSubscription('Security');
    const place = { resourceGroup: 'soc', subscription, location: 'westeurope' };
    this.workspace = this.azure.addWorkspace({ name: 'soc-workspace', ...place });
    this.#ada = this.teams.addUser({ name: 'Ada Admin', aadObjectId: this.azure.addUser() });
    for (const role of ['Log Analytics Contributor', 'Microsoft Sentinel Contributor']) {
      this.azure.grant(this.#ada.aadObjectId, role, this.workspace.id);
    }
    for (const role of [
      'Log Analytics Contributor',
      'Monitoring Contributor',
      'Role Based Access Control Administrator',
    ]) {
      this.azure.grant(this.azure.identity.principalId, role, `/subscriptions/${subscription}/resourceGroups/soc`);
    }
    this.#team = this.teams.addTeam('SOC');
    this.#channel = this.#team.addChannel('Alerts');
  }

  /**
   * Opens the simulators; the log of the org spans the last hour. In `ledger` mode Azure counts events without rows. Time
   * runs `speed` times as fast as ours. With `tls`, Okta and Azure speak https.
   */
  static async open(options: {
    events: number;
    seed?: number;
    mode: 'rows' | 'ledger';
    speed?: number;
    connectors?: number;
    aheadMs?: number;
    tls?: ServerOptions | undefined;
  }): Promise<Company> {
    const clock = new Clock({ speed: options.speed ?? 1 });
    const tls = options.tls && { tls: options.tls };
    const azure = await AzureSim.open({
      now: clock.now,
      mode: options.mode,
      keepRequests: Number.POSITIVE_INFINITY,
      settings: { rolePropagationMs: 0, visibilityMs: 0, firstDataMs: 0 },
      ...tls,
    });
    const okta = await Okta.open({ now: clock.now, ...tls });
    const appId = randomUUID();
    const teams = await Teams.open({ appId, tenantId: azure.identity.tenantId, now: Date.now });
    const { events, seed = 1, connectors = 1, aheadMs = 0 } = options;
    return new Company({ clock, azure, okta, teams, appId, filled: { events, seed, connectors, aheadMs } });
  }

  /** The first org, and its token. */
  get org(): OktaOrg {
    return (this.orgs[0] as Joined).org;
  }

  get token(): string {
    return (this.orgs[0] as Joined).token;
  }

  /** The time of the simulators and of all apps, in ms since the epoch. */
  now(): number {
    return this.#clock.now();
  }

  /** So much of the simulators' time goes by at once; apps have to be told. */
  advance(ms: number): void {
    this.#clock.advance(ms);
  }

  /** How many times as fast as ours it goes. */
  get speed(): number {
    return this.#clock.speed;
  }

  /** How many different events are stored. */
  get stored(): number {
    return this.workspace.tables.get(tableName.toLowerCase())?.store.ledger.size ?? 0;
  }

  /** Where an app that starts now finds all this, and what time it is. */
  get places(): Places & { time: { at: number; start: number; speed: number } } {
    return {
      time: { at: Date.now(), start: this.#clock.now(), speed: this.#clock.speed },
      azure: { url: this.azure.url, environment: this.azure.environment },
      okta: { url: this.okta.url },
      teams: { openIdMetadataUrl: this.teams.openIdMetadataUrl },
      appId: this.#appId,
    };
  }

  /** The configuration of an app of this company with its own PostgreSQL in `dataDir`. */
  config(dataDir: string): Config {
    const { tenantId } = this.azure.identity;
    return readConfig({
      HOST: '127.0.0.1',
      PORT: '0',
      HEALTH_PORT: '0',
      MICROSOFT_APP_ID: this.#appId,
      MICROSOFT_APP_TENANT_ID: tenantId,
      MICROSOFT_APP_PASSWORD: 'unused',
      TEAMS_SERVICE_HOSTS: new URL(this.teams.url).host,
      DATA_DIR: dataDir,
      SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
      LOG_LEVEL: 'warn',
    });
  }

  /** Installs the app that listens on `port`, and has Ada go through its connect dialog for each org. */
  async connect(port: number): Promise<void> {
    const { teams } = this;
    teams.connect(`http://127.0.0.1:${port}/api/messages`);
    await teams.install(this.#team, { by: this.#ada, channel: this.#channel });
    for (const joined of this.orgs) await this.#connectOne(joined);
  }

  async #connectOne(joined: Joined): Promise<void> {
    const { teams } = this;
    const { answers } = await teams.say(this.#ada, this.#channel, 'connect', { mention: true });
    const message = answers.at(-1);
    if (!message) throw new Error(`The bot does not answer.\n${teams.describe()}`);
    // On a busy machine the app may say that Azure did not answer in time: whoever is told so begins anew.
    for (let tries = 1; ; tries++) {
      const outcome = await this.#goThrough(message, joined);
      if (outcome.kind === 'message' && outcome.text.includes(joined.name)) return;
      const { message: _, delivery: __, ...end } = outcome;
      if (tries === mostTries) throw new Error(`The dialog did not end well: ${JSON.stringify(end)}`);
    }
  }

  /** Installs the app that listens on `port`, and has it hear of so many channels. */
  async hear(port: number, count: number): Promise<Channel[]> {
    const { teams } = this;
    teams.connect(`http://127.0.0.1:${port}/api/messages`);
    await teams.install(this.#team, { by: this.#ada, channel: this.#channel });
    const channels = Array.from({ length: count }, (_, index) => this.#team.addChannel(`Shift ${index}`));
    for (const channel of channels) await teams.say(this.#ada, channel, 'hello', { mention: true });
    return channels;
  }

  /** Opens the dialog of the message and fills it in, page by page; returns how it ends. */
  async #goThrough(message: Message, joined: Joined): ReturnType<Teams['fetchDialog']> {
    const { teams } = this;
    const data = { dialog: 'connect', msteams: { type: 'task/fetch' } };
    let outcome = await teams.fetchDialog(this.#ada, this.#channel, message, data);
    for (const inputs of this.#answers(joined)) {
      const whole = { ...(outcome.kind === 'card' && submitDataIn(outcome.card)), ...inputs };
      outcome = await teams.submitDialog(this.#ada, this.#channel, { message }, whole);
    }
    return outcome;
  }

  /** Ada's answers, page by page. The backfill reaches back behind the oldest event. */
  #answers({ name, org, token }: Joined): Card[] {
    const table = { tier: 'Analytics', retention: 90, total: 90 };
    return [
      { name, domain: org.host, key: token },
      { products: 'siem' },
      { workspace: this.workspace.id, ...table, backfill: 2, interval: 10, conversation: this.#channel.id },
    ];
  }

  #addOrg(index: number, { events, seed, connectors, aheadMs }: Filled): Joined {
    const host = index === 0 ? domain : domain.replace('.', `-${index + 1}.`);
    // A budget that is never the limit: what is measured is the connector.
    const org = this.okta.addOrg(host, { orgLimitPerMinute: 1e9 });
    const share = Math.floor((events + index) / connectors);
    const span = aheadMs > 0 ? { spanMs: aheadMs, endsAt: this.now() + aheadMs } : { spanMs: hour, endsAt: this.now() };
    org.log.preload(share, { bytes: eventSize, seed: seed + seedsOfOrg * index, ...span });
    return { name: index === 0 ? 'Acme' : `Acme ${index + 1}`, org, token: org.addToken() };
  }

  async close(): Promise<void> {
    await Promise.all([this.azure.close(), this.okta.close(), this.teams.close()]);
  }
}

/** What the main button of a page carries; Back has no style of its own. */
function submitDataIn(card: unknown): Card | undefined {
  if (typeof card !== 'object' || card === null) return undefined;
  const { type, style, data } = card as Card;
  if (type === 'Action.Submit' && style !== undefined) return data as Card;
  for (const part of Object.values(card)) {
    const found = submitDataIn(part);
    if (found) return found;
  }
  return undefined;
}
