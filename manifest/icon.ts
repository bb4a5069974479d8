import { type DecodedPng, decode } from 'fast-png';

/**
 * What is wrong with the file of the icon `color` or `outline`, as the end of a sentence; null when nothing is. Sizes and colours:
 * learn.microsoft.com/microsoftteams/platform/concepts/build-and-test/apps-package.
 */
export function wrongIcon(kind: string, file: Buffer): string | null {
  const size = kind === 'color' ? 192 : 32;
  const png = pictureOf(file);
  if (!png) return 'is no whole PNG';
  if (png.width !== size || png.height !== size) {
    return `must be ${size} by ${size} pixels, and is ${png.width} by ${png.height}`;
  }
  if (kind === 'color') return null;
  if (png.channels !== 4 || png.depth !== 8) return 'must have red, green, blue and transparency, of 8 bits each';
  const points = Array.from({ length: size * size }, (_, index) => png.data.subarray(index * 4, index * 4 + 4));
  const drawn = points.filter((point) => point[3] !== 0);
  if (drawn.length === points.length) return 'has no transparent pixel: it would show as a block';
  if (drawn.length === 0) return 'is empty';
  const colored = drawn.filter((point) => point.subarray(0, 3).some((part) => part !== 255)).length;
  return colored > 0 ? `must be white on nothing, and has ${colored} pixels of another colour` : null;
}

function pictureOf(file: Buffer): DecodedPng | null {
  try {
    return decode(file, { checkCrc: true });
  } catch {
    // It throws where the bytes are no PNG, or not the whole of one; a person is told that.
    return null;
  }
}
