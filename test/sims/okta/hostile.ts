/** An event that is valid JSON and hard on whoever reads it; `uuid` and `published` are what JSON.parse finds in it. */
export type HostileEvent = { name: string; bytes: Buffer; uuid: string; published: string };

const PUBLISHED = '2026-05-01T08:00:00.000Z';
const usual = { eventType: 'user.session.start', published: PUBLISHED };

/** Events with everything that makes scanners, splitters and re-serialisers stumble; each has another uuid. */
export function hostile(): HostileEvent[] {
  return texts().map(([name, text]) => {
    const bytes = Buffer.from(text);
    const { uuid, published } = JSON.parse(text) as { uuid?: unknown; published?: unknown };
    return {
      name,
      bytes,
      uuid: typeof uuid === 'string' ? uuid : '',
      published: typeof published === 'string' ? published : '',
    };
  });
}

function texts(): [name: string, text: string][] {
  const json = (name: string, more: Record<string, unknown>): [string, string] => [
    name,
    JSON.stringify({ uuid: `hostile-${name.replaceAll(' ', '-')}`, ...usual, ...more }),
  ];
  // `written` stands for itself between the braces, byte for byte.
  const raw = (name: string, written: string): [string, string] => [
    name,
    `{"uuid":"hostile-${name.replaceAll(' ', '-')}","eventType":"user.session.start","published":"${PUBLISHED}",${written}}`,
  ];
  return [
    raw('lone high surrogate escape', '"displayMessage":"\\ud83d alone"'),
    raw('lone low surrogate escape', '"displayMessage":"\\udd8a alone"'),
    raw('NUL escape', '"displayMessage":"a\\u0000b"'),
    json('line separators', { displayMessage: 'a\u2028b\u2029c' }),
    json('right to left', { displayMessage: '\u202eevil\u202c שלום مرحبا' }),
    json('emoji with joiners', { displayMessage: '👩🏽‍💻🏳️‍🌈' }),
    json('brackets in strings', { displayMessage: '}],[{"uuid":"fake","published":"fake"}]' }),
    raw('backslash before the closing quote', '"a":"\\\\","b":"\\\\\\\\","c":"\\\\\\"","d":"\\"\\\\"'),
    raw('runs of escaped quotes', `"a":"${'\\"'.repeat(999)}","b":"${'\\\\\\"'.repeat(333)}"`),
    raw('every escape', '"a":"\\b\\f\\n\\r\\t\\/\\\\\\"\\u00e9\\uFFFF"'),
    raw(
      'numbers beyond 2 to the 53rd',
      '"a":9007199254740993,"b":-123456789012345678901234567890,"c":1e400,"d":0.1e-7,"e":-0',
    ),
    raw('deep nesting', `"a":${'[{"b":'.repeat(500)}1${'}]'.repeat(500)}`),
    json('a hundred kilobytes', { client: { userAgent: { rawUserAgent: 'Mozilla/5.0 "é" '.repeat(6000) } } }),
    json('debugContext as a list', { debugContext: [{ debugData: { uuid: 'not this one' } }] }),
    json('numeric version and null target', { version: 0, target: null, outcome: null, actor: {} }),
    [
      'uuid last',
      `{"published":"${PUBLISHED}","eventType":"x","target":[{"uuid":"inner","published":"inner"}],"uuid":"hostile-uuid-last"}`,
    ],
    raw(
      'inner uuid and published',
      '"debugContext":{"debugData":{"uuid":"inner","published":"inner"}},"x":[{"uuid":1}]',
    ),
    [
      'escaped keys',
      '{"\\u0075uid":"hostile-escaped-keys","publishe\\u0064":"2026-05-01T08:00:00.001Z","eventType":"user.session.start"}',
    ],
    [
      'escaped values',
      '{"uuid":"hostile\\u002descaped\\u002dvalues","published":"2026\\u002d05-01T08:00:00.002Z","eventType":"x"}',
    ],
    [
      'whitespace everywhere',
      `{ \t"uuid" : "hostile-whitespace-everywhere"\r\n,\n"published"\t:\t"${PUBLISHED}" , "a" : [ ] , "b" : { } , "c":[ 1 , {\n} ] }`,
    ],
    [
      'repeated keys',
      `{"uuid":"first","published":"first","eventType":"x","uuid":"hostile-repeated-keys","published":"${PUBLISHED}"}`,
    ],
    raw(
      'keys like ours',
      '"uuid2":"a","uui":"b","UUID":"c","published_":"d","":"e","__proto__":{"uuid":"f"},"constructor":null',
    ),
    ['no uuid', `{"eventType":"user.session.start","published":"${PUBLISHED}","displayMessage":"no uuid"}`],
    ['no published', '{"uuid":"hostile-no-published","eventType":"user.session.start"}'],
    ['null uuid', `{"uuid":null,"published":"${PUBLISHED}","eventType":"user.session.start"}`],
    ['numeric uuid', `{"uuid":12343,"published":1777622400,"eventType":"user.session.start"}`],
    ['empty object', '{}'],
  ];
}
