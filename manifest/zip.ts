import { crc32, deflateRawSync } from 'node:zlib';

// Midnight of 1 January 1980, where the format's calendar begins: the same files always make the same zip.
const date = 0x21;
const version = 20;
const deflated = 8;
const unix = 3;

/** A zip with these files at its root; their names are ASCII. */
export function zip(files: Map<string, Buffer>): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, data] of files) {
    const packed = deflateRawSync(data, { level: 9 });
    const common = facts(name, data, packed);
    bodies.push(numbers([4, 0x04034b50]), common, Buffer.from(name), packed);
    directory.push(
      numbers([4, 0x02014b50], [1, version], [1, unix]),
      common,
      // No comment, first disk, binary, a plain file that its owner may write.
      numbers([2, 0], [2, 0], [2, 0], [4, 0o100644 * 0x10000], [4, offset]),
      Buffer.from(name),
    );
    offset += 4 + common.length + name.length + packed.length;
  }
  const index = Buffer.concat(directory);
  const counts = numbers([2, files.size], [2, files.size], [4, index.length], [4, offset]);
  return Buffer.concat([...bodies, index, numbers([4, 0x06054b50], [2, 0], [2, 0]), counts, numbers([2, 0])]);
}

/** What the header of a file and its entry in the directory have in common. */
function facts(name: string, data: Buffer, packed: Buffer): Buffer {
  return numbers(
    [2, version],
    [2, 0],
    [2, deflated],
    [2, 0],
    [2, date],
    [4, crc32(data)],
    [4, packed.length],
    [4, data.length],
    [2, name.length],
    [2, 0],
  );
}

/** Unsigned numbers of so many bytes, the lowest byte first. */
function numbers(...fields: [bytes: number, value: number][]): Buffer {
  return Buffer.concat(
    fields.map(([bytes, value]) => {
      const field = Buffer.alloc(bytes);
      field.writeUIntLE(value, 0, bytes);
      return field;
    }),
  );
}
