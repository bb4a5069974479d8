import { writeFileSync } from 'node:fs';
import { colorIcon, outlineIcon } from './icons.ts';
import { encodePng } from './png.ts';

// Writes the two icons beside this file, as icons.ts draws them.

for (const [name, picture] of [
  ['color.png', colorIcon()],
  ['outline.png', outlineIcon()],
] as const) {
  writeFileSync(new URL(name, import.meta.url), encodePng(picture));
}
