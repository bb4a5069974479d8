import type { Type } from './schema.ts';

export const millisecond = 1;
export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

/** Milliseconds at year 1, from which KQL counts ticks and bins. */
export const yearOne = -62_135_596_800_000;
const yearTenThousand = 253_402_300_800_000;

/** The text that `tostring()` gives: a null of any type is empty. */
export function toText(value: unknown, type: Type): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (type === 'datetime') return formatDatetime(value as number);
  if (type === 'timespan') return formatTimespan(value as number);
  if (type === 'real' && Number.isInteger(value) && Math.abs(value as number) < 1e15) return `${value}.0`;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Converts between scalar types as `toint()`, `todatetime()` and their like do; what does not convert is null. */
export function convert(value: unknown, from: Type, to: Type): unknown {
  if (from === to || to === 'dynamic') return value ?? (to === 'string' ? '' : null);
  if (to === 'string' || to === 'guid') return toText(value, from);
  if (value === null || value === undefined) return null;
  if (to === 'bool') return toBool(value);
  if (to === 'datetime') return from === 'timespan' ? null : toDatetime(value, from);
  if (to === 'timespan') return from === 'datetime' ? null : toTimespan(value, from);
  return toNumber(value, from, to);
}

function toNumber(value: unknown, from: Type, to: Type): number | null {
  const number = from === 'timespan' || from === 'datetime' ? ticks(value as number, from) : readNumber(value, to);
  if (number === null || to === 'real') return number;
  const whole = Math.trunc(number);
  const limit = to === 'int' ? 2 ** 31 : 2 ** 63;
  // `-0` would print as 0 but compare by Object.is as another key.
  return whole >= -limit && whole < limit ? whole + 0 : null;
}

function readNumber(value: unknown, to: Type): number | null {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  if (typeof value !== 'string') return null;
  const text = value.trim();
  if (/^0x[0-9a-f]+$/i.test(text)) return Number(text);
  const pattern = to === 'real' ? /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i : /^[+-]?\d+$/;
  if (pattern.test(text)) return Number(text);
  if (to !== 'real') return null;
  return (
    {
      nan: Number.NaN,
      inf: Number.POSITIVE_INFINITY,
      '+inf': Number.POSITIVE_INFINITY,
      '-inf': Number.NEGATIVE_INFINITY,
    }[text.toLowerCase()] ?? null
  );
}

function ticks(value: number, from: Type): number {
  return (from === 'datetime' ? value - yearOne : value) * 10_000;
}

function toBool(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return value !== 0;
  if (typeof value !== 'string') return null;
  const text = value.trim().toLowerCase();
  if (text === 'true' || text === '1') return true;
  return text === 'false' || text === '0' ? false : null;
}

function toDatetime(value: unknown, from: Type): number | null {
  if (typeof value === 'string') return parseDatetime(value);
  // A number in a dynamic is no date; a typed long counts ticks from year 1.
  if (typeof value !== 'number' || from === 'dynamic') return null;
  return value / 10_000 + yearOne;
}

function toTimespan(value: unknown, from: Type): number | null {
  if (typeof value === 'string') return parseTimespan(value);
  return typeof value === 'number' && from !== 'dynamic' ? value / 10_000 : null;
}

const iso = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,7})\d*)?)?)?\s*(Z|[+-]\d\d:?\d\d)?$/i;

/** Reads an ISO 8601 time as milliseconds; without a zone it is UTC; null when it is none. */
export function parseDatetime(text: string): number | null {
  const match = iso.exec(text.trim());
  if (match === null) return null;
  const [year, month, date, hours, minutes, seconds] = match.slice(1, 7).map((digits) => Number(digits ?? 0)) as Six;
  const at = Date.UTC(2000, month - 1, date, hours, minutes, seconds);
  const time = new Date(at);
  time.setUTCFullYear(year, month - 1, date);
  if (time.getUTCDate() !== date || hours > 23 || minutes > 59 || seconds > 59) return null;
  const fraction = match[7] === undefined ? 0 : Number(match[7].padEnd(7, '0')) / 10_000;
  return time.getTime() + fraction - zoneOffset(match[8]);
}

type Six = [number, number, number, number, number, number];

function zoneOffset(zone: string | undefined): number {
  if (zone === undefined || zone.length === 1) return 0;
  const digits = zone.replace(':', '');
  const offset = Number(digits.slice(1, 3)) * hour + Number(digits.slice(3, 5)) * minute;
  return digits.startsWith('-') ? -offset : offset;
}

const unitNames: [RegExp, number][] = [
  [/^(d|day|days)$/, day],
  [/^(h|hr|hrs|hour|hours)$/, hour],
  [/^(m|min|minute|minutes)$/, minute],
  [/^(s|sec|second|seconds)$/, second],
  [/^(ms|milli|millis|millisecond|milliseconds)$/, millisecond],
  [/^(micro|micros|microsecond|microseconds)$/, millisecond / 1000],
  [/^(tick|ticks)$/, millisecond / 10_000],
];

/** Reads `1.02:03:04.5`, `15m`, `2d` or a number of days as milliseconds; null when it is none. */
export function parseTimespan(text: string): number | null {
  const clock = /^(-)?(?:(\d+)\.)?(\d+):(\d\d)(?::(\d\d)(\.\d{1,7})?)?$/.exec(text.trim());
  if (clock !== null) {
    const [, sign, days, hours, minutes, seconds, fraction] = clock;
    const size = Number(days ?? 0) * day + Number(hours) * hour + Number(minutes) * minute;
    return (sign ? -1 : 1) * (size + Number(seconds ?? 0) * second + Number(fraction ?? 0) * second);
  }
  const measure = /^(-?\d+(?:\.\d+)?)\s*([a-z]*)$/.exec(text.trim());
  if (measure === null) return null;
  const unit = measure[2] === '' ? day : unitNames.find(([names]) => names.test(measure[2] ?? ''))?.[1];
  return unit === undefined ? null : Number(measure[1]) * unit;
}

/** Writes a time as KQL does: always seven decimals, always Z. */
export function formatDatetime(value: number): string {
  if (value < yearOne || value >= yearTenThousand) return '';
  const [whole, fraction] = splitTicks(value);
  return `${new Date(whole).toISOString().slice(0, 19)}.${fraction}Z`;
}

/** Writes a timespan as KQL does: `[-][d.]hh:mm:ss[.fffffff]`. */
export function formatTimespan(value: number): string {
  const [whole, fraction] = splitTicks(Math.abs(value));
  const days = Math.floor(whole / day);
  const clock = new Date(whole - days * day).toISOString().slice(11, 19);
  return `${value < 0 ? '-' : ''}${days === 0 ? '' : `${days}.`}${clock}${fraction === '0000000' ? '' : `.${fraction}`}`;
}

/** The whole second in milliseconds, and the seven digits below it. */
export function splitTicks(value: number): [number, string] {
  const whole = Math.floor(value / second) * second;
  const fraction = Math.round((value - whole) * 10_000);
  return fraction === 10_000_000 ? [whole + second, '0000000'] : [whole, String(fraction).padStart(7, '0')];
}
