import { readFileSync } from 'node:fs';
import type { Leg, Reason } from '../../../ingestion/reasons.ts';
import { Random } from '../../sims/okta/random.ts';
import type { Org } from './orgs.ts';

/** A stretch of an org's time, in minutes since the epoch, in which something is wrong, or looks like it. */
export type Fault = { kind: string; org: string; from: number; to: number; part?: number };

/**
 * What a hard failure is at the poll: the reason that the edge finds, and how long it takes until it is certain, by the product's
 * own rule. A refusal is certain at once. What may pass is borne for 15 minutes. More than 15 minutes behind at a rate limit, from
 * the check that was due, is a problem. Rows are given 15 minutes to be visible, from the first look (one each 5 minutes) that the
 * clocks, which may differ by 2, leave no doubt of, and then it takes another look.
 */
export const hard: Record<string, { reason: Reason; leg: Leg; certainAfter: number; needsEvents?: true }> = {
  'token refused': { reason: 'token-refused', leg: 'Okta', certainAfter: 0 },
  'log not permitted': { reason: 'token-not-permitted', leg: 'Okta', certainAfter: 0 },
  'no such domain': { reason: 'domain-refused', leg: 'Okta', certainAfter: 0 },
  'Okta fails': { reason: 'okta-unreachable', leg: 'Okta', certainAfter: 15 },
  'Okta unreadable': { reason: 'okta-answer-unusable', leg: 'Okta', certainAfter: 15 },
  'rate limit': { reason: 'rate-limited', leg: 'Okta', certainAfter: 16, needsEvents: true },
  'role taken': { reason: 'role-missing', leg: 'Azure', certainAfter: 0 },
  'rule deleted': { reason: 'rule-missing', leg: 'Azure', certainAfter: 0 },
  'Azure fails': { reason: 'azure-unreachable', leg: 'Azure', certainAfter: 15 },
  'Azure throttles': { reason: 'azure-throttled', leg: 'Azure', certainAfter: 15 },
  'identity gone': { reason: 'identity-failed', leg: 'Azure', certainAfter: 15 },
  'vault refuses': { reason: 'vault-forbidden', leg: 'Azure', certainAfter: 0 },
  'not visible': { reason: 'not-visible', leg: 'Azure', certainAfter: 27, needsEvents: true },
};

/** What is no fault: one failed poll, three minutes, eight minutes of a night of patches, a short limit, an hour at half. */
export const near: Record<string, { reason?: Reason; minutes: number; part?: number }> = {
  'single 503': { reason: 'okta-unreachable', minutes: 1 },
  'Azure hiccup': { reason: 'azure-unreachable', minutes: 3 },
  'patch night': { reason: 'okta-unreachable', minutes: 8 },
  'short limit': { reason: 'rate-limited', minutes: 5 },
  'slow hour': { minutes: 60, part: 0.6 },
};

const day = 1440;
/** Nothing is planted in the first ten days: of a connector that new nobody knows what is usual. */
const firstDay = 10;

/** One fault, or none of one, every day and a half or two of each org, of all kinds by turns; silences and drops of 15 minutes to 12 hours. */
export function planted(orgs: Org[], { seed, sourceOnly }: { seed: number; sourceOnly: boolean }): Fault[] {
  const hardKinds = Object.keys(hard);
  const nearKinds = Object.keys(near);
  let turn = seed;
  return orgs.flatMap(({ name, start, counts }, index) => {
    const random = new Random(seed + 7_000, index);
    const faults: Fault[] = [];
    for (let at = firstDay + random.next(); at < counts.length / day - 1; at += 1.8 + random.next()) {
      const from = start + Math.floor(at * day);
      const long = Math.floor(15 * 48 ** random.next());
      const turnNow = turn++ % 6;
      const kind = sourceOnly
        ? ['silence', 'silence', 'drop'][turn % 3]
        : ['hard', 'silence', 'near', 'hard', 'drop', 'near'][turnNow];
      if (kind === 'silence') faults.push({ kind, org: name, from, to: from + long });
      else if (kind === 'drop')
        faults.push({ kind, org: name, from, to: from + Math.max(60, long), part: 0.1 + 0.2 * random.next() });
      else if (kind === 'hard')
        faults.push({ kind: random.pick(hardKinds), org: name, from, to: from + 60 + random.below(120) });
      else {
        const kindOf = random.pick(nearKinds);
        const { minutes, part } = near[kindOf] as (typeof near)[string];
        faults.push({ kind: kindOf, org: name, from, to: from + minutes, ...(part ? { part } : {}) });
      }
    }
    return faults;
  });
}

/** Faults of a file: `series,kind,from,to[,part]` a line, times as in the series; kinds: silence, drop. Throws a sentence for any other line. */
export function readFaults(path: string): Fault[] {
  const minuteOf = (text: string) =>
    Math.floor(Date.parse(/[zZ]$/.test(text) ? text : `${text.trim().replace(' ', 'T')}Z`) / 60_000);
  return readFileSync(path, 'utf8')
    .split(/\r?\n/)
    .flatMap((line, index) => {
      if (line.trim() === '' || line.startsWith('#') || line.startsWith('series,')) return [];
      const [org = '', kind = '', from = '', to = '', part] = line.split(',');
      const fault = { org: org.replace(/\.csv$/, ''), kind, from: minuteOf(from), to: minuteOf(to) };
      if (!['silence', 'drop'].includes(kind) || !(fault.from < fault.to))
        throw new Error(`${path}, line ${index + 1}: ${line.slice(0, 80)}`);
      return [{ ...fault, ...(kind === 'drop' ? { part: Number(part ?? 0.2) } : {}) }];
    });
}

/** Takes the events away that a source does not send in silences and drops. */
export function withholdEvents({ start, counts }: Org, faults: Fault[], random: Random): void {
  for (const { kind, from, to, part } of faults) {
    if (kind !== 'silence' && part === undefined) continue;
    for (let minute = Math.max(0, from - start); minute < Math.min(counts.length, to - start); minute++) {
      let kept = 0;
      for (let event = 0; event < (counts[minute] ?? 0); event++) if (random.chance(part ?? 0)) kept++;
      counts[minute] = kept;
    }
  }
}
