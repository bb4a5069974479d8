import type { PageEvent } from '../okta/page-scanner.ts';

/**
 * Azure cuts a value off after so many bytes, and says nothing of it (MicrosoftDocs/azure-monitor-docs,
 * articles/azure-monitor/logs/includes/azure-monitor-limits-custom-logs.md).
 */
const longestValue = 64 * 1024;

/**
 * How many of a page's events hold a value that Azure will cut. Only an event that is itself longer can: those few are
 * parsed, the others cost a comparison. Never throws.
 */
export function countCut(page: Buffer, events: PageEvent[]): number {
  let cut = 0;
  for (const { start, end } of events) {
    if (end - start > longestValue && isCut(page.toString('utf8', start, end))) cut++;
  }
  return cut;
}

function isCut(text: string): boolean {
  try {
    return Object.values(JSON.parse(text) as object).some((value) => sizeOf(value) > longestValue);
  } catch {
    // Nested too deep to be measured: it may well be cut, and must not stop the page.
    return true;
  }
}

/** The bytes of the column: a text as it is, anything else as JSON. */
function sizeOf(value: unknown): number {
  return Buffer.byteLength(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
}
