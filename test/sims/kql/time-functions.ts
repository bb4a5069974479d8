import { numeric, text } from './arguments.ts';
import type { Arg, Eval } from './expression.ts';
import type { Builder } from './functions.ts';
import { fail } from './language.ts';
import { day, hour, millisecond, minute, second, splitTicks, yearOne } from './values.ts';

/** A function of one time in milliseconds; null stays null. */
function ofTime(apply: (time: number, date: Date) => unknown): Builder {
  return ([arg]) => {
    const read = numeric(arg as Arg);
    return (row) => {
      const time = read(row);
      return time === null ? null : apply(time, new Date(time));
    };
  };
}

type Period = 'year' | 'quarter' | 'month' | 'week' | 'day' | 'hour' | 'minute' | 'second';

const sizes = new Map<string, number>([
  ['week', 7 * day],
  ['day', day],
  ['hour', hour],
  ['minute', minute],
  ['second', second],
  ['millisecond', millisecond],
  ['microsecond', millisecond / 1000],
  ['nanosecond', millisecond / 1_000_000],
]);
const months = new Map<string, number>([
  ['year', 12],
  ['quarter', 3],
  ['month', 1],
]);

function monthNumber(time: number): number {
  const date = new Date(time);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

// Weeks start on Sunday; 1970-01-01 was a Thursday.
const sunday = 3 * day;

/** The number of borders of the period that lie between year 1 and the time. */
function periodOf(period: string, time: number): number | null {
  const size = sizes.get(period);
  if (size !== undefined) {
    const offset = period === 'week' ? sunday - 7 * day : yearOne;
    return Math.floor((time - offset) / size);
  }
  const count = months.get(period);
  return count === undefined ? null : Math.floor(monthNumber(time) / count);
}

/** The start of the period of a time, moved by a number of periods. */
function startOf(period: Period, time: number, move: number): number {
  const number = (periodOf(period, time) ?? 0) + move;
  const size = sizes.get(period);
  if (size !== undefined) return number * size + (period === 'week' ? sunday - 7 * day : yearOne);
  return monthStart(number * (months.get(period) ?? 1));
}

function monthStart(number: number): number {
  return new Date(0).setUTCFullYear(Math.floor(number / 12), ((number % 12) + 12) % 12, 1);
}

function border(period: Period, end: boolean): Builder {
  return ([time, offset]) => {
    const read = numeric(time as Arg);
    const move = offset === undefined ? () => 0 : numeric(offset);
    return (row) => {
      const at = read(row);
      if (at === null) return null;
      const steps = move(row) ?? 0;
      // The service ends a period a tick (100 ns) before the next one; a number holds a microsecond.
      return end ? startOf(period, at, steps + 1) - millisecond / 1000 : startOf(period, at, steps);
    };
  };
}

function periodName(arg: Arg): string {
  const period = arg.constant ? text(arg)({}).toLowerCase() : '';
  if (!sizes.has(period) && !months.has(period)) fail('argument', 'a literal name of a period is expected', arg.node);
  return period;
}

const datetimeDiff: Builder = ([period, left, right]) => {
  const name = periodName(period as Arg);
  const [first, second] = [numeric(left as Arg), numeric(right as Arg)];
  return (row) => {
    const [a, b] = [first(row), second(row)];
    return a === null || b === null ? null : (periodOf(name, a) ?? 0) - (periodOf(name, b) ?? 0);
  };
};

const datetimeAdd: Builder = ([period, amount, time]) => {
  const name = periodName(period as Arg);
  const [count, read] = [numeric(amount as Arg), numeric(time as Arg)];
  const size = sizes.get(name);
  return (row) => {
    const [steps, at] = [count(row), read(row)];
    if (steps === null || at === null) return null;
    return size === undefined ? addMonths(at, steps * (months.get(name) ?? 1)) : at + steps * size;
  };
};

// The 31st of January plus a month is the last of February.
function addMonths(time: number, count: number): number {
  const first = monthStart(monthNumber(time) + count);
  const last = new Date(monthStart(monthNumber(time) + count + 1) - day).getUTCDate();
  const date = new Date(time).getUTCDate();
  const inMonth = time - monthStart(monthNumber(time));
  return first + inMonth - Math.max(0, date - last) * day;
}

function dayOfYear(time: number, date: Date): number {
  return Math.floor((time - monthStart(date.getUTCFullYear() * 12)) / day) + 1;
}

const parts = new Map<string, (time: number, date: Date) => unknown>([
  ['year', (_, date) => date.getUTCFullYear()],
  ['quarter', (_, date) => Math.floor(date.getUTCMonth() / 3) + 1],
  ['month', (_, date) => date.getUTCMonth() + 1],
  ['day', (_, date) => date.getUTCDate()],
  ['dayofyear', dayOfYear],
  ['hour', (_, date) => date.getUTCHours()],
  ['minute', (_, date) => date.getUTCMinutes()],
  ['second', (_, date) => date.getUTCSeconds()],
  ['millisecond', (_, date) => date.getUTCMilliseconds()],
]);

const datetimePart: Builder = ([name, time], call) => {
  const apply = parts.get((name as Arg).constant ? text(name as Arg)({}).toLowerCase() : '');
  if (apply === undefined)
    return fail('argument', 'a literal name of a part of a time is expected', (name as Arg).node);
  return ofTime(apply)([time as Arg], call);
};

const tokens = /y{4}|yy|M{2}|M|d{2}|d|H{2}|H|h{2}|h|m{2}|m|s{2}|s|f{1,7}|F{1,7}|tt/g;

function formatToken(token: string, time: number, date: Date): string {
  const [, fraction] = splitTicks(time);
  const pad = (value: number) => String(value).padStart(token.length, '0');
  switch (token[0]) {
    case 'y':
      return token.length === 2 ? String(date.getUTCFullYear()).slice(-2) : pad(date.getUTCFullYear());
    case 'M':
      return pad(date.getUTCMonth() + 1);
    case 'd':
      return pad(date.getUTCDate());
    case 'H':
      return pad(date.getUTCHours());
    case 'h':
      return pad(date.getUTCHours() % 12 || 12);
    case 'm':
      return pad(date.getUTCMinutes());
    case 's':
      return pad(date.getUTCSeconds());
    case 't':
      return date.getUTCHours() < 12 ? 'AM' : 'PM';
    default:
      return token[0] === 'f' ? fraction.slice(0, token.length) : fraction.slice(0, token.length).replace(/0+$/, '');
  }
}

const formatDatetime: Builder = ([time, format]): Eval => {
  const [read, as] = [numeric(time as Arg), text(format as Arg)];
  return (row) => {
    const at = read(row);
    return at === null ? '' : as(row).replace(tokens, (token) => formatToken(token, at, new Date(at)));
  };
};

/** Functions of times; all times are UTC. */
export const timeFunctions = new Map<string, Builder>([
  ['startofday', border('day', false)],
  ['startofweek', border('week', false)],
  ['startofmonth', border('month', false)],
  ['startofyear', border('year', false)],
  ['endofday', border('day', true)],
  ['endofweek', border('week', true)],
  ['endofmonth', border('month', true)],
  ['endofyear', border('year', true)],
  ['hourofday', ofTime((_, date) => date.getUTCHours())],
  ['dayofweek', ofTime((_, date) => date.getUTCDay() * day)],
  ['dayofmonth', ofTime((_, date) => date.getUTCDate())],
  ['dayofyear', ofTime(dayOfYear)],
  ['getmonth', ofTime((_, date) => date.getUTCMonth() + 1)],
  ['monthofyear', ofTime((_, date) => date.getUTCMonth() + 1)],
  ['getyear', ofTime((_, date) => date.getUTCFullYear())],
  ['datetime_diff', datetimeDiff],
  ['datetime_add', datetimeAdd],
  ['datetime_part', datetimePart],
  ['format_datetime', formatDatetime],
]);
