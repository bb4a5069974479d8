/** So long something may be silenced from a card: minutes and words. */
export const spans: [minutes: number, title: string][] = [
  [15, '15 minutes'],
  [60, '1 hour'],
  [240, '4 hours'],
  [1440, '24 hours'],
  [10_080, '7 days'],
];
