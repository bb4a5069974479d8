import type { Card } from './template.ts';
import { type Piece, paragraph } from './text.ts';

/** One line of a chart: what it is called, and its points from left to right; y is null where nothing is known. */
export type Line = { legend: string; color: string; points: { x: number; y: number | null }[] };

/**
 * A line chart as Teams draws it within its cards; x are numbers
 * (learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/charts-in-adaptive-cards). Whatever draws no charts shows
 * `instead`. What the chart says stands beside it in words, for those who can't see it.
 */
export function lineChart(lines: Line[], { x, y, instead }: { x: string; y: string; instead: Piece[] }): Card {
  return {
    type: 'Chart.Line',
    xAxisTitle: x,
    yAxisTitle: y,
    data: lines.map(({ legend, color, points }) => ({
      legend,
      color,
      values: points.flatMap((point) => (point.y === null ? [] : [point])),
    })),
    fallback: paragraph(...instead),
  };
}

const bars = '▁▂▃▄▅▆▇█';

/** Numbers as a row of bars, one for each; a blank where nothing is known. */
export function sparkline(values: (number | null)[]): string {
  const most = Math.max(1, ...values.map((value) => value ?? 0));
  return values.map((value) => (value === null ? ' ' : bars[Math.round((value / most) * (bars.length - 1))])).join('');
}
