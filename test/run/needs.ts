import { join, relative } from 'node:path';
import { chromiumPath } from '../e2e/chromium.ts';
import { absent, isAtHand } from '../published/data.ts';

/** What some test files need of the machine, and what it means that it is not there. */
type Need = { by: string; met: () => boolean; otherwise: 'fail' | 'leave out'; says: string };

const needs: Need[] = [
  { by: 'test/published/', met: isAtHand, otherwise: 'fail', says: absent },
  {
    by: 'test/e2e/browser.test.ts',
    met: () => chromiumPath !== undefined,
    otherwise: 'leave out',
    says: 'the browser test is left out: Chromium was not found (install it, or set CHROMIUM to its path)',
  },
];

const root = join(import.meta.dirname, '../..');

/** The test files that can run here, and why others can't: `missing` ends the run, `left` is only said. Absolute paths. */
export function sortedByNeeds(files: string[]): { files: string[]; missing: string[]; left: string[] } {
  const unmet = needs.filter((need) => !need.met() && files.some((file) => isBy(need, file)));
  const says = (otherwise: Need['otherwise']) =>
    unmet.filter((need) => need.otherwise === otherwise).map((need) => need.says);
  const able = files.filter((file) => !unmet.some((need) => isBy(need, file)));
  return { files: able, missing: says('fail'), left: says('leave out') };
}

function isBy({ by }: Need, file: string): boolean {
  return relative(root, file).replaceAll('\\', '/').startsWith(by);
}
