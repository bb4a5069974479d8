import { crc32, deflateSync, inflateSync } from 'node:zlib';

/** `pixels` are red, green, blue and alpha, row by row. */
export type Picture = { width: number; height: number; pixels: Uint8Array };

const signature = Buffer.from('89504e470d0a1a0a', 'hex');

/** A PNG of 8 bits a channel, with alpha. */
export function encodePng({ width, height, pixels }: Picture): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const stride = width * 4;
  const rows = Buffer.alloc(height * (stride + 1));
  // Each row begins with its filter; 0 is none.
  for (let y = 0; y < height; y++) rows.set(pixels.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(kind: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(kind, 'latin1'), data]);
  const head = Buffer.alloc(4);
  const tail = Buffer.alloc(4);
  head.writeUInt32BE(data.length);
  tail.writeUInt32BE(crc32(body));
  return Buffer.concat([head, body, tail]);
}

/**
 * The size of a PNG, and its pixels if it has 8 bits a channel, alpha and no interlacing, as the icons of an app should;
 * null when the bytes are no whole PNG.
 */
export function decodePng(bytes: Buffer): { width: number; height: number; pixels: Uint8Array | null } | null {
  const chunks = chunksOf(bytes);
  const [kind, header] = chunks?.[0] ?? [];
  if (!chunks || kind !== 'IHDR' || header?.length !== 13 || chunks.at(-1)?.[0] !== 'IEND') return null;
  const width = header.readUInt32BE(0);
  const height = header.readUInt32BE(4);
  const plain = header[8] === 8 && header[9] === 6 && header[12] === 0;
  // Nothing in an app is near that size, and an untrue header should not take memory.
  if (!plain || width * height > 1_000_000) return { width, height, pixels: null };
  const data = Buffer.concat(chunks.filter(([kind]) => kind === 'IDAT').map(([, data]) => data));
  const length = height * (width * 4 + 1);
  try {
    const rows = inflateSync(data, { maxOutputLength: length });
    return rows.length === length ? { width, height, pixels: unfiltered(rows, width * 4, height) } : null;
  } catch {
    // Not deflated, cut off, or longer than the header says: no picture.
    return null;
  }
}

function chunksOf(bytes: Buffer): [kind: string, data: Buffer][] | null {
  if (!bytes.subarray(0, 8).equals(signature)) return null;
  const chunks: [string, Buffer][] = [];
  for (let at = 8; at < bytes.length; ) {
    if (at + 12 > bytes.length) return null;
    const end = at + 8 + bytes.readUInt32BE(at);
    if (end + 4 > bytes.length || crc32(bytes.subarray(at + 4, end)) !== bytes.readUInt32BE(end)) return null;
    chunks.push([bytes.toString('latin1', at + 4, at + 8), bytes.subarray(at + 8, end)]);
    at = end + 4;
  }
  return chunks;
}

/** Undoes the filter of each row: its bytes are differences from the pixel left of it, the one above, or both. */
function unfiltered(rows: Buffer, stride: number, height: number): Uint8Array {
  const pixels = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (stride + 1)] ?? 0;
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x;
      const left = x < 4 ? 0 : (pixels[at - 4] ?? 0);
      const up = y === 0 ? 0 : (pixels[at - stride] ?? 0);
      const corner = x < 4 || y === 0 ? 0 : (pixels[at - stride - 4] ?? 0);
      pixels[at] = (rows[y * (stride + 1) + 1 + x] ?? 0) + guess(filter, left, up, corner);
    }
  }
  return pixels;
}

function guess(filter: number, left: number, up: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  return filter === 4 ? nearest(left, up, corner) : 0;
}

/** Paeth's predictor, as the PNG specification has it, the order of the three included. */
function nearest(left: number, up: number, corner: number): number {
  const [toLeft, toUp, toCorner] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
