import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOpenAddress } from '../../ingestion/okta/public-addresses.ts';
import { readDomain, readToken } from '../../ingestion/okta/typed-input.ts';

const accepted: [string, string, boolean][] = [
  ['acme.okta.com', 'acme.okta.com', false],
  ['  ACME.okta.com ', 'acme.okta.com', false],
  ['https://acme.okta.com/', 'acme.okta.com', true],
  ['https://acme.okta.com//', 'acme.okta.com', true],
  ['http://acme.oktapreview.com', 'acme.oktapreview.com', true],
  ['login.acme.example', 'login.acme.example', false],
  ['acme.okta.mil', 'acme.okta.mil', false],
];
const refused: [string, string, string?][] = [
  ['', 'empty'],
  ['https://', 'empty'],
  ['acme-admin.okta.com', 'admin', 'acme.okta.com'],
  ['https://acme-admin.okta-emea.com', 'admin', 'acme.okta-emea.com'],
  ['acme-admin.okta.mil', 'admin', 'acme.okta.mil'],
  ['yourcompany.okta.com', 'example'],
  ['{yourOktaDomain}', 'example'],
  ['10.0.0.1', 'address'],
  ['0x7f.1', 'address'],
  ['2130706433', 'address'],
  ['[::1]', 'address'],
  ['acme', 'internal'],
  ['okta.internal', 'internal'],
  ['localhost', 'internal'],
  ['acme.okta.com:8443', 'not-a-host'],
  ['user@acme.okta.com', 'not-a-host'],
  ['acme.okta.com/path', 'not-a-host'],
  ['acme.okta.com?x=1', 'not-a-host'],
  ['acme okta com', 'not-a-host'],
  ['-acme.okta.com', 'not-a-host'],
  ["acme.okta.com'", 'not-a-host'],
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
