import { randomUUID } from 'node:crypto';
import type { HttpClient } from '@azure/core-rest-pipeline';
import { stream } from '../../../ingestion/azure/logs-ingestion.ts';
import { tableName } from '../../../ingestion/azure/resources/table.ts';
import { type Checkpoint, readCheckpoint, readSent } from '../../../ingestion/connector/checkpoint.ts';
import { Fenced, openSaves } from '../../../ingestion/connector/checkpoints.ts';
import type { Connector } from '../../../ingestion/connector/connector.ts';
import { readDelivered, readSegments } from '../../../ingestion/connector/delivered.ts';
import type { PollResult } from '../../../ingestion/connector/poll-result.ts';
import { createConnector } from '../../../ingestion/connector/registration.ts';
import { readTraffic } from '../../../ingestion/connector/statistics.ts';
import { BufferPool } from '../../../ingestion/okta/buffer-pool.ts';
import { clouds } from '../../../ingestion/runtime/clouds.ts';
import type { Runtime } from '../../../ingestion/runtime/runtime.ts';
import type { Database } from '../../../ingestion/store/database.ts';
import { Compressor } from '../../../ingestion/sync/compressor.ts';
import { DedupWindows } from '../../../ingestion/sync/dedup-windows.ts';
import { fromBytes, type Keys } from '../../../ingestion/sync/event-keys.ts';
import { type PollParts, sync } from '../../../ingestion/sync/poll.ts';
import { takeCheckpoint } from '../../fixtures/checkpoint.ts';
import { newTable, type Rule } from '../../sims/azure/estate.ts';
import type { Effect, Fault } from '../../sims/azure/faults.ts';
import { AzureSim } from '../../sims/azure.ts';
import { Clock } from '../../sims/clock.ts';
import { simulatedIdentity } from '../../sims/credential.ts';
import { simulatedNetwork } from '../../sims/network.ts';
import type { OktaOrg } from '../../sims/okta/org.ts';
import { Okta } from '../../sims/okta.ts';
import type { CuttableWay } from './cut.ts';
import { Model, unpacked } from './model.ts';
import type { Problematic, Step, Temper } from './plan.ts';
import { type Kind, Press } from './written.ts';

const minute = 60_000;
/** So many polls without faults must be enough for whatever went before. */
const mostPollsToRest = 30;

/** The store: reached directly by whoever watches, and by the product over a way that can be cut. */
export type Store = { direct: Database; app: Database; way: CuttableWay };

type Left = { checkpoint: Checkpoint; delivered: Keys[]; until: number };
/** A poll that is fenced hears of it by its next save: five uploads of four tries may be on their way, and five begin before. */
const mostAfterFence = 25;
type Ended = { poll: PollResult } | { error: unknown };

/** Plays one schedule on an org, a table and a connector of its own, with the product's own polls, and judges every step. */
export class Play {
  readonly model: Model;
  /** How many rows the product says may be there twice, at most. */
  counted = 0;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #okta: Okta;
  readonly #azure: AzureSim;
  readonly #org: OktaOrg;
  readonly #runtime: Runtime;
  readonly #connector: Connector;
  readonly #token: string;
  readonly #press: Press;
  readonly #ends: (() => void)[] = [];
  /** What each instance of the product keeps in memory. */
  readonly #windows = [new DedupWindows(1e9), new DedupWindows(1e9)];
  readonly #shared: Pick<PollParts, 'memory' | 'compressor' | 'share' | 'uploadBytes'>;
  #polls = 0;

  private constructor(given: {
    store: Store;
    clock: Clock;
    okta: Okta;
    azure: AzureSim;
    org: OktaOrg;
    connector: Connector;
    seed: number;
  }) {
    this.#store = given.store;
    this.#clock = given.clock;
    this.#okta = given.okta;
    this.#azure = given.azure;
    this.#org = given.org;
    this.#connector = given.connector;
    this.#token = given.org.addToken();
    this.#press = new Press(given.seed);
    const compressor = new Compressor({ compression: given.seed % 2 === 0 ? 'gzip' : 'none' });
    this.#shared = { memory: new BufferPool(), compressor, share: 1, uploadBytes: 1_000_000 };
    this.model = new Model(given.org.log);
    const { clock, okta, azure } = given;
    this.#runtime = {
      ...simulatedNetwork(clock, { okta, azure }),
      credential: simulatedIdentity(azure),
      cloud: clouds.public,
    };
    // Added first, so that it sees each upload before a fault does.
    const note: Fault['when'] = (call) => {
      this.model.note(call);
      return false;
    };
    azure.faults.add({ where: 'ingestion', when: note, do: 'hang' });
  }

  static async open(store: Store, { seed, temper }: { seed: number; temper: Temper }): Promise<Play> {
    const clock = new Clock();
    const azure = await AzureSim.open({ now: clock.now, mode: 'ledger' });
    const okta = await Okta.open({ now: clock.now });
    const org = okta.addOrg(`${randomUUID()}.okta.com`);
    const { joinedLinks, oddity, ...rest } = temper;
    Object.assign(org, rest);
    Object.assign(org.links, { oddity, style: { ...org.links.style, joined: joinedLinks } });
    const connector = await connect(store, org, addRule(azure, clock.now()), clock.now());
    return new Play({ store, clock, okta, azure, org, connector, seed });
  }

  async close(): Promise<void> {
    await Promise.all([this.#okta.close(), this.#azure.close()]);
    await this.#store.direct.pool.query('delete from connectors where id = $1', [this.#connector.id]);
  }

  async perform(step: Step): Promise<void> {
    switch (step.do) {
      case 'publish':
        return this.#publish(step.kind, step.count, step);
      case 'poison':
        return this.#poison();
      case 'okta':
        return void this.#ends.push(this.#org.faults.add({ times: step.times, do: step.fault }));
      case 'azure':
        return this.#refuse({ times: step.times, do: step.effect });
      case 'narrow':
        return this.#refuse({
          times: step.times,
          do: tooLarge,
          when: ({ body }) => unpacked(body).length > step.bytes,
        });
      case 'forget':
        return this.#org.links.forget();
      case 'jump':
        return this.#clock.advance(step.ms);
      case 'poll':
        return this.#poll(step.instance, step.problem);
    }
  }

  /** Ends all faults but poison, and polls until Okta has no more; then all there ever was must be there. */
  async rest(): Promise<void> {
    for (const end of this.#ends.splice(0)) end();
    this.#clock.advance(30 * minute);
    this.#publish('made', 5, { lateMs: 0, aheadMs: 0 });
    let last: Ended | null = null;
    for (let good = 0, tries = 0; good < 2; tries++) {
      if (tries === mostPollsToRest) throw new Error(`It does not come to rest: ${JSON.stringify(last)}`);
      last = await this.#run(0, this.#http(++this.#polls), new AbortController().signal);
      if ('error' in last) throw last.error;
      await this.#judge();
      good = last.poll.caughtUp && !last.poll.failure ? good + 1 : 0;
      this.#pause(last);
    }
    await this.#judge('end');
  }

  #publish(kind: Kind, count: number, { lateMs, aheadMs }: { lateMs: number; aheadMs: number }): void {
    const now = this.#clock.now();
    for (let index = 0; index < count; index++) {
      const persistAt = now + aheadMs;
      const bytes = this.#press.write(kind, { publishedAt: now - 860 - lateMs, persistAt });
      if (bytes) this.#org.publish(bytes, { persistAt });
    }
  }

  #poison(): void {
    const name = `poison-${randomUUID()}`;
    this.#org.publish({ uuid: name, published: new Date(this.#clock.now()).toISOString() });
    this.#azure.faults.add({ where: 'ingestion', when: ({ body }) => unpacked(body).includes(name), do: malformed });
  }

  #refuse(fault: { times: number; do: Effect; when?: Fault['when'] }): void {
    this.#ends.push(this.#azure.faults.add({ where: 'ingestion', ...fault }));
  }

  async #poll(instance: 0 | 1, problem: Problematic | null): Promise<void> {
    const { way } = this.#store;
    const number = ++this.#polls;
    const closing = new AbortController();
    const other: { left: Left | null; rival: Promise<Ended> | null } = { left: null, rival: null };
    const befall = async (kind: Problematic['kind']): Promise<void> => {
      if (kind === 'stop') closing.abort(new Error('stopped'));
      if (kind === 'forget') this.#org.links.forget();
      if (kind === 'jump') this.#clock.advance(20 * minute);
      if (kind === 'publish') this.#publish('made', 20, { lateMs: 0, aheadMs: 0 });
      if (kind === 'publish') this.#publish('again', 5, { lateMs: 0, aheadMs: 0 });
      if (kind !== 'fence' && kind !== 'rival') return;
      other.left = await this.#takeOver(this.model.uploadsOf(number) + mostAfterFence);
      if (kind === 'rival')
        other.rival = this.#run(1 - instance, this.#http(++this.#polls), new AbortController().signal);
    };
    if (problem?.kind === 'cut') way.cutAt(problem.at, problem.side);
    const ended = await this.#run(instance, this.#http(number, problem, befall), closing.signal);
    const isCut = way.isCut;
    way.mend();
    if (problem?.kind === 'cut' && problem.restart) this.#windows[instance] = new DedupWindows(1e9);
    const theirs = await other.rival;
    if (isCut) other.left = await this.#takeOver(Number.POSITIVE_INFINITY);
    if (other.left) this.model.cutOff(number, other.left.checkpoint, other.left.delivered, other.left.until);
    if ('error' in ended && !isCut && !closing.signal.aborted && !(ended.error instanceof Fenced)) throw ended.error;
    if (theirs && 'error' in theirs) throw theirs.error;
    await this.#judge();
    this.#pause(ended);
  }

  /** What another poll that begins now goes on from. */
  async #takeOver(until: number): Promise<Left | null> {
    const { pool } = this.#store.direct;
    const checkpoint = await takeCheckpoint(pool, this.#connector.id);
    if (!checkpoint) return null;
    const { segments, since } = await readDelivered(pool, this.#connector.id);
    const whole = await readSegments(
      pool,
      segments.map(({ id }) => id),
    );
    return { checkpoint, delivered: [...whole.values(), ...since].map(fromBytes), until };
  }

  /** The simulators' HTTP for one poll, whose number goes with each call. */
  #http(
    number: number,
    problem: Problematic | null = null,
    befall?: (kind: Problematic['kind']) => Promise<void>,
  ): HttpClient {
    let calls = 0;
    return {
      sendRequest: async (request) => {
        calls++;
        if (problem && problem.kind !== 'cut' && problem.at === calls) await befall?.(problem.kind);
        request.headers.set('x-poll', String(number));
        return this.#runtime.http.sendRequest(request);
      },
    };
  }

  async #run(instance: number, http: HttpClient, signal: AbortSignal): Promise<Ended> {
    // Whoever waits lets the time pass at once.
    const sleep = async (ms: number) => this.#clock.advance(ms);
    const runtime = { ...this.#runtime, http, sleep };
    const { app } = this.#store;
    try {
      const windows = this.#windows[instance] as DedupWindows;
      const parts = { ...this.#shared, runtime, pool: app.pool, saves: openSaves(app.pool), windows };
      const checkpoint = await takeCheckpoint(app.pool, this.#connector.id);
      if (!checkpoint) return { error: new Error('The connector is gone.') };
      const order = {
        connector: this.#connector,
        checkpoint,
        allowed: { by: { scheme: 'SSWS' as const, token: this.#token } },
      };
      return { poll: await sync(parts, order, signal) };
    } catch (error) {
      return { error };
    }
  }

  async #judge(to?: 'end'): Promise<void> {
    const { pool } = this.#store.direct;
    const checkpoint = await readCheckpoint(pool, this.#connector.id);
    const { rows } = await pool.query<{ event: Buffer }>('select event from quarantine where connector_id = $1', [
      this.#connector.id,
    ]);
    const aside = rows.map(({ event }) => event);
    const wrong =
      checkpoint && (this.model.judge(to ?? checkpoint, aside) ?? (await this.#miscounted(checkpoint, { aside, to })));
    if (wrong) throw new Error(`poll ${this.#polls}: ${wrong}`);
  }

  /** What is wrong with what people are told of how much was sent; null when nothing is. */
  async #miscounted(
    { inFlight }: Checkpoint,
    { aside, to }: { aside: Buffer[]; to: 'end' | undefined },
  ): Promise<string | null> {
    const { pool } = this.#store.direct;
    const { id } = this.#connector;
    const { sentEvents = 0, possiblyDuplicatedEvents = 0 } = (await readSent(pool, [id])).get(id) ?? {};
    this.counted = possiblyDuplicatedEvents;
    const { repeated, taken } = this.model;
    if (repeated > possiblyDuplicatedEvents + inFlight)
      return `${repeated} rows are there twice, and ${possiblyDuplicatedEvents} and ${inFlight} are said to be at most`;
    const { events } = await readTraffic(pool, id, 0);
    if (events !== sentEvents) return `the statistics count ${events} events, the checkpoint ${sentEvents}`;
    if (sentEvents > taken.acknowledged) return `${sentEvents} are said to be sent, of ${taken.acknowledged}`;
    // One that was refused may be there all the same, from a request whose answer was lost.
    if (to && sentEvents + aside.length < taken.events)
      return `${sentEvents} are said to be sent, and ${taken.events} are there`;
    return to && inFlight > 0 ? `${inFlight} are said to be under way at rest` : null;
  }

  /** Until the next poll, as long as the product's own schedule would wait. */
  #pause(ended: Ended): void {
    this.#clock.advance('error' in ended ? 1000 : untilNext(ended.poll));
  }
}

function untilNext({ waitMs, caughtUp, failure }: PollResult): number {
  return waitMs ?? (caughtUp || failure ? minute : 0);
}

const malformed: Effect = { status: 400, body: { error: { code: 'InvalidPayload', message: 'no' } } };
const tooLarge: Effect = { status: 413, body: { error: { code: 'ContentLengthLimitExceeded', message: 'no' } } };

function addRule(azure: AzureSim, now: number): Rule {
  const subscription = azure.addSubscription('Security');
  const place = { resourceGroup: 'soc', subscription, location: 'westeurope' };
  const workspace = azure.addWorkspace({ name: 'soc-workspace', ...place });
  workspace.tables.set(tableName.toLowerCase(), newTable(tableName, [], now));
  const id = `/subscriptions/${subscription}/resourceGroups/soc/providers/Microsoft.Insights/dataCollectionRules/acme`;
  const rule: Rule = {
    id,
    name: 'acme',
    location: 'westeurope',
    kind: 'Direct',
    immutableId: 'dcr-0123456789abcdef0123456789abcdef',
    endpointHost: 'acme-1a2b-westeurope.logs.z1.ingest.monitor.azure.com',
    streams: new Map([[stream, []]]),
    flows: [{ streams: [stream], workspaces: [workspace], table: tableName, transformKql: undefined }],
    sent: {},
    dropped: new Map(),
    diagnostics: new Map(),
    transformError: undefined,
    tags: undefined,
    etag: '1',
    createdAt: now,
    changedAt: now,
  };
  azure.estate.rules.set(id.toLowerCase(), rule);
  azure.grant(azure.identity.principalId, 'Monitoring Metrics Publisher', id);
  return rule;
}

async function connect({ direct }: Store, org: OktaOrg, rule: Rule, now: number): Promise<Connector> {
  const { pool } = direct;
  const settings: Connector['settings'] = {
    workspace: { id: '/w', name: 'soc-workspace', customerId: randomUUID(), location: 'westeurope' },
    table: { plan: 'Analytics', retentionDays: 90, totalRetentionDays: 90 },
    keyId: randomUUID(),
    intervalSeconds: 60,
    backfillHours: 1,
    conversationId: 'c',
    createdBy: { id: 'ada', name: 'Ada' },
  };
  const connector = await createConnector(pool, { tenantId: 't', name: org.host, domain: org.host, settings }, now);
  if (!connector) throw new Error('The name is taken.');
  const { id, immutableId, endpointHost } = rule;
  return {
    ...connector,
    provisioning: { ...connector.provisioning, rule: { id, immutableId, endpoint: `https://${endpointHost}` } },
  };
}
