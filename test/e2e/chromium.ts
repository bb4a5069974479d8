import { existsSync } from 'node:fs';

/** The Chromium of this machine: the one that CHROMIUM names, or where packages put it; undefined where there is none. */
export const chromiumPath: string | undefined = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path && existsSync(path));
