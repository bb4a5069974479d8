import { Chaos } from './chaos/chaos.ts';
import { options } from './chaos/options.ts';
import { run } from './command.ts';

// Kills the app with -9 at random moments of a sync, starts it again each time, and counts what was lost or repeated.
// Rows that a request stored whose answer the store had not noted when the app died may be repeated, and no others.
// With --faults there is a storm of troubles at Okta and Azure besides, some events come late or twice, and rows of
// requests whose answer was lost on the way may be repeated too. What the product itself says of how much was sent, and how much may
// be there twice, must be right at the end. Time in which nothing is stored goes by in leaps. With --instances, as many apps share
// one PostgreSQL and ten connectors; they are stopped, stand still and lose the store too, one of them for three minutes, and a row of
// each of some tables is held for a minute. With --restores, all find the store as it was ten seconds ago. Where PREVIOUS names the
// installed files of another version, apps begin as that one, and each that is stopped comes back as this one: `upgraded` says how many.

/** A connector is polled again so soon, besides its interval, when the app that polled it stands still: a lease, and some more. */
const longestGapMs = 30_000 + options.intervalMs;

function describe(result: Record<string, unknown>): string {
  return Object.entries(result)
    .map(([name, value]) => {
      const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
      return `${name.replaceAll('_', ' ').padEnd(20)}${text}\n`;
    })
    .join('');
}

await run(async (closers, signal) => {
  const chaos = await Chaos.open(closers, signal);
  const started = performance.now();
  await chaos.disturb();
  await chaos.caughtUp();
  const seconds = Number(((performance.now() - started) / 1000).toFixed(1));
  await chaos.told();
  const counted = await chaos.count();
  const { done, longestGapMs: gap, silenced } = chaos.apps;
  const silenced_by_lock = Object.values(silenced).reduce((sum, others) => sum + others, 0);
  const { sent, visible, lost, repeated, unexplained, in_flight, doubtful = 0 } = counted;
  const { said_sent, said_counted, said_twice, alerts_lost } = counted;
  const explained = repeated <= in_flight + doubtful && unexplained === 0;
  const { kills, pauses, stops, 'postgres-restarts': restarts, restores } = options;
  // A store that is put back knows nothing of what was sent since.
  const twice = restores > 0 || said_twice >= repeated;
  const told = said_sent === visible && said_counted === visible && twice && alerts_lost === 0;
  const wanted = Object.values(done).join() === [kills, stops, pauses, restarts, restores].join();
  const polled = (gap ?? 0) <= longestGapMs && silenced_by_lock === 0;
  const ok = sent === options.events && wanted && lost === 0 && explained && told && polled;
  const disturbed = {
    pauses: done.pause,
    stops: done.stop,
    postgres_restarts: done['postgres-restart'],
    restores: done.restore,
    upgraded: chaos.apps.upgraded,
  };
  const stalls = {
    disturbances_after_all_was_stored: chaos.late,
    longest_gap_ms_after_pause: gap,
    silenced_by_lock,
    silenced,
  };
  const result = { ...counted, kills: done.kill, ...disturbed, ...stalls, ok, seconds, seed: options.seed };
  process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : describe(result));
  return ok;
});
