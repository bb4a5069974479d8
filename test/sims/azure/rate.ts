import type { Cloud } from './cloud.ts';
import type { Rule } from './estate.ts';
import { Refusal } from './exchange.ts';

type Minute = { endsAt: number; requests: number; bytes: number };
const running = new WeakMap<Rule, Minute>();

/** Counts one call against the limits of its rule; beyond them it is 429 until the rule's running minute ends. */
export function checkRate(cloud: Cloud, rule: Rule, bytes: number): void {
  const now = cloud.now();
  let minute = running.get(rule);
  if (!minute || now >= minute.endsAt) {
    minute = { endsAt: now + 60_000, requests: 0, bytes: 0 };
    running.set(rule, minute);
  }
  const { requestsPerMinute, bytesPerMinute } = cloud.settings;
  if (minute.requests < requestsPerMinute && minute.bytes + bytes <= bytesPerMinute) {
    minute.requests += 1;
    minute.bytes += bytes;
    return;
  }
  const headers = { 'retry-after': String(Math.max(1, Math.ceil((minute.endsAt - now) / 1000))) };
  throw new Refusal(429, 'TooManyRequests', 'The limit of the data collection rule is reached.', { headers });
}
