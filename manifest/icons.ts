import type { Picture } from './png.ts';

// A patch panel: two rows of sockets and one cable from the upper left to the lower right. Only sums, products and square
// roots are used, which come out the same on every machine.

type Point = { x: number; y: number };
type Color = [red: number, green: number, blue: number];
/** How far a point lies outside of the shape, in pixels; negative inside. */
type Shape = (at: Point) => number;
type Layer = { shape: Shape; color: Color };

/** The background of the colour icon, and the app's accent colour. */
export const accent: Color = [0x12, 0x2b, 0x4a];

const white: Color = [255, 255, 255];
const steel: Color = [0x8f, 0xa9, 0xc9];
const amber: Color = [0xff, 0xb3, 0x2e];

/** The icon of the catalogue, 192 by 192: it fills its square, and Teams rounds it. */
export function colorIcon(): Picture {
  const sockets = [48, 96, 144].flatMap((x) => [68, 124].map((y) => ({ x, y })));
  const [from, to] = [
    { x: 48, y: 68 },
    { x: 144, y: 124 },
  ];
  const line = cable(from, { x: 48, y: 132 }, { x: 144, y: 60 }, to);
  return draw(192, [
    { shape: () => -1, color: accent },
    ...sockets.map((socket) => ({ shape: ring(socket, 15, 6), color: steel })),
    // A rim of the background's colour lets the cable pass in front.
    { shape: grown(line, 11), color: accent },
    { shape: grown(line, 6), color: amber },
    ...[from, to].flatMap((plug) => [
      { shape: disk(plug, 18), color: amber },
      { shape: disk(plug, 7), color: white },
    ]),
  ]);
}

/** The icon of the app bar, 32 by 32: white lines on nothing. */
export function outlineIcon(): Picture {
  const [from, to] = [
    { x: 7, y: 9 },
    { x: 25, y: 23 },
  ];
  const line = cable({ x: 7, y: 13.5 }, { x: 7, y: 24 }, { x: 25, y: 8 }, { x: 25, y: 18.5 });
  return draw(32, [
    ...[from, to].map((plug) => ({ shape: ring(plug, 4, 1.8), color: white })),
    { shape: grown(line, 0.9), color: white },
    { shape: disk({ x: 25, y: 9 }, 1.6), color: white },
    { shape: disk({ x: 7, y: 23 }, 1.6), color: white },
  ]);
}

const disk =
  (center: Point, radius: number): Shape =>
  (at) =>
    distance(at, center) - radius;

const ring =
  (center: Point, radius: number, width: number): Shape =>
  (at) =>
    Math.abs(distance(at, center) - radius) - width / 2;

const grown =
  (shape: Shape, by: number): Shape =>
  (at) =>
    shape(at) - by;

/** A cubic Bézier curve, as forty straight pieces. */
function cable(start: Point, pull: Point, push: Point, end: Point): Shape {
  const points = Array.from({ length: 41 }, (_, index) => {
    const t = index / 40;
    const s = 1 - t;
    const mix = (a: number, b: number, c: number, d: number) =>
      s * s * s * a + 3 * s * s * t * b + 3 * s * t * t * c + t * t * t * d;
    return { x: mix(start.x, pull.x, push.x, end.x), y: mix(start.y, pull.y, push.y, end.y) };
  });
  return (at) => Math.min(...points.slice(1).map((point, index) => toPiece(at, points[index] ?? point, point)));
}

function toPiece(at: Point, from: Point, to: Point): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const along = ((at.x - from.x) * dx + (at.y - from.y) * dy) / (dx * dx + dy * dy);
  const t = Math.max(0, Math.min(1, along));
  return distance(at, { x: from.x + t * dx, y: from.y + t * dy });
}

function distance(a: Point, b: Point): number {
  return Math.sqrt((a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y));
}

/** Lays the layers over each other; at its edge a shape covers as much of a pixel as it reaches into it. */
function draw(size: number, layers: Layer[]): Picture {
  const pixels = new Uint8Array(size * size * 4);
  for (let index = 0; index < size * size; index++) {
    const at = { x: (index % size) + 0.5, y: Math.floor(index / size) + 0.5 };
    let alpha = 0;
    let color: Color = white;
    for (const layer of layers) {
      const cover = Math.max(0, Math.min(1, 0.5 - layer.shape(at)));
      if (cover === 0) continue;
      const under = alpha * (1 - cover);
      alpha = cover + under;
      const [a, b] = [cover / alpha, under / alpha];
      const [red, green, blue] = layer.color;
      color = [red * a + color[0] * b, green * a + color[1] * b, blue * a + color[2] * b];
    }
    pixels.set([...color, alpha * 255].map(Math.round), index * 4);
  }
  return { width: size, height: size, pixels };
}
