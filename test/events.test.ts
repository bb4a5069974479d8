import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { PageError, type PageEvent, packChunks, scanPage } from '../ingestion/events.ts';
import { eventBytes } from './sims/events.ts';
import { hostile } from './sims/okta/hostile.ts';
import { randomPage } from './sims/okta/random-page.ts';

const SAMPLES = '../shared/data/okta/samples';
const START = Date.parse('2026-05-01T08:00:00Z');

function pageOf(bodies: Buffer[], between = ','): Buffer {
  return Buffer.from(`[${bodies.map(String).join(between)}]`);
}

function made(count: number): Buffer[] {
  return Array.from({ length: count }, (_, index) => eventBytes({ seed: 11, index, publishedAt: START + index }));
}

/** What scanPage must find, by JSON.parse; undefined where it must refuse. */
function expected(page: Buffer): { uuid: string; published: string }[] | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(page.toString());
  } catch {
    // Not JSON at all: that is the answer.
    return undefined;
  }
  if (!Array.isArray(parsed)) return undefined;
  const objects = parsed.every((one) => typeof one === 'object' && one !== null && !Array.isArray(one));
  return objects
    ? parsed.map((one) => ({ uuid: textOf(one, 'uuid'), published: textOf(one, 'published') }))
    : undefined;
}

function textOf(event: object, key: string): string {
  const value = Object.getOwnPropertyDescriptor(event, key)?.value;
  return typeof value === 'string' ? value : '';
}

/** Scans and compares with JSON.parse, event by event; returns how many events the page had. */
function agrees(page: Buffer): number {
  const wanted = expected(page);
  if (!wanted) {
    assert.throws(() => scanPage(page), PageError, page.toString());
    return 0;
  }
  const found = scanPage(page);
  assert.deepEqual(
    found.map(({ uuid, published }) => ({ uuid, published })),
    wanted,
    page.toString(),
  );
  const whole = JSON.parse(page.toString()) as unknown[];
  const slices = found.map(({ start, end }) => JSON.parse(page.toString('utf8', start, end)) as unknown);
  assert.deepEqual(slices, whole);
  return found.length;
}

describe('scanning a page', () => {
  test('finds each event byte for byte, with its uuid and time', () => {
    const bodies = made(200);
    const page = pageOf(bodies);
    const events = scanPage(page);
    assert.equal(events.length, 200);
    for (const [index, { start, end, uuid, published }] of events.entries()) {
      assert.deepEqual(page.subarray(start, end), bodies[index]);
      assert.equal(uuid, JSON.parse(String(bodies[index])).uuid);
      assert.equal(published, new Date(START + index).toISOString());
    }
  });

  test('finds them with any whitespace, and none in an empty page', () => {
    const bodies = made(3);
    for (const between of [' , ', ',\n', '\r\n,\t', ',']) {
      const page = Buffer.from(` \n${pageOf(bodies, between)}\r\n`);
      assert.deepEqual(
        scanPage(page).map(({ start, end }) => page.subarray(start, end)),
        bodies,
      );
    }
    for (const empty of ['[]', ' [ ] ', '[\n]\n']) assert.deepEqual(scanPage(Buffer.from(empty)), []);
  });

  test('works at any place in memory', () => {
    const page = pageOf(made(2));
    for (let offset = 0; offset < 9; offset++) {
      const moved = Buffer.concat([Buffer.alloc(offset), page]).subarray(offset);
      assert.equal(scanPage(moved).length, 2);
    }
  });

  for (const { name, bytes, uuid, published } of hostile()) {
    test(`takes an event with ${name}`, () => {
      const page = pageOf([...made(1), bytes, ...made(1)]);
      const event = scanPage(page)[1] as PageEvent;
      assert.deepEqual([event.uuid, event.published], [uuid, published]);
      assert.deepEqual(page.subarray(event.start, event.end), bytes);
    });
  }

  const broken: [name: string, body: string][] = [
    ['nothing', ''],
    ['only space', ' \n'],
    ['null', 'null'],
    ['an error object', '{"errorCode":"E0000009"}'],
    ['a string', '"[]"'],
    ['HTML', '<html></html>'],
    ['a byte order mark', '\ufeff[]'],
    ['an open array', '['],
    ['an element that is null', '[null]'],
    ['an element that is a number', '[{},1]'],
    ['an element that is a list', '[[{}]]'],
    ['an element that is a string', '["{}"]'],
    ['two arrays', '[][]'],
    ['something behind the array', '[{}] x'],
    ['a comma at the end', '[{},]'],
    ['a comma at the beginning', '[,{}]'],
    ['no comma', '[{}{}]'],
    ['a comma behind a member', '[{"a":1,}]'],
    ['no value', '[{"a":}]'],
    ['no colon', '[{"a" 1}]'],
    ['no key', '[{1:1}]'],
    ['a bare key', '[{a:1}]'],
    ['a closing bracket of the wrong kind', '[{"a":[1}]'],
    ['a closing bracket too many', '[{"a":1}}]'],
    ['a string that does not end', '[{"a":"b}]'],
    ['a string that ends in its escape', '[{"a":"b\\"}]'],
    ['a line break in a string', '[{"a":"b\nc"}]'],
    ['a NUL in a string', '[{"a":"b\0c"}]'],
    ['a NUL between tokens', '[{"a":1}\0]'],
    ['an unknown escape', '[{"a":"\\x41"}]'],
    ['a short unicode escape', '[{"a":"\\u12"}]'],
    ['a unicode escape without digits', '[{"a":"\\u00g0"}]'],
    ['a wrong word', '[{"a":nul}]'],
    ['a long word', '[{"a":nulll}]'],
    ['a zero in front', '[{"a":01}]'],
    ['a bare minus', '[{"a":-}]'],
    ['a point without digits', '[{"a":1.}]'],
    ['an exponent without digits', '[{"a":1e+}]'],
    ['NaN', '[{"a":NaN}]'],
    ['single quotes', "[{'a':1}]"],
    ['a comment', '[{}/* */]'],
  ];
  for (const [name, body] of broken) {
    test(`refuses ${name}`, () => {
      assert.equal(expected(Buffer.from(body)), undefined, 'JSON.parse would take it');
      assert.throws(() => scanPage(Buffer.from(body)), PageError);
    });
  }

  test('refuses a page wherever it is cut, and says where', () => {
    const page = pageOf([...made(1), ...hostile().map(({ bytes }) => bytes)].filter((bytes) => bytes.length < 5000));
    for (let length = 0; length < page.length; length += 1 + (length % 3)) {
      assert.throws(() => scanPage(page.subarray(0, length)), PageError, `cut at ${length}`);
    }
    assert.throws(() => scanPage(page.subarray(0, 900)), /cut off after 900 bytes$/);
  });

  test('takes any depth', () => {
    const deep = Buffer.from(`[{"a":${'['.repeat(200_000)}${']'.repeat(200_000)},"uuid":"deep"}]`);
    assert.equal(scanPage(deep)[0]?.uuid, 'deep');
  });

  test('agrees with JSON.parse on thousands of random pages, whole and damaged', () => {
    let events = 0;
    let refused = 0;
    for (let index = 0; index < 6000; index++) {
      const page = randomPage(2026, index);
      const found = agrees(page);
      events += found;
      if (found === 0) refused += 1;
    }
    assert.ok(events > 5000 && refused > 1500, `${events} events, ${refused} pages without any`);
  });

  test('agrees with JSON.parse on every published sample', { skip: !existsSync(SAMPLES) && 'no samples here' }, () => {
    for (const file of readdirSync(SAMPLES)) {
      const lines = readFileSync(`${SAMPLES}/${file}`, 'utf8').trim().split('\n');
      assert.equal(agrees(Buffer.from(`[${lines.join(',')}]`)), lines.length);
    }
  });
});

describe('packing chunks', () => {
  test('puts every event into one chunk, in order, as few as fit, each a JSON array within the limit', () => {
    for (const between of [',', ' ,\n']) {
      const bodies = made(150);
      const page = pageOf(bodies, between);
      for (const limit of [8_000, 20_000, 1_000_000]) {
        const { chunks, oversize } = packChunks(page, scanPage(page), limit);
        assert.deepEqual(oversize, []);
        const all: string[] = [];
        for (const { body, events } of chunks) {
          assert.ok(body.length <= limit);
          const texts = events.map(({ start, end }) => page.toString('utf8', start, end));
          assert.equal(body.toString(), `[${texts.join(',')}]`);
          all.push(...texts);
        }
        assert.deepEqual(all, bodies.map(String));
        for (const [index, { events }] of chunks.slice(1).entries()) {
          const next = events[0] as PageEvent;
          const full = (chunks[index]?.body.length ?? 0) + 1 + next.end - next.start;
          assert.ok(full > limit, 'the first event of a chunk had no room in the one before');
        }
      }
    }
  });

  test('leaves out what is not asked for, wherever it stands', () => {
    const page = pageOf(made(9));
    const some = scanPage(page).filter((_, index) => ![0, 3, 4, 8].includes(index));
    const [chunk, ...more] = packChunks(page, some, 1_000_000).chunks;
    assert.equal(more.length, 0);
    assert.deepEqual(
      scanPage(chunk?.body ?? Buffer.alloc(0)).map(({ uuid }) => uuid),
      some.map(({ uuid }) => uuid),
    );
  });

  test('fills a chunk to the last byte, and sets aside only what is larger', () => {
    const page = Buffer.from('[{"a":"123"},{"b":"1"},{"c":"2"},{}]');
    const at = (limit: number) => {
      const { chunks, oversize } = packChunks(page, scanPage(page), limit);
      return [...chunks.map(({ body }) => body.toString()), ...oversize.map(({ start }) => `oversize ${start}`)];
    };
    assert.deepEqual(at(page.length), [page.toString()]);
    assert.deepEqual(
      at(13),
      ['[{"a":"123"}]', '[{"b":"1"}]', '[{"c":"2"},{}]'].slice(0, 2).concat('[{"c":"2"}]', '[{}]'),
    );
    assert.deepEqual(at(14), ['[{"a":"123"}]', '[{"b":"1"}]', '[{"c":"2"},{}]']);
    assert.deepEqual(at(12), ['[{"b":"1"}]', '[{"c":"2"}]', '[{}]', 'oversize 1']);
    assert.deepEqual(at(4), ['[{}]', 'oversize 1', 'oversize 13', 'oversize 23']);
    assert.deepEqual(at(3).length, 4);
    assert.deepEqual(packChunks(page, [], 100), { chunks: [], oversize: [] });
  });
});
