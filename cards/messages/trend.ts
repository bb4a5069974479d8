import type { Hour, Trend } from '../../ingestion/connector/trend.ts';
import { lineChart, sparkline } from '../kit/chart.ts';
import type { Card } from '../kit/template.ts';
import { code, paragraph, subtle } from '../kit/text.ts';
import { count, seconds } from '../words/numbers.ts';

/** The last day in charts and in words: events by the hour against what is usual, and how long they took. Nothing before its second full hour: one bar shows no course. */
export function trendElements(trend: Trend): Card[] {
  return [...volumeElements(trend), ...(trend.hours.length < 2 ? [] : delaysOf(trend.hours))];
}

/** Of that, how many events came. */
export function volumeElements({ hours }: Trend): Card[] {
  return hours.length < 2 ? [] : eventsOf(hours);
}

const title = (text: string): Card => ({ type: 'TextBlock', weight: 'Bolder', spacing: 'Medium', wrap: true, text });

/** Hours ago: the last full hour is the first. */
const points = (hours: Hour[], value: (hour: Hour) => number | null) =>
  hours.map((hour, index) => ({ x: index - hours.length, y: value(hour) }));

function eventsOf(hours: Hour[]): Card[] {
  const known = hours.some(({ usual }) => usual !== null);
  const lines = [
    { legend: 'Events', color: 'categoricalBlue', points: points(hours, ({ events }) => events) },
    ...(known ? [{ legend: 'Usual', color: 'neutral', points: points(hours, ({ usual }) => usual) }] : []),
  ];
  const instead = [code(sparkline(hours.map(({ events }) => events)))];
  return [
    title('Events per hour, last 24 hours'),
    lineChart(lines, { x: 'Hours ago', y: 'Events', instead }),
    paragraph(subtle(eventsWords(hours))),
  ];
}

function eventsWords(hours: Hour[]): string {
  const all = hours.map(({ events }) => events);
  const { events, usual } = hours.at(-1) ?? { events: 0, usual: null };
  return `${count(events)} in the last full hour: ${compared(events, usual)}. Over the day from ${count(Math.min(...all))} to ${count(Math.max(...all))} an hour.`;
}

/** Half of what is usual, and twice as much, are taken for ordinary. */
function compared(events: number, usual: number | null): string {
  if (usual === null) return 'what is usual is known after three days';
  const word = events < usual / 2 ? 'well below' : events > usual * 2 ? 'well above' : 'about';
  return `${word} what is usual at that hour, ${count(usual)} by the days before`;
}

function delaysOf(hours: Hour[]): Card[] {
  const measured = hours.filter(({ p95Seconds }) => p95Seconds !== null);
  const last = measured.at(-1);
  if (!last) return [];
  const lines = [
    { legend: 'Half within', color: 'categoricalTeal', points: points(hours, ({ p50Seconds }) => p50Seconds) },
    { legend: '95 % within', color: 'categoricalMarigold', points: points(hours, ({ p95Seconds }) => p95Seconds) },
  ];
  const instead = [code(sparkline(hours.map(({ p95Seconds }) => p95Seconds)))];
  const most = Math.max(...measured.map(({ p95Seconds }) => p95Seconds ?? 0));
  const words = `Last: half within ${seconds(last.p50Seconds)}, 95 % within ${seconds(last.p95Seconds)}; at worst 95 % within ${seconds(most)}.`;
  return [
    title('Delay from Okta to Azure, last 24 hours'),
    lineChart(lines, { x: 'Hours ago', y: 'Seconds', instead }),
    paragraph(subtle(words)),
  ];
}
