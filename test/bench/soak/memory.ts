/** What a process takes at a time, in MB; `at` in ms since the samples began. Heaps: of the main thread, and of the others. */
export type Sample = { at: number; rssMb: number; heapMb: number; threadHeapMb: number };

const minute = 60_000;
const hour = 3_600_000;

/** What samples say of memory in MB; null what the run was too short for. */
export function memoryFigures(samples: readonly Sample[]) {
  const round = (value: number | undefined) => (value === undefined ? null : Number(value.toFixed(1)));
  const slope = (of: (sample: Sample) => number) => {
    const late = samples.filter(({ at }) => at >= 20 * minute);
    return late.length < 3 ? null : round(slopeOf(late.map((sample) => [sample.at / hour, of(sample)])));
  };
  const last = samples.at(-1);
  return {
    rss_mb_after_10_minutes: round(samples.find(({ at }) => at >= 10 * minute)?.rssMb),
    rss_mb_max: round(Math.max(...samples.map(({ rssMb }) => rssMb))),
    rss_mb_end: round(last?.rssMb),
    rss_slope_mb_per_hour: slope(({ rssMb }) => rssMb),
    heap_mb_end: round(last?.heapMb),
    heap_slope_mb_per_hour: slope(({ heapMb }) => heapMb),
    thread_heap_mb_end: round(last?.threadHeapMb),
    thread_heap_slope_mb_per_hour: slope(({ threadHeapMb }) => threadHeapMb),
  };
}

/** The slope of the straight line through these points with the least squares. */
function slopeOf(points: [x: number, y: number][]): number {
  const mean = (at: 0 | 1) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const above = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return above / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}
