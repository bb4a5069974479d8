import { loadavg } from 'node:os';
import { openPool } from '../../../ingestion/store/database.ts';
import { type Closers, readOptions, run, say } from '../command.ts';
import { Company } from '../company.ts';
import { DataDir } from '../data-dir.ts';
import { KillableApp, startFlags } from '../killable.ts';
import { type Alerts, alertAll, shortestSeconds } from './alerts.ts';
import { makeConnectors } from './connectors.ts';
import { Crowd } from './crowd.ts';
import { type Load, load, percentile } from './load.ts';
import { failByOneCause, type OneCause } from './one-cause.ts';

// The real app on PostgreSQL, in a process of its own; here are the simulators, and the people who speak with it. First they ask,
// for a while, and Teams' limits are off: 50 requests a second of one app are one of them, and it is the bot that is measured. Then
// many connectors fail at once, each for a cause of its own, and the alerts are awaited with all limits on; at last many fail and
// recover by one cause, and what a channel sees of it is counted.

const sizes = { seconds: 60, rate: 50, connectors: 1000, alerts: 500, channels: 100, together: 300 };
const options = readOptions('bench', sizes, ['bot', 'kinds']);

await run(async (closers: Closers, signal) => {
  const { seconds, rate, alerts, channels } = options;
  const count = Math.max(options.connectors, alerts + options.together);
  const dataDir = await DataDir.open();
  closers.push(() => dataDir.close());
  const company = await Company.open({ events: 0, mode: 'ledger' });
  closers.push(() => company.close());
  const { teams } = company;
  const app = KillableApp.start({ config: company.config(dataDir.path), places: company.places, flags: startFlags });
  closers.push(() => app.stop());
  teams.connect(`http://127.0.0.1:${await app.ready()}/api/messages`);

  const pool = openPool({ connectionString: (await dataDir.server()).url }, 10);
  closers.push(() => pool.end());
  const crowd = new Crowd(teams, channels);
  const tenantId = teams.tenant.id;
  const conversations = crowd.channels.map(({ id }) => id);
  const connectors = await makeConnectors(pool, { tenantId, count, healthy: alerts, conversations });
  teams.throttle.enabled = false;
  await crowd.meet(connectors);
  const asked = await load({ teams, crowd, connectors, perSecond: rate, seconds, signal });
  teams.throttle.enabled = true;
  const told = await alertAll({ pool, teams, signal }, connectors.slice(0, alerts));
  const [channel] = crowd.channels;
  const together = connectors.slice(alerts, alerts + options.together);
  const one = channel && (await failByOneCause({ pool, teams, signal }, { connectors: together, channel }));
  report({ asked, told, one }, teams.requests.filter(({ status }) => status === 429).length);
  const good = asked.errors.length + told.lost + told.doubled === 0 && isOneCard(one);
  if (!good) say(app.log);
  return good;
});

/** One post and one reply, however many failed. */
function isOneCard(one: OneCause | undefined): boolean {
  return one?.posts === 1 && one.replies === 1 && one.recovered_seconds >= 0;
}

type Measured = { asked: Load; told: Alerts; one: OneCause | undefined };

function report({ asked, told, one }: Measured, throttled: number): void {
  const { seconds, rate, alerts, channels } = options;
  const [p50, p95, p99, longest] = [0.5, 0.95, 0.99, 1].map((part) => Math.round(percentile(asked, part)));
  const bound = shortestSeconds(alerts, channels);
  const ratio = Number((told.seconds / bound).toFixed(3));
  for (const error of new Set(asked.errors)) say(error);
  if (options.kinds) sayKinds(asked);
  say(
    `${rate} commands/s for ${seconds} s: p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms, longest ${longest} ms, ` +
      `${asked.errors.length} errors. ${alerts} alerts to ${channels} channels in ${told.seconds.toFixed(1)} s; ` +
      `Teams allows ${bound} s; ${told.lost} lost, ${told.doubled} doubled, ${throttled} requests throttled.`,
  );
  if (one)
    say(
      `${one.connectors} connectors of one org fail and recover: ${one.posts} post, ${one.edits} edits, ${one.replies} reply; ` +
        `all are listed ${one.listed_seconds} s after the last, and recovery is told after ${one.recovered_seconds} s.`,
    );
  if (!options.json) return;
  const result = {
    p95_ms: p95,
    p99_ms: p99,
    errors: asked.errors.length,
    alerts_lost: told.lost,
    alerts_doubled: told.doubled,
    alert_time_ratio: ratio,
    p50_ms: p50,
    longest_ms: longest,
    commands: asked.took.length,
    alert_seconds: Number(told.seconds.toFixed(2)),
    alert_bound_seconds: bound,
    throttled,
    one_cause: one,
    load_average: Number(loadavg()[0]?.toFixed(1)),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

function sayKinds({ took, errors }: Load): void {
  for (const [kind, of] of Map.groupBy(took, (each) => each.kind)) {
    const [p50, p95, longest] = [0.5, 0.95, 1].map((part) => Math.round(percentile({ took: of, errors }, part)));
    say(`${kind.padEnd(14)}${String(of.length).padStart(6)}: p50 ${p50} ms, p95 ${p95} ms, longest ${longest} ms`);
  }
}
