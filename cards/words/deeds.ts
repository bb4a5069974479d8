import type { Audited } from '../../ingestion/connector/audit.ts';
import { shown } from '../kit/text.ts';
import { duration, moment } from '../kit/times.ts';

/** A deed as it was wanted ("pause Acme") and as it was done ("paused Acme"); `it` is what it was about, `result` what came of it. */
type Words = { wanted(it: string): string; done(it: string, result: string): string };

const deeds: Record<Audited['action'], Words> = {
  connect: { wanted: (it) => `connect ${it}`, done: (it) => `connected ${it}` },
  manage: {
    wanted: (it) => `change ${it}`,
    done: (it, result) => (it === 'it' ? result.replace(/^changed /, 'changed its ') : `${result} of ${it}`),
  },
  pause: { wanted: (it) => `pause ${it}`, done: (it) => `paused ${it}` },
  resume: { wanted: (it) => `resume ${it}`, done: (it) => `resumed ${it}` },
  delete: { wanted: (it) => `delete ${it}`, done: (it) => `deleted ${it}` },
  retry: { wanted: (it) => `have ${it} tried again`, done: (it) => `had ${it} tried again` },
  alerts: {
    wanted: (it) => `choose the alerts of ${it}`,
    done: (it, result) => `chose the alerts of ${it}: “${result}”`,
  },
  deliver: {
    wanted: (it) => `post in ${it}`,
    done: (it, result) => `may not post in ${it} any more (${result.replace(/^undeliverable: /, '')})`,
  },
  acknowledge: {
    wanted: (it) => `acknowledge ${alertOf(it)}`,
    done: (it, result) => acknowledged(alertOf(it), result),
  },
  snooze: {
    wanted: (it) => `snooze ${alertOf(it)}`,
    done: (it, result) => silenced(`the snooze of ${alertOf(it)}`, `snoozed ${alertOf(it)}`, result),
  },
  mute: {
    wanted: (it) => `mute ${it}`,
    done: (it, result) => silenced(it === 'it' ? 'its mute' : `the mute of ${it}`, `muted ${it}`, result),
  },
  digest: {
    wanted: (it) => `set the digest of ${it}`,
    done: (it, result) =>
      result.startsWith('off') ? `ended the digest of ${it}` : `set the digest of ${it} to ${result}`,
  },
  content: {
    wanted: (it) => `change functions of the workspace of ${it}`,
    done: (it, result) => `${result} in the workspace of ${it}`,
  },
};

function alertOf(it: string): string {
  return it === 'it' ? 'its alert' : `the alert of ${it}`;
}

function acknowledged(alert: string, result: string): string {
  if (result === 'over') return `acknowledged ${alert}, which was over`;
  return `acknowledged ${alert}${result === 'already' ? ' once more' : ''}`;
}

function silenced(what: string, did: string, result: string): string {
  const [, minutes] = /^for (\d+) minutes$/.exec(result) ?? [];
  if (minutes) return `${did} for ${duration(Number(minutes) * 60_000)}`;
  return result === 'over' ? `${did}, which was over` : `ended ${what}`;
}

type Told = Pick<Audited, 'action' | 'result'>;

/** What somebody did, or was refused, as it goes on behind their name: "resumed it". `it` is what it was about, and plain text. */
export function deedWords({ action, result }: Told, it: string): string {
  const words = deeds[action];
  return result === 'refused' ? `was not allowed to ${words.wanted(it)}` : words.done(it, shown(result, 120));
}

/** Who changed a connector and when, in one sentence: "Ada Byron resumed it, 3/2/2026, 2:05 PM". */
export function changeWords(entry: Pick<Audited, 'at' | 'actor'> & Told): string {
  return `${shown(entry.actor.name, 60)} ${deedWords(entry, 'it')}, ${moment(entry.at)}`;
}
