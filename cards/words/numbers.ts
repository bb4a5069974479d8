import { duration } from '../kit/times.ts';

/** A whole number with its thousands parted: "1,234". */
export function count(amount: number): string {
  return amount.toLocaleString('en-US');
}

/** A delay of so many seconds: "4 s", "8 minutes"; "unknown" for none. */
export function seconds(value: number | null): string {
  if (value === null) return 'unknown';
  return value < 120 ? `${value} s` : duration(value * 1000);
}

/** A share of a whole in percent: "0.1 %", "less than 0.01 %"; "0 %" of nothing. */
export function share(part: number, whole: number): string {
  const percent = whole === 0 ? 0 : (100 * part) / whole;
  return percent > 0 && percent < 0.01 ? 'less than 0.01 %' : `${Number(percent.toPrecision(2))} %`;
}
