import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import streamColumns from '../../deploy/stream.json' with { type: 'json' };
import { isObject, PageError, type PageEvent, scanPage } from '../../ingestion/okta/page-scanner.ts';
import { eventBytes } from '../sims/events.ts';
import { hostile } from '../sims/okta/hostile.ts';
import { randomPage } from '../sims/okta/random-page.ts';
import { agrees, expectedEvents } from './page-oracle.ts';

const START = Date.parse('2026-05-01T08:00:00Z');

function pageOf(bodies: Buffer[], between = ','): Buffer {
  return Buffer.from(`[${bodies.map(String).join(between)}]`);
}

function made(count: number): Buffer[] {
  return Array.from({ length: count }, (_, index) => eventBytes({ seed: 11, index, publishedAt: START + index }));
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

  test('names the fields of events that the stream does not declare, and those alone', () => {
    const fieldsOf = (...events: string[]) => {
      const fields = new Set<string>();
      scanPage(Buffer.from(`[${events.join(',')}]`), fields);
      return [...fields];
    };
    const known = streamColumns.map(({ name }) => name);
    assert.deepEqual(fieldsOf(JSON.stringify(Object.fromEntries(known.map((name) => [name, null])))), []);
    assert.deepEqual(fieldsOf(...made(300).map(String)), []);
    const rows: [event: string, ...fields: string[]][] = [
      ['{"uuid":"1","riskScore":7,"actor":{}}', 'riskScore'],
      ['{"a":1,"":2,"x":3}', 'a', '', 'x'],
      ['{"actor":{"riskScore":1},"target":[{"newest":{}}],"client":{"uuid":2,"unheard":3}}'],
      ['{"\\u0061ctor":1,"\\u0061ctors":1}', 'actors'],
      ['{"actoR":1,"actor1":1,"uuie":1,"Actor":1}', 'actoR', 'actor1', 'uuie', 'Actor'],
      ['{"authenticationContexu":1,"authenticbtionContext":1}', 'authenticationContexu', 'authenticbtionContext'],
      ['{"n\\u0000l":1,"half\\ud800":1}', 'n\uFFFDl', 'half\uFFFD'],
      ['{"längst":1}', 'längst'],
    ];
    for (const [event, ...fields] of rows) assert.deepEqual(fieldsOf(event, event), fields, event);
    for (const name of known)
      for (let at = 0; at < name.length; at++) {
        const near = `${name.slice(0, at)}~${name.slice(at + 1)}`;
        assert.deepEqual(fieldsOf(`{"${near}":1}`), [near]);
      }
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`f${index}${'-'.repeat(200)}`, 1]));
    assert.deepEqual(
      fieldsOf(JSON.stringify(many)).map(({ length }) => length),
      Array(20).fill(100),
    );
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
    ['another letter for an exponent', '[{"a":1d5}]'],
    ['another capital for an exponent', '[{"a":1D5}]'],
    ['NaN', '[{"a":NaN}]'],
    ['single quotes', "[{'a':1}]"],
    ['a comment', '[{}/* */]'],
  ];
  for (const [name, body] of broken) {
    test(`refuses ${name}`, () => {
      assert.equal(expectedEvents(Buffer.from(body)), undefined, 'JSON.parse would take it');
      assert.throws(() => scanPage(Buffer.from(body)), PageError);
    });
  }

  const odd: [name: string, body: string][] = [
    ['null', '[null]'],
    ['a number', '[{"uuid":"a"} , -1.5e3,{"uuid":"b"}]'],
    ['a list', '[[{"uuid":"a"},"uuid"], {"published":"x"}, [ ] ]'],
    ['a string', '[{"uuid":"a"},"{\\"uuid\\":1}"]'],
    ['words', '[true,false , null,0,"",[]]'],
  ];
  for (const [name, body] of odd) {
    test(`finds ${name} among the events, and tells it from them`, () => {
      const page = Buffer.from(body);
      agrees(page);
      const isEvent = (one: unknown) => typeof one === 'object' && one !== null && !Array.isArray(one);
      assert.deepEqual(
        scanPage(page).map((event) => isObject(page, event)),
        (JSON.parse(body) as unknown[]).map(isEvent),
      );
    });
  }

  test('refuses a page wherever it is cut, and says where', () => {
    const page = pageOf([...made(1), ...hostile().map(({ bytes }) => bytes)].filter((bytes) => bytes.length < 5000));
    for (let length = 0; length < page.length; length += 1 + (length % 3)) {
      assert.throws(() => scanPage(page.subarray(0, length)), PageError, `cut at ${length}`);
    }
    assert.throws(() => scanPage(page.subarray(0, 900)), /cut off after 900 bytes$/);
  });

  test('sees every byte that ends or spoils a string, at every place among others', () => {
    for (const around of ['a', ' ', '!', '#', '[', ']', '\x7f', 'é', '😀']) {
      for (let before = 0; before < 9; before++) {
        for (let code = 0; code < 128; code++) {
          const text = `${around.repeat(before)}${String.fromCharCode(code)}${around.repeat(5)}`;
          agrees(Buffer.from(`[{"uuid":"${text}"}]`));
        }
      }
    }
  });

  test('says what is wrong and where', () => {
    const reasons: [body: string, message: string][] = [
      ['[{"a":"b\0c"}]', 'a control character in a string: at byte 8'],
      ['[{"a":"b\\x41"}]', 'a bad escape: at byte 8'],
      ['[{"a":"b', 'a string does not end: cut off after 8 bytes'],
      ['[{"a":null', 'no comma after a value: cut off after 10 bytes'],
      ['[{"a" ', 'no colon after a key: cut off after 6 bytes'],
      ['[{"a":1}  {}]', 'no comma after a value: at byte 10'],
      ['[{},\nx]', 'not a JSON value: at byte 5'],
      ['{}', 'the body is not an array: at byte 0'],
      ['[{"a":"b ', 'a string does not end: cut off after 9 bytes'],
      ['[{1:1}]', 'no key where one must be: at byte 2'],
      ['[{"a":}]', 'not a JSON value: at byte 6'],
      ['[{"a":-}]', 'not a JSON value: at byte 7'],
      ['[{}] x', 'something follows the array: at byte 5'],
    ];
    for (const [body, message] of reasons) {
      assert.throws(() => scanPage(Buffer.from(body)), { name: 'PageError', message });
    }
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
});
