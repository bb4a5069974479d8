import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type App, createApp } from '../../bot/app.ts';
import { type Config, readConfig } from '../../bot/config/config.ts';
import { connectorLease } from '../../ingestion/connector/leases.ts';
import { clouds } from '../../ingestion/runtime/clouds.ts';
import { openLog } from '../../ingestion/runtime/log.ts';
import { openDatabase } from '../../ingestion/store/database.ts';
import { heldLeases } from '../../ingestion/store/leases.ts';
import type { Workspace } from '../sims/azure/estate.ts';
import type { KeyVault } from '../sims/azure/vault.ts';
import { AzureSim } from '../sims/azure.ts';
import { Clock } from '../sims/clock.ts';
import { simulatedIdentity } from '../sims/credential.ts';
import type { OktaOrg } from '../sims/okta/org.ts';
import { Okta } from '../sims/okta.ts';
import { simulatedRuntime } from '../sims/runtime.ts';
import type { Card } from '../sims/teams/cards.ts';
import type { Channel, Conversation, Message, User } from '../sims/teams/tenant.ts';
import { Teams } from '../sims/teams.ts';
import { limitMs } from './limit.ts';
import { lastWayOut, proxyHere } from './proxied/here.ts';
import { freshDatabase, openServer, query, type Server, sharedServer, type TestDatabase } from './server.ts';

let server: Promise<Server> | null = null;

/** A database of its own for every scene, on the server of the suite; a file that is run alone has a server of its own. */
async function databaseOf({ databaseAuth }: SceneOptions): Promise<TestDatabase> {
  server ??= Promise.resolve(sharedServer() ?? openServer());
  // Where the app signs in as a role of its own, the schema is that role's, which makes it.
  return freshDatabase(await server, { bare: databaseAuth === 'entra' });
}

/** A role that may log in with the token that the bot's identity has at this moment; the address for it has no password. */
async function roleWithToken(url: string, azure: AzureSim): Promise<string> {
  const token = await simulatedIdentity(azure).getToken(`${clouds.public.databases}/.default`);
  const own = new URL(url);
  const role = `${own.pathname.slice(1)}-identity`;
  await query(url, `create role "${role}" login password '${token?.token}'`);
  await query(url, `grant create, connect on database ${own.pathname.slice(1)} to "${role}"`);
  own.username = role;
  own.password = '';
  return own.href;
}

/** Stops the test file's PostgreSQL; call it in the file's `after`. */
export async function closeServer(): Promise<void> {
  const own = server;
  server = null;
  await (await own)?.close();
}

const domain = 'acme.okta.com';

export type SceneOptions = {
  azure?: Parameters<typeof AzureSim.open>[0];
  speed?: number;
  /** What the bot's identity may do: all it needs, unless a test says otherwise. */
  botRoles?: string[];
  /** The Key Vault that keeps the Okta tokens, by its address; without, they are sealed in the store. */
  keyVaultUrl?: string;
  /** The app signs in to the store as a role of its own, whose password is a token of the bot's identity. */
  databaseAuth?: 'password' | 'entra';
  /** What data collection rules are tagged with besides. */
  tags?: Record<string, string>;
};

/**
 * The real app among the simulators: the channel "SOC › Alerts" with the bot in it, Ada who may connect, Ben who may read, an
 * Okta org with one event a second, and a Sentinel workspace.
 */
export class Scene {
  readonly clock: Clock;
  readonly azure: AzureSim;
  readonly okta: Okta;
  readonly org: OktaOrg;
  readonly teams: Teams;
  readonly workspace: Workspace;
  /** The vault, where the scene has one; to ask for it elsewhere is a mistake in the test. */
  #vault: KeyVault | null = null;
  readonly channel: Channel;
  readonly ada: User;
  readonly ben: User;
  readonly guest: User;
  /** As whoever made the store; the app may sign in as somebody else. */
  readonly databaseUrl: string;
  readonly token: string;
  readonly logLines: string[] = [];
  /** Set by a test that breaks something of the app's own, so that errors in its log are right. */
  mayFail = false;
  /** Messages as they stood when the test before this one ended. */
  #before = new Map<Message, string>();
  readonly #config: Config;
  readonly #drop: () => Promise<void>;
  readonly #store: pg.Pool;
  #app: App | null = null;

  private constructor(given: {
    clock: Clock;
    azure: AzureSim;
    okta: Okta;
    teams: Teams;
    config: Config;
    drop: () => Promise<void>;
    databaseUrl: string;
    botRoles: string[];
  }) {
    this.clock = given.clock;
    this.azure = given.azure;
    this.okta = given.okta;
    this.teams = given.teams;
    this.#config = given.config;
    this.#drop = given.drop;
    this.databaseUrl = given.databaseUrl;
    this.#store = new pg.Pool({ connectionString: this.databaseUrl, options: '-c search_path=patchbay', max: 1 });
    this.#store.on('error', () => undefined); // one that a test cuts is opened anew

    this.org = this.okta.addOrg(domain);
    this.token = this.org.addToken();

    const subscription = this.azure.addSubscription('Security');
    this.workspace = this.azure.addWorkspace({
      name: 'soc-workspace',
      resourceGroup: 'soc',
      subscription,
      location: 'westeurope',
      sentinel: true,
    });
    const group = `/subscriptions/${subscription}/resourceGroups/soc`;
    for (const role of given.botRoles) this.azure.grant(this.azure.identity.principalId, role, group);
    if (given.config.keyVaultUrl) this.moveToVault(given.config.keyVaultUrl);

    const { tenantId } = given.config.bot;
    this.ada = this.teams.addUser({ name: 'Ada Admin', aadObjectId: this.azure.addUser() });
    this.ben = this.teams.addUser({ name: 'Ben Reader', aadObjectId: this.azure.addUser() });
    this.guest = this.teams.addUser({ name: 'Gus Guest', aadObjectId: this.azure.addUser(), role: 'guest', tenantId });
    for (const role of ['Log Analytics Contributor', 'Microsoft Sentinel Contributor']) {
      this.azure.grant(this.ada.aadObjectId, role, this.workspace.id);
    }
    const team = this.teams.addTeam('SOC');
    this.channel = team.addChannel('Alerts');
  }

  static async open(options: SceneOptions = {}): Promise<Scene> {
    const clock = new Clock({ speed: options.speed ?? 1 });
    const database = await databaseOf(options);
    const azure = await AzureSim.open({
      now: clock.now,
      sleep: clock.sleep,
      hold: clock.patience.hold,
      ...options.azure,
      settings: { rolePropagationMs: 0, visibilityMs: 0, firstDataMs: 0, ...options.azure?.settings },
    });
    const okta = await Okta.open({ now: clock.now, hold: clock.patience.hold });
    const bot = {
      appId: randomUUID(),
      tenantId: azure.identity.tenantId,
      type: 'SingleTenant' as const,
      password: randomUUID(),
    };
    const cloud = options.azure?.cloud ?? 'public';
    const teams = await Teams.open({
      ...bot,
      now: clock.now,
      hold: clock.patience.hold,
      ...(proxyHere() && { cloud }),
    });
    azure.entra.register({
      clientId: bot.appId,
      principalId: azure.directory.addPrincipal('ServicePrincipal'),
      proof: { kind: 'secret', secret: bot.password },
    });
    const config = readConfig({
      HOST: '127.0.0.1',
      PORT: '0',
      HEALTH_PORT: '0',
      MICROSOFT_APP_ID: bot.appId,
      MICROSOFT_APP_TENANT_ID: bot.tenantId,
      MICROSOFT_APP_PASSWORD: bot.password,
      TEAMS_SERVICE_HOSTS: new URL(teams.url).host,
      AZURE_CLOUD: cloud,
      AZURE_TAGS: options.tags && JSON.stringify(options.tags),
      DATA_DIR: join(tmpdir(), 'none'),
      DATABASE_URL: options.databaseAuth === 'entra' ? await roleWithToken(database.url, azure) : database.url,
      DATABASE_AUTH: options.databaseAuth,
      KEY_VAULT_URL: options.keyVaultUrl,
      SECRET_KEY: options.keyVaultUrl ? '' : Buffer.alloc(32, 7).toString('base64'),
      OUTBOUND_ADDRESSES: '203.0.113.4',
      LOG_LEVEL: 'trace',
    });
    const botRoles = options.botRoles ?? botRolesNeeded;
    const scene = new Scene({
      clock,
      azure,
      okta,
      teams,
      config,
      drop: database.drop,
      databaseUrl: database.url,
      botRoles,
    });
    await scene.start();
    await scene.teams.install(scene.channel.team, { by: scene.ada, channel: scene.channel });
    return scene;
  }

  /** Starts the app, as after a stop. */
  async start(): Promise<void> {
    this.#app = await this.another();
    this.teams.connect(`http://127.0.0.1:${this.#app.port}/api/messages`);
  }

  /** One more instance of the app on the same store. */
  async another(): Promise<App> {
    const { azure, okta, teams, clock } = this;
    const runtime = simulatedRuntime({
      clock,
      azure,
      okta,
      teams,
      appId: this.#config.bot.appId,
      ...(proxyHere() && { bot: this.#config.bot }),
      cloud: this.#config.cloud,
    });
    const log = openLog(this.#config.logLevel, { write: (line: string) => this.#noteLine(line) });
    return createApp(this.#config, runtime, log);
  }

  /** An error stands in the runner's output too: where the test fails of it, nobody else says why. */
  #noteLine(line: string): void {
    this.logLines.push(line);
    if (line.includes('"level":50') && !this.mayFail) console.error(line.trimEnd());
  }

  /** Makes the vault, with the rights that the bot needs; from its next start the app keeps its tokens there. */
  moveToVault(url: string): void {
    const { subscription, resourceGroup } = this.workspace;
    this.#vault = this.azure.addVault(new URL(url).host.split('.')[0] ?? '', subscription, resourceGroup);
    this.azure.grant(this.azure.identity.principalId, 'Key Vault Secrets Officer', this.#vault.id);
    this.#config.keyVaultUrl = url;
  }

  get vault(): KeyVault {
    if (!this.#vault) throw new Error('this scene has no vault');
    return this.#vault;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#app?.port}`;
  }

  /** Where the app listens to the machine around it. */
  get healthUrl(): string {
    return `http://127.0.0.1:${this.#app?.healthPort}`;
  }

  async stop(): Promise<void> {
    await this.#app?.close();
    this.#app = null;
  }

  async close(): Promise<void> {
    await this.stop();
    this.#checkLog();
    await Promise.all([this.azure.close(), this.okta.close(), this.teams.close()]);
    await this.#store.end();
    await this.#drop();
    this.#checkAzure();
  }

  #checkAzure(): void {
    const [first] = this.azure.unexpected;
    if (first) throw new Error(`Azure was asked what no correct client asks: ${first}`);
  }

  /** Whatever a test was about: a token is in no log line and in nothing that went to Teams, and nothing failed unseen. */
  #checkLog(): void {
    const password = lastWayOut()?.password;
    const secrets = [this.token, ...(password ? [password, encodeURIComponent(password)] : [])];
    const leak = [...this.logLines, ...this.teams.traffic.map(({ body }) => body)].find((text) =>
      secrets.some((secret) => text.includes(secret)),
    );
    if (leak) throw new Error(`a secret leaked: ${leak.slice(0, 300)}`);
    const failed = this.logLines.find((line) => line.includes('"level":50'));
    if (failed && !this.mayFail) throw new Error(`an error was logged: ${failed.slice(0, 600)}`);
  }

  /** One question to the store, for what no person can see; all go over one connection. */
  async rows<T>(text: string, values: unknown[] = []): Promise<T[]> {
    return (await this.#store.query(text, values)).rows as T[];
  }

  /** Every row of every table, as text. */
  async stored(): Promise<string[]> {
    const tables = await this.rows<{ name: string }>(
      `select schemaname || '.' || quote_ident(tablename) as name from pg_tables where schemaname in ('patchbay', 'patchbay_jobs')`,
    );
    const found: string[] = [];
    for (const { name } of tables) {
      for (const { row } of await this.rows<{ row: string }>(`select t::text as row from ${name} t`)) found.push(row);
    }
    return found;
  }

  /** Asks the store again and again until the answer is a row; for what no person can see. */
  async eventually<T>(text: string, values: unknown[] = []): Promise<T> {
    for (const deadline = performance.now() + limitMs; performance.now() < deadline; ) {
      const [row] = await this.rows<T>(text, values);
      if (row) return row;
      await this.rows('select pg_sleep(0.05)');
    }
    throw new Error(`not within ${limitMs} ms: ${text}\n${this.logLines.slice(-5).join('')}`);
  }

  /** Takes a lease, as another process would, until it is released. */
  async hold(name: string): Promise<{ pool: pg.Pool; letGo(): Promise<void>; release(): Promise<void> }> {
    const database = await openDatabase({ databaseUrl: this.databaseUrl, dataDir: '' });
    let end = () => {};
    const taken = Promise.withResolvers<void>();
    const held = () => {
      taken.resolve();
      return new Promise<true>((done) => {
        end = () => done(true);
      });
    };
    const work = (async () => {
      while (!(await database.leases.whileHeld(name, held))) await this.rows('select pg_sleep(0.01)');
    })();
    await taken.promise;
    const letGo = async () => {
      end();
      await work;
    };
    const release = async () => {
      await letGo();
      await database.close();
    };
    return { pool: database.pool, letGo, release };
  }

  /** Waits for something to have happened at the Azure simulator. */
  arrived(fits: () => boolean): Promise<void> {
    return this.#changed(this.azure, fits);
  }

  /** Waits for something to have reached the Okta simulator. */
  reached(fits: () => boolean): Promise<void> {
    return this.#changed(this.okta, fits);
  }

  #changed(simulator: EventEmitter<{ change: [] }>, fits: () => boolean): Promise<void> {
    return new Promise((done, fail) => {
      const end = () => {
        clearTimeout(timer);
        simulator.off('change', look);
      };
      const look = () => {
        if (!fits()) return;
        end();
        done();
      };
      const timer = setTimeout(() => {
        end();
        fail(new Error(`not within ${limitMs} ms: ${fits}\n${this.logLines.slice(-5).join('')}`));
      }, limitMs);
      simulator.on('change', look);
      look();
    });
  }

  /** Which of these leases somebody holds at this moment. */
  held(names: string[]): Promise<Set<string>> {
    return heldLeases(this.#store, names);
  }

  /** How often each of these events stands in the workspace. */
  copies(uuids: string[]): (number | undefined)[] {
    const { ledger } = this.azure.table(this.workspace, 'OktaSystemLogs_CL');
    return uuids.map((uuid) => ledger.get(uuid)?.copies);
  }

  /** Waits until no poll is under way: it may have read before what the test has done since. */
  async #pollsEnd(): Promise<void> {
    const connectors = await this.rows<{ id: string }>(`select id from connectors where desired = 'run'`);
    const names = connectors.map(({ id }) => connectorLease(id));
    const end = performance.now() + limitMs;
    while ((await heldLeases(this.#store, names)).size > 0) {
      assert.ok(performance.now() < end, 'a poll does not end');
      await this.rows('select pg_sleep(0.01)');
    }
  }

  /** Lets the poll interval pass, and what a connector rests beyond it, and waits until each has had a poll since. */
  async poll(): Promise<void> {
    await this.#pollsEnd();
    this.clock.advance(61_000);
    const since = this.clock.now();
    for (;;) {
      const { due } = await this.eventually<{ due: Date | null }>(
        `select min(due_at) as due from connectors
          where desired = 'run' and coalesce((status->>'lastPollAt')::bigint, 0) < $1
         having count(*) = 0 or min(due_at) > $2`,
        [since, new Date(this.clock.now())],
      );
      if (due === null) return;
      this.clock.advance(Math.max(0, due.getTime() - this.clock.now()));
    }
  }

  /**
   * After each of the tests that share a scene: nothing is broken any more, all connectors are well and their cards say so, and
   * neither the log nor a simulator has anything to complain of. What the channel shows now is no news to the next test.
   */
  async settled(): Promise<void> {
    for (const { faults } of [this.azure, this.org, this.teams]) faults.clear();
    this.org.restore(this.token);
    this.clock.speed = 1;
    for (let polls = 0; polls < 4 && !(await this.#isWell()); polls++) {
      // A warning of what is over stays for an hour; the event shows that the source has not fallen silent.
      if (polls > 0) this.clock.advance(3_600_000);
      this.org.publishMade(1);
      await this.poll();
    }
    assert.ok(await this.#isWell(), 'all connectors are well again');
    await this.eventually(
      'select 1 as done where not exists (select from outbox where shown_version < version and gone is null)',
    );
    await this.rows('delete from quarantine');
    this.#checkLog();
    this.#checkAzure();
    this.logLines.length = 0;
    this.mayFail = false;
    this.#before = new Map(
      this.teams.messages(this.channel).map((message) => [message, JSON.stringify(message.cards)]),
    );
  }

  async #isWell(): Promise<boolean> {
    const unwell = `select from connectors where desired = 'run' and status->>'health' <> 'ok'
                    union all select from incidents where resolved_at is null`;
    return (await this.rows(unwell)).length === 0;
  }

  /** The channel's messages that have come or changed since the test before this one ended. */
  get news(): Message[] {
    const messages = this.teams.messages(this.channel);
    return messages.filter((message) => this.#before.get(message) !== JSON.stringify(message.cards));
  }

  /** Connects with good answers and waits until rows are visible and the connector says Connected. */
  async connected(name = 'Acme'): Promise<void> {
    this.org.publishMade(5);
    await this.connect(this.ada, name);
    await this.eventually(`select 1 as done from connectors where status->>'lastPollAt' is not null and name = $1`, [
      name,
    ]);
    await this.#rowsSeen(name);
    await this.poll();
    await this.card(`${name} is connected`);
  }

  /** Waits until a look at the workspace has seen rows: one that came just before them is followed by the next five minutes later. */
  async #rowsSeen(name: string): Promise<void> {
    for (let since = 0, looks = 0; looks < 3; looks++) {
      const { rows } = await this.eventually<{ rows: number }>(
        `select coalesce((observation->'seen'->>'rows')::int, 0) as rows from connectors
          where (observation->>'triedAt')::bigint > $2 and name = $1`,
        [name, since],
      );
      if (rows > 0) return;
      since = this.clock.now();
      this.clock.advance(5 * 60_000);
    }
    assert.fail(`no row of ${name} is visible`);
  }

  /** Says something to the bot in the channel and returns its answer. */
  async ask(user: User, text: string): Promise<Message> {
    const { answers } = await this.teams.say(user, this.channel, text, { mention: true });
    const answer = answers.at(-1);
    if (!answer) throw new Error(`no answer to "${text}"\n${this.teams.describe()}`);
    return answer;
  }

  /** Opens the connect dialog from the button of the help card. */
  async openWizard(user: User): Promise<Dialogue> {
    const message = await this.ask(user, 'connect');
    return Dialogue.open(this, user, message, { dialog: 'connect' });
  }

  /** Goes through the connect dialog with good answers and returns its last sentence. */
  async connect(user: User, name = 'Acme', answers: Card = {}): Promise<string> {
    const { key = this.token, ...others } = answers;
    const wizard = await this.openWizard(user);
    await wizard.submit({ name, domain, key });
    await wizard.submit({ products: 'siem' });
    const details = { ...goodDetails(this), ...others };
    await wizard.submit(details);
    // The same org into the same workspace again takes a yes.
    if (wizard.text.includes('"id":"again"')) await wizard.submit({ ...details, again: details.workspace });
    return wizard.sentence;
  }

  /** Waits until a card in the channel holds all of `texts`. */
  card(...texts: (string | RegExp)[]): Promise<Message> {
    const fits = (text: string) =>
      texts.every((part) => (typeof part === 'string' ? text.includes(part) : part.test(text)));
    return this.teams.until(() =>
      this.news.findLast((message) => message.cards.some((card) => fits(JSON.stringify(card)))),
    );
  }
}

/** What the bot's own identity needs on the workspaces' resource group. */
export const botRolesNeeded = [
  'Log Analytics Contributor',
  'Monitoring Contributor',
  'Role Based Access Control Administrator',
];

/** Picks the calls that bring events, for faults that are to meet no health record. */
export const bringsEvents = ({ path }: { path: string }) => path.endsWith('/Custom-OktaSystemLog');

/** Answers to the third page that are all right. */
export function goodDetails(scene: Scene): Card {
  return {
    workspace: scene.workspace.id,
    tier: 'Analytics',
    retention: 90,
    total: 90,
    backfill: 1,
    interval: 60,
    conversation: scene.channel.id,
  };
}

type Shown = Awaited<ReturnType<Teams['fetchDialog']>> | Awaited<ReturnType<Teams['openExtension']>>;

/** A dialog as one person goes through it: each submit carries the data of the page's own button. */
export class Dialogue {
  readonly #scene: Scene;
  readonly #user: User;
  readonly #send: (user: User, data: Card) => Promise<Shown>;
  #outcome: Shown;

  private constructor(scene: Scene, user: User, outcome: Shown, send: (user: User, data: Card) => Promise<Shown>) {
    this.#scene = scene;
    this.#user = user;
    this.#outcome = outcome;
    this.#send = send;
  }

  static async open(scene: Scene, user: User, message: Message, data: Card): Promise<Dialogue> {
    const { teams, channel } = scene;
    const whole = { ...data, msteams: { type: 'task/fetch' } };
    const outcome = await teams.fetchDialog(user, channel, message, whole);
    return new Dialogue(scene, user, outcome, (by, sent) => teams.submitDialog(by, channel, { message }, sent));
  }

  /** The same by a command of the message extension, without any message; in the channel, unless it is opened elsewhere. */
  static async openExtension(
    scene: Scene,
    user: User,
    commandId: string,
    { where = scene.channel, context = 'compose' }: { where?: Conversation; context?: 'compose' | 'commandBox' } = {},
  ): Promise<Dialogue> {
    const { teams } = scene;
    const outcome = await teams.openExtension(user, where, commandId, context);
    return new Dialogue(scene, user, outcome, (by, sent) => teams.submitExtension(by, where, outcome, sent));
  }

  /** Presses the page's button titled `title` (its main one without), with these inputs; `user` may be somebody else. */
  async submit(inputs: Card, options: { title?: string; user?: User; data?: Card } = {}): Promise<void> {
    const data = { ...(options.data ?? this.buttonData(options.title)), ...inputs };
    this.#outcome = await this.#send(options.user ?? this.#user, data);
  }

  /** What the page's button carries. */
  buttonData(title?: string): Card {
    const actions = actionsIn(this.page).filter((action) => action.type === 'Action.Submit');
    const action = actions.find((candidate) => (title ? candidate.title === title : candidate.style !== undefined));
    if (!action) throw new Error(`no button ${title ?? ''} on ${JSON.stringify(this.page)}`);
    return action.data as Card;
  }

  get page(): Card {
    if (this.#outcome.kind !== 'card') throw new Error(`no page: ${this.#described()}`);
    return this.#outcome.card;
  }

  #described(): string {
    const { delivery, ...dialog } = this.#outcome;
    return `${JSON.stringify(dialog)} after ${delivery.status}\n${this.#scene.logLines.slice(-5).join('')}`;
  }

  /** The page, or the sentence, as one text. */
  get text(): string {
    return this.#outcome.kind === 'card' ? JSON.stringify(this.#outcome.card) : this.sentence;
  }

  get sentence(): string {
    if (this.#outcome.kind !== 'message') throw new Error(`no sentence: ${this.#described()}`);
    return this.#outcome.text;
  }
}

/** All actions of a card, in the order in which they are drawn. */
export function actionsIn(card: unknown): Card[] {
  if (Array.isArray(card)) return card.flatMap(actionsIn);
  if (typeof card !== 'object' || card === null) return [];
  const object = card as Card;
  const own = typeof object.type === 'string' && object.type.startsWith('Action.') ? [object] : [];
  return [...own, ...Object.values(object).flatMap(actionsIn)];
}
