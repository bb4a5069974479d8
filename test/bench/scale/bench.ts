import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connector } from '../../../ingestion/connector/connector.ts';
import { bundleAll } from '../../scene/bundled.ts';
import { Crowd } from '../bot/crowd.ts';
import { load, percentile } from '../bot/load.ts';
import { first, type Request } from '../bot/requests.ts';
import { type Closers, readOptions, run, say } from '../command.ts';
import { Company } from '../company.ts';
import { fill, makeDue } from './connectors.ts';
import { Fleet } from './fleet.ts';
import { StandIn } from './stand-in-process.ts';
import { CountingStore, type Taken } from './store.ts';

// How many connectors the app can serve: any number of it, a process each, on one PostgreSQL. Each connector is polled once a
// minute and has five new events then; one in five has none. Okta and Logs Ingestion are one light stand-in over plain HTTP, which
// notes how late each poll comes (`punctuality.ts` has the rule). The first interval is left out, and what the first polls of so many need
// after it, five minutes at most; with --cold all connectors are due when the apps start, as after a stop of a minute, and 30 s are
// left out. Beside it somebody asks for the status of some connector, --asks times a minute: what that takes counts with the rest.
// With --profile it is said which statements take the time. The app is bundled, as it is deployed; with --sources it runs as written.

const intervalMs = 60_000;
/** So long nothing is due, for the apps to start. */
const startMs = 10_000;
const coldMs = 30_000;
const longestRunUpMs = 5 * 60_000;
const channels = 2;

const sizes = { connectors: 1000, instances: 1, remembered: 0, 'okta-ms': 0, 'azure-ms': 0, seconds: 60, asks: 20 };
const options = readOptions('scale', sizes, ['cold', 'profile', 'sources']);

await run(async (closers: Closers, signal) => {
  if (options.seconds * 1000 < intervalMs)
    throw new Error('--seconds takes 60 or more: each connector is polled once a minute.');
  if (!options.sources) await bundleAll();
  const surroundings = await openSurroundings(closers);
  const { company, crowd, store, standIn, connectors } = surroundings;
  const now = Date.now();
  await makeDue(store.pool, { from: options.cold ? now - intervalMs : now + startMs, withinMs: intervalMs });
  const fleet = startFleet(surroundings, closers);
  const [port] = await fleet.ready();
  const readyAt = Date.now();
  say(`${options.instances} started within ${((readyAt - now) / 1000).toFixed(1)} s.`);
  const beginsAt = options.cold ? readyAt + coldMs : Math.max(readyAt, now + startMs) + intervalMs;
  company.teams.connect(`http://127.0.0.1:${port}/api/messages`);
  const measuring = async () => {
    if (options.asks > 0) await crowd.meet(connectors);
    await delay(beginsAt - Date.now(), undefined, { signal });
    if (!options.cold) await untilPolled(standIn, signal);
    standIn.measure(options.cold ? readyAt : Date.now());
    return measure(surroundings, fleet, signal);
  };
  const measured = await Promise.race([measuring(), fleet.ended]);
  report(measured);
  const good = measured.failing === 0 && measured.asked.errors.length === 0;
  if (!good) say(fleet.log);
  return good;
});

/** Until each connector has been polled and none is late; those that do not get there are measured as they are. */
async function untilPolled(standIn: StandIn, signal: AbortSignal): Promise<void> {
  const begun = Date.now();
  while (Date.now() - begun < longestRunUpMs) {
    const { punctual } = await standIn.figures();
    if (punctual.unpolled + punctual.missing === 0) break;
    await delay(1000, undefined, { signal });
  }
  say(`All were polled ${Math.round((Date.now() - begun) / 1000)} s after the first interval.`);
}

type Surroundings = {
  store: CountingStore;
  standIn: StandIn;
  company: Company;
  crowd: Crowd;
  connectors: Connector[];
};

/** All that the apps will find: a store full of connectors, and whoever they speak with. */
async function openSurroundings(closers: Closers): Promise<Surroundings> {
  const { connectors: count, remembered, 'okta-ms': oktaMs, 'azure-ms': azureMs } = options;
  const store = await CountingStore.open(closers);
  const standIn = await StandIn.open({ orgs: count, intervalMs, oktaMs, azureMs });
  closers.push(() => standIn.close());
  const company = await Company.open({ events: 0, mode: 'ledger' });
  closers.push(() => company.close());
  const crowd = new Crowd(company.teams, channels);
  say(`Making ${count} connectors.`);
  const connectors = await fill(store.pool, {
    tenantId: company.teams.tenant.id,
    count,
    conversations: crowd.channels.map(({ id }) => id),
    remembered,
    secretKey: company.config(store.dataDir).secretKey,
  });
  await store.tidy();
  return { store, standIn, company, crowd, connectors };
}

function startFleet({ company, store, standIn: { url } }: Surroundings, closers: Closers): Fleet {
  // Without the simulators' time, which would begin in each app at the moment at which it was read.
  const { azure, teams, appId } = company.places;
  const places = { azure: { ...azure, url }, okta: { url }, teams, appId };
  const config = { ...company.config(store.dataDir), databaseUrl: store.url };
  return Fleet.start(options.instances, { config, places }, closers);
}

type Measured = Awaited<ReturnType<typeof measure>>;

async function measure(
  { store, standIn, company, crowd, connectors }: Surroundings,
  fleet: Fleet,
  signal: AbortSignal,
) {
  const { seconds, asks } = options;
  const takenBefore = await store.taken();
  const before = await spentBy(fleet, store);
  const rss = watchMemory(fleet);
  const polls = async () => {
    await delay(seconds * 1000, undefined, { signal });
    return { ...(await standIn.figures()), after: await spentBy(fleet, store) };
  };
  const of = [first.get('status') as Request];
  const asking = { teams: company.teams, crowd, connectors, perSecond: asks / 60, seconds, signal, of };
  const [noted, asked] = await Promise.all([polls(), load(asking)]);
  const taken = since(takenBefore, await store.taken());
  return { ...noted, before, asked, rssMbMax: rss.end(), failing: await store.failing(), taken };
}

/** What was taken between two looks, the most first. */
function since(before: Map<string, Taken>, after: Map<string, Taken>): Taken[] {
  return [...after]
    .map(([id, { statement, calls, ms }]) => {
      const earlier = before.get(id) ?? { calls: 0, ms: 0 };
      return { statement, calls: calls - earlier.calls, ms: ms - earlier.ms };
    })
    .sort((one, other) => other.ms - one.ms);
}

/** What apps and PostgreSQL have taken up to now; CPU is not a number where there is no /proc. */
async function spentBy(fleet: Fleet, store: CountingStore) {
  const usage = await fleet.usage();
  const { cpuUs, statements, commits, walBytes } = await store.done();
  const ms = (us: number | null | undefined) => (us ?? Number.NaN) / 1000;
  return { appMs: ms(usage?.cpuUs), postgresMs: ms(cpuUs), statements, commits, walKb: walBytes / 1024 };
}

/** The memory of the largest app, in MB, looked at every second. */
function watchMemory(fleet: Fleet): { end(): number } {
  let most = 0;
  const look = async () => {
    most = Math.max(most, (await fleet.usage().catch(() => null))?.rssMb ?? 0);
  };
  const timer = setInterval(look, 1000).unref();
  return {
    end() {
      clearInterval(timer);
      return most;
    },
  };
}

function report({ before, after, punctual, requests, asked, rssMbMax, failing, taken }: Measured): void {
  const { polls } = punctual;
  const perPoll = (what: keyof typeof after) => round((after[what] - before[what]) / polls, 2);
  const result = {
    on_time: round(punctual.onTime, 4),
    lateness_ms_p99: Math.round(punctual.latenessMsP99),
    cpu_ms_per_poll: perPoll('appMs'),
    pg_cpu_ms_per_poll: perPoll('postgresMs'),
    statements_per_poll: perPoll('statements'),
    commits_per_poll: perPoll('commits'),
    rss_mb_max: Math.round(rssMbMax),
    command_p95_ms: Math.round(percentile(asked, 0.95)),
    wal_kb_per_poll: perPoll('walKb'),
    polls,
    polls_missing: punctual.missing,
    polls_per_s: round(polls / options.seconds, 1),
    polls_per_s_needed: round((options.connectors * 1000) / intervalMs, 1),
    in_flight_max: requests.inFlight,
    uploads_per_poll: round(requests.azure / polls, 2),
    other_calls: requests.others,
    failing,
    commands: asked.took.length,
    command_errors: asked.errors.length,
    load_average: round(loadavg()[0] ?? NaN, 1),
  };
  for (const error of new Set(asked.errors)) say(error);
  for (const { statement, calls, ms } of options.profile ? taken.slice(0, 25) : [])
    say(`${round(ms / polls, 3)} ms and ${round(calls / polls, 2)} calls a poll: ${statement}`);
  for (const [name, value] of Object.entries(result)) say(`${name.padEnd(22)}${value}`);
  if (options.json) process.stdout.write(`${JSON.stringify({ ...options, ...result })}\n`);
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
