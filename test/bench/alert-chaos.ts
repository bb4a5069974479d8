import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { listAudience } from '../../bot/teams/told-places.ts';
import type { Connector, Settings } from '../../ingestion/connector/connector.ts';
import { followIncident } from '../../ingestion/connector/incidents.ts';
import { createConnector } from '../../ingestion/connector/registration.ts';
import { openPool, transaction } from '../../ingestion/store/database.ts';
import { type Card, textOf } from '../sims/teams/cards.ts';
import type { Channel, Message } from '../sims/teams/tenant.ts';
import { AlertStorm } from './alert-storm.ts';
import { type Closers, readOptions, run, say } from './command.ts';
import { Company } from './company.ts';
import { DataDir } from './data-dir.ts';
import { KillableApp } from './killable.ts';

// Opens and ends incidents of as many connectors in the store, each told in one of the channels, while Teams refuses calls, loses
// answers and hangs, and while the app is killed with -9 and started again. At the end a client asks for the state of each card.

const options = readOptions(
  'chaos',
  { incidents: 500, channels: 25, kills: 6, seed: Math.floor(Math.random() * 1e9) },
  ['alerts'],
);
const everyMs = 60;
/** So many others open before an incident ends. */
const lasts = 80;
/** An attempt that was under way when its process died is taken for lost after 90 seconds, and its card rests for some more. */
const patienceMs = 400_000;
const day = 86_400_000;

class AlertChaos {
  readonly #company: Company;
  readonly #dataDir: DataDir;
  readonly #pool: pg.Pool;
  readonly #signal: AbortSignal;
  #app: KillableApp;
  /** Posts that were under way when the app was killed. */
  #cutOff = 0;

  private constructor(given: {
    company: Company;
    dataDir: DataDir;
    pool: pg.Pool;
    signal: AbortSignal;
    app: KillableApp;
  }) {
    this.#company = given.company;
    this.#dataDir = given.dataDir;
    this.#pool = given.pool;
    this.#signal = given.signal;
    this.#app = given.app;
  }

  /** Opens the company and the app, whom all channels know. */
  static async open(closers: Closers, signal: AbortSignal): Promise<{ chaos: AlertChaos; channels: Channel[] }> {
    const dataDir = await DataDir.open();
    closers.push(() => dataDir.close());
    const company = await Company.open({ events: 1, mode: 'rows' });
    closers.push(() => company.close());
    // What is counted is what becomes of messages, not how fast they come.
    company.teams.throttle.enabled = false;
    const app = KillableApp.start({ config: company.config(dataDir.path), places: company.places });
    const port = await app.ready();
    const pool = openPool({ connectionString: (await dataDir.server()).url }, 4);
    closers.push(() => pool.end());
    const chaos = new AlertChaos({ company, dataDir, pool, signal, app });
    closers.push(() => chaos.#app.stop());
    return { chaos, channels: await company.hear(port, options.channels) };
  }

  /** A connector for each incident, none of which is polled. */
  async connectors(channels: Channel[]): Promise<Connector[]> {
    const { tenant } = this.#company.teams;
    const made: Connector[] = [];
    for (let index = 0; index < options.incidents; index++) {
      const { id: conversationId = '' } = channels[index % channels.length] ?? {};
      const settings = {
        backfillHours: 1,
        conversationId,
        workspace: this.#company.workspace,
        createdBy: { id: 'x', name: 'Ada' },
      };
      const given = {
        tenantId: tenant.id,
        name: nameOf(index),
        domain: `c${index}.okta.com`,
        settings: settings as unknown as Settings,
      };
      const connector = await createConnector(this.#pool, given, Date.now() + day);
      if (connector) made.push(connector);
    }
    return made;
  }

  /** Each incident opens, and ends some time after; the app is killed in between. */
  async live(connectors: Connector[]): Promise<void> {
    const steps = connectors.length + lasts;
    const kills = new Set(
      Array.from({ length: options.kills }, (_, kill) => Math.ceil((steps * (kill + 1)) / (options.kills + 1))),
    );
    for (let step = 0; step < steps; step++) {
      await this.#follow(connectors[step], true);
      await this.#follow(connectors[step - lasts], false);
      await delay(everyMs, undefined, { signal: this.#signal });
      if (kills.has(step)) await this.#killAndRestart();
    }
  }

  async #follow(connector: Connector | undefined, broken: boolean): Promise<void> {
    if (!connector) return;
    const now = Date.now();
    const problem = broken ? ({ reason: 'token-refused', health: 'error', since: now, evidence: {} } as const) : null;
    const told = { ...connector, status: { ...connector.status, problem } };
    await transaction(this.#pool, (tx) => followIncident(tx, told, { audience: listAudience, now }));
  }

  async #killAndRestart(): Promise<void> {
    await this.#app.kill();
    const { rows } = await this.#pool.query<{ count: number }>(
      `select count(*) from outbox where attempted_at is not null and kind = 'alert'`,
    );
    this.#cutOff += rows[0]?.count ?? 0;
    say(`killed with ${rows[0]?.count} posts under way`);
    this.#app = KillableApp.start({ config: this.#company.config(this.#dataDir.path), places: this.#company.places });
    this.#company.teams.connect(`http://127.0.0.1:${await this.#app.ready()}/api/messages`);
  }

  /** Waits until nothing is left to be told. */
  async settled(): Promise<void> {
    for (const end = Date.now() + patienceMs; Date.now() < end; ) {
      const { rows } = await this.#pool.query<{ count: number }>(
        'select count(*) from outbox where shown_version < version and gone is null and merged_into is null',
      );
      if (rows[0]?.count === 0) return;
      await Promise.race([delay(500, undefined, { signal: this.#signal }), this.#app.ended]);
    }
    throw new Error(`Cards are left that are not up to date.\n${this.#app.log}`);
  }

  /** What stands in Teams, after a client has asked each card for its state. */
  async count(unknown: number) {
    const { teams } = this.#company;
    const cards = teams.tenant.messages.filter(({ from, cards: [card] }) => from === 'bot' && refreshOf(card));
    const [reader] = teams.tenant.users;
    let wrong = 0;
    for (const message of cards) {
      if (!reader) break;
      await teams.execute(reader, message.conversation, message, refreshOf(message.cards[0]) ?? {}, {
        trigger: 'automatic',
      });
      const seen = (message.views.get(reader) ?? message.cards)[0] ?? {};
      if (!textOf(seen).includes('✓ Recovered')) wrong += 1;
    }
    const places = new Set(cards.map((message) => `${message.conversation.id} ${incidentOf(message)}`));
    // A card that was in doubt twice and stands nowhere is told of by the message of its own in which it develops.
    const told = new Set(teams.tenant.messages.filter(({ from }) => from === 'bot').map(incidentOf));
    const lost = Array.from({ length: options.incidents }, (_, index) => nameOf(index)).filter(
      (name) => !told.has(name),
    );
    const carded = new Set(cards.map(incidentOf));
    say(`${told.size - carded.size} incidents were told of by a reply alone, as their card was in doubt twice`);
    return {
      incidents: options.incidents,
      posts: cards.length,
      lost: lost.length,
      extra_copies: cards.length - places.size,
      unknown_outcomes: unknown + this.#cutOff,
      left_wrong: wrong,
    };
  }

  storm(): AlertStorm {
    return AlertStorm.over(this.#company.teams, options.seed);
  }
}

function nameOf(index: number): string {
  return `Connector ${String(index).padStart(4, '0')}`;
}

function incidentOf({ cards: [card] }: Message): string {
  return /Connector \d{4}/.exec(textOf(card ?? {}))?.[0] ?? '';
}

function refreshOf(card: Card | undefined): Card | undefined {
  return (card?.refresh as { action: Card } | undefined)?.action;
}

await run(async (closers, signal) => {
  const { chaos, channels } = await AlertChaos.open(closers, signal);
  const connectors = await chaos.connectors(channels);
  const started = performance.now();
  const storm = chaos.storm();
  await chaos.live(connectors);
  storm.end();
  await chaos.settled();
  const counted = await chaos.count(storm.unknown);
  const seconds = Math.round((performance.now() - started) / 1000);
  const ok = counted.lost === 0 && counted.left_wrong === 0 && counted.extra_copies <= counted.unknown_outcomes;
  process.stdout.write(`${JSON.stringify({ ...counted, ok, seconds, seed: options.seed })}\n`);
  return ok;
});
