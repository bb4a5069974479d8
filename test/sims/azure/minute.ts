/** What one data collection rule took in the running minute. */
export type Minute = { endsAt: number; requests: number; bytes: number };

/** A fresh minute. */
export function newMinute(now: number): Minute {
  return { endsAt: now + 60_000, requests: 0, bytes: 0 };
}
