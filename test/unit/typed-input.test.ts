import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOpenAddress } from '../../ingestion/okta/public-addresses.ts';
import { readClient, readDomain, readToken, visible } from '../../ingestion/okta/typed-input.ts';

const accepted: [string, string, boolean][] = [
  ['acme.okta.com', 'acme.okta.com', false],
  ['  ACME.okta.com ', 'acme.okta.com', false],
  ['https://acme.okta.com/', 'acme.okta.com', true],
  ['https://acme.okta.com//', 'acme.okta.com', true],
  ['http://acme.oktapreview.com', 'acme.oktapreview.com', true],
  ['login.acme.example', 'login.acme.example', false],
  ['acme.okta.mil', 'acme.okta.mil', false],
  ['HTTPS://Acme.Okta.com/', 'acme.okta.com', true],
  [`acme.okta.com${'/'.repeat(1_987)}`, 'acme.okta.com', true],
  [`${'a'.repeat(63)}.okta.com`, `${'a'.repeat(63)}.okta.com`, false],
  [`${'a.'.repeat(123)}okta.co`, `${'a.'.repeat(123)}okta.co`, false],
  ['a-b--c.okta.com', 'a-b--c.okta.com', false],
  ['1password.com', '1password.com', false],
  ['corp.acme.com', 'corp.acme.com', false],
  ['acme.mycorp', 'acme.mycorp', false],
  ['local.example.home.acme', 'local.example.home.acme', false],
  ['acme-admin.example.com', 'acme-admin.example.com', false],
  ['x.acme-admin.okta.com', 'x.acme-admin.okta.com', false],
  ['acme-admin.okta.com.acme.com', 'acme-admin.okta.com.acme.com', false],
  ['acme-admin.oktaxcom.com', 'acme-admin.oktaxcom.com', false],
  ['acme-administrators.okta.com', 'acme-administrators.okta.com', false],
  ['yourcompany.com', 'yourcompany.com', false],
  // Pasted addresses of the org.
  ['https://contoso.okta.com/app/UserHome', 'contoso.okta.com', true],
  ['https://contoso.okta.com/app/UserHome?session_hint=AUTHENTICATED#top', 'contoso.okta.com', true],
  ['https://contoso.okta.com?fromURI=https%3A%2F%2Fa.example', 'contoso.okta.com', true],
  ['contoso.okta.com/path', 'contoso.okta.com', true],
  ['contoso.okta.com?x=1', 'contoso.okta.com', true],
  ['contoso.okta.com#x', 'contoso.okta.com', true],
  ['https://contoso.okta.com:443/', 'contoso.okta.com', true],
  ['contoso.okta.com:443', 'contoso.okta.com', true],
  ['contoso.okta.com.', 'contoso.okta.com', true],
  ['https://contoso.okta.com./login', 'contoso.okta.com', true],
  ['https://login.contoso.example/oauth2/default/.well-known', 'login.contoso.example', true],
  ['ｃｏｎｔｏｓｏ.okta.com', 'contoso.okta.com', true],
  ['"contoso.okta.com"', 'contoso.okta.com', true],
  ['“https://contoso.okta.com/”', 'contoso.okta.com', true],
  ['<https://contoso.okta.com/app/UserHome>', 'contoso.okta.com', true],
  ['[contoso.okta.com](https://contoso.okta.com/app)', 'contoso.okta.com', true],
  // What nobody sees in what is pasted.
  ['acme.okta.com\u200b', 'acme.okta.com', false],
  ['\u200eacme.okta.com', 'acme.okta.com', false],
  ['acme.ok\u00adta.com', 'acme.okta.com', false],
  ['acme\u2060.okta.com', 'acme.okta.com', false],
  ['\ufeffacme.okta.com\ufeff', 'acme.okta.com', false],
  ['\u00a0acme.okta.com\u00a0', 'acme.okta.com', false],
  ['\u202aacme.okta.com\u202c', 'acme.okta.com', false],
  ['acme.okta.com\0', 'acme.okta.com', false],
  ['\u200bhttps://acme.okta.com/\u200b', 'acme.okta.com', true],
];
const refused: [string, string, string?][] = [
  ['', 'empty'],
  ['https://', 'empty'],
  ['acme-admin.okta.com', 'admin', 'acme.okta.com'],
  ['https://acme-admin.okta-emea.com', 'admin', 'acme.okta-emea.com'],
  ['acme-admin.okta.mil', 'admin', 'acme.okta.mil'],
  ['a-1-admin.oktapreview.com', 'admin', 'a-1.oktapreview.com'],
  ['acme-admin.okta-gov.com', 'admin', 'acme.okta-gov.com'],
  ['acme-admin.trex-govcloud.com', 'admin', 'acme.trex-govcloud.com'],
  ['acme-admin.okta-miltest.com', 'admin', 'acme.okta-miltest.com'],
  ['yourcompany.okta.com', 'example'],
  ['https://example.okta.com/', 'example'],
  ['youroktadomain.com', 'example'],
  ['  /  ', 'empty'],
  ['http://', 'empty'],
  ['{yourOktaDomain}', 'example'],
  ['10.0.0.1', 'address'],
  ['0x7f.1', 'address'],
  ['2130706433', 'address'],
  ['[::1]', 'address'],
  ['127.0.0.1', 'address'],
  ['https://[2001:db8::1]/', 'address'],
  ['8.8.8.8', 'address'],
  ['acme', 'internal'],
  ['printer.local', 'internal'],
  ['okta.localhost', 'internal'],
  ['okta.localdomain', 'internal'],
  ['okta.lan', 'internal'],
  ['okta.home', 'internal'],
  ['okta.corp', 'internal'],
  ['1.0.10.in-addr.arpa', 'internal'],
  ['okta.internal', 'internal'],
  ['localhost', 'internal'],
  ['https://acme-admin.okta.com/admin/dashboard', 'admin', 'acme.okta.com'],
  ['https://acme.okta.com:8443/app/UserHome', 'not-a-host'],
  ['https://user@acme.okta.com/', 'not-a-host'],
  ['https://10.0.0.1/app', 'address'],
  ['https://okta.internal/app', 'internal'],
  ['\u200b', 'empty'],
  ['acme.okta.com:8443', 'not-a-host'],
  ['user@acme.okta.com', 'not-a-host'],
  ['acme okta com', 'not-a-host'],
  ['-acme.okta.com', 'not-a-host'],
  ['acme-.okta.com', 'not-a-host'],
  ['acme.okta-.com', 'not-a-host'],
  ['acme..okta.com', 'not-a-host'],
  ['.acme.okta.com', 'not-a-host'],
  ['ac_me.okta.com', 'not-a-host'],
  ['zürich.okta.com', 'not-a-host'],
  ['ftp://acme.okta.com', 'not-a-host'],
  ['https://https://acme.okta.com', 'not-a-host'],
  ['xhttps://acme.okta.com', 'not-a-host'],
  ['https:/acme.okta.com', 'not-a-host'],
  [`${'a'.repeat(64)}.okta.com`, 'not-a-host'],
  [`${'a.'.repeat(123)}okta.com`, 'not-a-host'],
  [`acme.okta.com${'/'.repeat(1_988)}`, 'not-a-host'],
  ["acme.okta'.com", 'not-a-host'],
  ['acme.okta.com'.padEnd(60_000, '/'), 'not-a-host'],
  [`acme.okta.com${'/'.repeat(1_000_000)}x`, 'not-a-host'],
];

test('a domain is taken bare, and freed of a pasted scheme, slash and capitals', () => {
  for (const [typed, value, stripped] of accepted) assert.deepEqual(readDomain(typed), { kind: 'ok', value, stripped });
});

test('a domain that is no host, or where no token may go, is refused with its reason', () => {
  for (const [typed, why, suggestion] of refused) {
    assert.deepEqual(readDomain(typed), { kind: 'refused', why, ...(suggestion ? { suggestion } : {}) }, typed);
  }
});

test('a token is freed of the header and the prefix it was pasted with', () => {
  const token = `00${'aB3_-'.repeat(8)}`;
  assert.deepEqual(readToken(token), { kind: 'ok', value: token, stripped: false });
  for (const typed of [`SSWS ${token}`, `Authorization: SSWS ${token}`, ` authorization:ssws ${token} `]) {
    assert.deepEqual(readToken(typed), { kind: 'ok', value: token, stripped: true });
  }
  const why = (typed: string) => (readToken(typed) as { why: string }).why;
  assert.equal(why(''), 'empty');
  assert.equal(why('SSWS '), 'empty');
  assert.equal(why('two words of a sentence'), 'blanks');
  assert.equal(why('short'), 'not-a-token');
  assert.equal(why('ü'.repeat(42)), 'not-a-token');
  assert.equal(why('x'.repeat(501)), 'too-long');
  assert.equal(why(`authorization${' '.repeat(1_000_000)}x`), 'too-long');
});

test('a token is of 20 to 500 plain letters, whatever stands around it', () => {
  const rows: [typed: string, read: ReturnType<typeof readToken>][] = [
    ['x'.repeat(20), { kind: 'ok', value: 'x'.repeat(20), stripped: false }],
    ['x'.repeat(500), { kind: 'ok', value: 'x'.repeat(500), stripped: false }],
    [`!~${'0'.repeat(20)}`, { kind: 'ok', value: `!~${'0'.repeat(20)}`, stripped: false }],
    [`AUTHORIZATION :\tssws\t${'x'.repeat(20)}`, { kind: 'ok', value: 'x'.repeat(20), stripped: true }],
    [`Authorization: ${'x'.repeat(20)}`, { kind: 'ok', value: 'x'.repeat(20), stripped: true }],
    [`${'x'.repeat(20)}ssws`, { kind: 'ok', value: `${'x'.repeat(20)}ssws`, stripped: false }],
    [`${'x'.repeat(20)}authorization:y`, { kind: 'ok', value: `${'x'.repeat(20)}authorization:y`, stripped: false }],
    [`SSWS${'x'.repeat(20)}`, { kind: 'ok', value: `SSWS${'x'.repeat(20)}`, stripped: false }],
    [`ssws${' '.repeat(1_976)}${'x'.repeat(20)}`, { kind: 'ok', value: 'x'.repeat(20), stripped: true }],
    [`ssws${' '.repeat(1_977)}${'x'.repeat(20)}`, { kind: 'refused', why: 'too-long' }],
    [`x${'y'.repeat(500)}`, { kind: 'refused', why: 'too-long' }],
    [`${'x'.repeat(300)} ${'x'.repeat(300)}`, { kind: 'refused', why: 'blanks' }],
    ['x'.repeat(19), { kind: 'refused', why: 'not-a-token' }],
    [`${'x'.repeat(20)}ü`, { kind: 'refused', why: 'not-a-token' }],
    [`ü${'x'.repeat(20)}`, { kind: 'refused', why: 'not-a-token' }],
    [`${'x'.repeat(20)}\x7f`, { kind: 'refused', why: 'not-a-token' }],
    [`x authorization: ssws ${'x'.repeat(20)}`, { kind: 'refused', why: 'blanks' }],
    [`SSWS SSWS ${'x'.repeat(20)}`, { kind: 'refused', why: 'blanks' }],
    ...['\u200b', '\u200e', '\u00ad', '\u2060', '\ufeff', '\u202e', '\0', '\r\n', '\u00a0'].flatMap(
      (unseen): [string, ReturnType<typeof readToken>][] => [
        [`${unseen}${'x'.repeat(20)}${unseen}`, { kind: 'ok', value: 'x'.repeat(20), stripped: false }],
      ],
    ),
    [`${'x'.repeat(10)}\u200b\u00ad${'x'.repeat(10)}`, { kind: 'ok', value: 'x'.repeat(20), stripped: false }],
    [`"${'x'.repeat(20)}"`, { kind: 'ok', value: 'x'.repeat(20), stripped: true }],
    [`“SSWS ${'x'.repeat(20)}”`, { kind: 'ok', value: 'x'.repeat(20), stripped: true }],
    ['\u200bSSWS\u200b ', { kind: 'refused', why: 'empty' }],
    ['ssws', { kind: 'refused', why: 'empty' }],
    ['Authorization: SSWS', { kind: 'refused', why: 'empty' }],
    ['  ', { kind: 'refused', why: 'empty' }],
  ];
  for (const [typed, read] of rows) assert.deepEqual(readToken(typed), read, typed);
});

test('a token is sent to public addresses only', () => {
  for (const address of ['8.8.8.8', '2606:4700::1111', '172.32.0.1'])
    assert.equal(isOpenAddress(address), true, address);
  const closed = [
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
  ];
  for (const address of [...closed, '::1', '::', 'fe80::1', 'fd00::1', '::ffff:10.0.0.1', '64:ff9b::a00:1']) {
    assert.equal(isOpenAddress(address), false, address);
  }
});

test('what nobody sees in a text goes, and all that is seen stays', () => {
  const rows: [text: string, seen: string][] = [
    ['Ac\u200bme', 'Acme'],
    ['\u200e\u200f\u061c\u202aAcme\u2069', 'Acme'],
    ['Ac\u00adme \u2060\u2061\ufeff', 'Acme '],
    ['Ac\u034f\u115f\u3164\ufe0f\u180eme', 'Acme'],
    ['\u{e0041}Acme\0', 'Acme'],
    ['Zürich 東京 مرحبا 🙂', 'Zürich 東京 مرحبا 🙂'],
    [
      '👩\u200d💻 ❤\ufe0f 🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
      '👩\u200d💻 ❤\ufe0f 🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
    ],
    ['a\tb\nc', 'a\tb\nc'],
  ];
  for (const [text, seen] of rows) assert.equal(visible(text), seen, JSON.stringify(text));
});

test('the client id of an app is taken as Okta makes them, without what stands around a pasted one', () => {
  const id = '0oa1b2c3D4e5F6_-7h8i';
  for (const [text, value, stripped] of [
    [id, id, false],
    [` ${id} `, id, false],
    [`"${id}"`, id, true],
    ['abcde', 'abcde', false],
    ['a'.repeat(100), 'a'.repeat(100), false],
    [`${' '.repeat(3_000)}${id}`, id, false],
  ] as const)
    assert.deepEqual(readClient(text), { kind: 'ok', value, stripped }, text);
  for (const [text, why] of [
    ['', 'empty'],
    ['  ', 'empty'],
    ['""', 'empty'],
    ['abcd', 'not-an-id'],
    ['a'.repeat(101), 'not-an-id'],
    ['a'.repeat(2_001), 'not-an-id'],
    ['0oa1 b2c3', 'not-an-id'],
    ['0oa1.b2c3', 'not-an-id'],
    ['https://acme.okta.com/0oa1b2c3', 'not-an-id'],
  ] as const)
    assert.deepEqual(readClient(text), { kind: 'refused', why }, text);
});
