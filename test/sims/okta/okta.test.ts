import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { after, before, beforeEach, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { eventBytes, eventUuid } from '../events.ts';
import { Okta } from '../okta.ts';
import { hostile } from './hostile.ts';
import type { OktaOrg } from './org.ts';

type Reply = { status: number; headers: Record<string, string | string[] | undefined>; raw: string[]; body: Buffer };
type Ask = { host?: string; token?: string | undefined; headers?: Record<string, string> };

const START = Date.parse('2026-05-01T08:00:00Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const FIRST = '/api/v1/logs?since=2026-05-01T00:00:00.000Z&limit=1000&sortOrder=ASCENDING';

let clock = START;
let okta: Okta;
let org: OktaOrg;
let token: string;

before(async () => {
  okta = await Okta.open({ now: () => clock });
});
after(() => okta.close());
beforeEach(() => {
  clock = START;
  org = okta.addOrg('acme.okta.com');
  token = org.addToken();
});

/** One GET on its own connection, as the simulator sees it from behind the clients' rewriting. */
async function get(target: string, ask: Ask = {}): Promise<Reply> {
  const { host = 'acme.okta.com' } = ask;
  const authorization = 'token' in ask ? ask.token : token;
  const headers = { Host: host, ...(authorization && { Authorization: `SSWS ${authorization}` }), ...ask.headers };
  const call = request(`${okta.url}${target}`, { headers, agent: false, path: target });
  // A cut answer is told twice, and the second time nobody waits any more.
  call.on('error', () => {});
  call.end();
  const [response] = await once(call, 'response');
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece);
  return {
    status: response.statusCode,
    headers: response.headers,
    raw: response.rawHeaders,
    body: Buffer.concat(pieces),
  };
}

function events(reply: Reply): { uuid: string; published: string }[] {
  return JSON.parse(reply.body.toString());
}

function link(reply: Reply, rel: string): string | undefined {
  const match = [...String(reply.headers.link).matchAll(/<([^>]*)>; rel="?([a-z]+)"?/g)].find(
    (found) => found[2] === rel,
  );
  return match?.[1]?.replace('https://acme.okta.com', '');
}

/** Follows next links until a page is empty or links to itself. */
async function drain(target: string): Promise<{ uuids: string[]; next: string; pages: number }> {
  const uuids: string[] = [];
  for (let pages = 1; ; pages++) {
    const reply = await get(target);
    assert.equal(reply.status, 200, reply.body.toString());
    uuids.push(...events(reply).map((event) => event.uuid));
    const next = link(reply, 'next');
    assert.ok(next, 'polling always links on');
    if (next === target || events(reply).length === 0) return { uuids, next, pages };
    target = next;
  }
}

function code(reply: Reply): string {
  return JSON.parse(reply.body.toString()).errorCode;
}

describe('the log', () => {
  test('polling serves what was persisted, in that order, and links to itself when idle', async () => {
    org.publish({ uuid: 'late', published: '2026-05-01T07:00:00.000Z' }, { persistAt: clock + 30_000 });
    org.publish({ uuid: 'first', published: '2026-05-01T07:59:59.000Z' });
    org.publish({ uuid: 'second', published: '2026-05-01T07:59:58.000Z' }, { persistAt: clock });
    const early = await drain(FIRST);
    assert.deepEqual(early.uuids, ['first', 'second']);
    assert.match(
      early.next,
      /^\/api\/v1\/logs\?since=2026-05-01T00:00:00\.000Z&limit=1000&sortOrder=ASCENDING&after=\d{13}_2$/,
    );
    clock += 30_000;
    assert.deepEqual((await drain(early.next)).uuids, ['late']);
    const since = await get('/api/v1/logs?since=2026-05-01T08:00:10Z');
    assert.deepEqual(
      events(since).map((event) => event.uuid),
      ['late'],
      'since bounds the persistence time',
    );
  });

  test('a bounded query serves by published, ends without next, and misses what is late', async () => {
    org.publish({ uuid: 'b', published: '2026-05-01T07:02:00.000Z' });
    org.publish({ uuid: 'a', published: '2026-05-01T07:01:00.000Z' });
    org.publish({ uuid: 'late', published: '2026-05-01T07:00:00.000Z' }, { persistAt: clock + 1 });
    const bounds = '/api/v1/logs?since=2026-05-01T07:00:00Z&until=2026-05-01T07:30:00Z';
    const whole = await get(bounds);
    assert.deepEqual(
      events(whole).map((event) => event.uuid),
      ['a', 'b'],
    );
    assert.equal(link(whole, 'next'), undefined);
    const half = await get(`${bounds}&limit=1`);
    const rest = await get(link(half, 'next') as string);
    assert.deepEqual(
      [...events(half), ...events(rest)].map((event) => event.uuid),
      ['a', 'b'],
    );
    assert.equal(link(rest, 'next'), undefined);
    const back = await get(`${bounds}&sortOrder=DESCENDING`);
    assert.deepEqual(
      events(back).map((event) => event.uuid),
      ['b', 'a'],
    );
  });

  test('bytes are served as they were given, hostile ones included, with and without space between them', async () => {
    for (const { bytes } of hostile()) org.publish(bytes);
    const expected = hostile().map(({ bytes }) => bytes.toString());
    const reply = await get(FIRST);
    assert.equal(reply.body.toString(), `[${expected.join(',')}]`);
    org.spaced = true;
    assert.deepEqual(events(await get(FIRST)), JSON.parse(`[${expected.join(',')}]`));
  });

  test('a hundred events a page unless asked, and each page goes on where the last ended', async () => {
    const made = org.publishMade(250);
    const { uuids, pages } = await drain('/api/v1/logs?since=2026-05-01T00:00:00Z');
    assert.deepEqual(uuids, made);
    assert.equal(pages, 4);
    assert.equal(org.timesServed(made[7] as string), 1);
    assert.equal(org.served, 250);
    assert.deepEqual(
      [...org.log.ledger()].filter(({ times }) => times !== 1),
      [],
    );
  });

  test('made-up events come by the clock, the same for the same seed, and stop when told', async () => {
    org.generate({ perMinute: 600, seed: 5 });
    clock += 30_000;
    assert.equal(events(await get(FIRST)).length, 300);
    clock += 30_000;
    const { uuids } = await drain(FIRST);
    assert.deepEqual(
      uuids,
      Array.from({ length: 600 }, (_, index) => eventUuid(5, index)),
    );
    org.stopEvents();
    clock += 60_000;
    assert.equal((await drain(FIRST)).uuids.length, 600);
  });

  test('events that wait unreadable are served later and not skipped', async () => {
    org.readLagMs = 10_000;
    org.idleNext = 'moves';
    const made = org.publishMade(3);
    const early = await drain(FIRST);
    assert.deepEqual(early.uuids, []);
    assert.notEqual(early.next, FIRST);
    clock += 10_000;
    assert.deepEqual((await drain(early.next)).uuids, made);
  });

  test('a filled log has all its events once, each with its own uuid, near the size asked for', async () => {
    org.rate.limitPerMinute = 1000;
    org.preload(20_000, { bytes: 2750, spanMs: HOUR });
    const reply = await get(FIRST);
    assert.ok(Math.abs(reply.body.length / 1000 - 2750) < 150, `${reply.body.length / 1000} bytes an event`);
    const { uuids } = await drain(FIRST);
    assert.equal(new Set(uuids).size, 20_000);
    assert.ok(events(reply).every((event) => Math.abs(Date.parse(event.published) - (clock - HOUR)) < HOUR / 4));
  });

  test('what is older than 90 days is gone, and no since means 7 days', async () => {
    org.publishMade(1);
    clock += 8 * DAY;
    const made = org.publishMade(1);
    assert.deepEqual((await drain('/api/v1/logs')).uuids, made);
    assert.equal((await drain(FIRST)).uuids.length, 2);
    clock += 83 * DAY;
    token = org.addToken();
    assert.deepEqual((await drain(FIRST)).uuids, made);
  });
});

describe('parameters', () => {
  const cases: [target: string, status: number, code: string][] = [
    ['/api/v1/logs?since=yesterday', 400, 'E0000001'],
    ['/api/v1/logs?until=2026-13-01T00:00:00Z', 400, 'E0000001'],
    ['/api/v1/logs?since=2025-01-01T00:00:00Z', 400, 'E0000053'],
    ['/api/v1/logs?limit=1001', 400, 'E0000001'],
    ['/api/v1/logs?limit=-1', 400, 'E0000001'],
    ['/api/v1/logs?sortOrder=UP', 400, 'E0000001'],
    [`/api/v1/logs?q=${'x'.repeat(41)}`, 400, 'E0000001'],
    ['/api/v1/logs?filter=published%20gt%20%22x%22', 400, 'E0000053'],
    ['/api/v1/logs?filter=debugContext.debugData.url%20co%20%22x%22', 400, 'E0000031'],
    ['/api/v1/logs?filter=eventType%20eq%20%22x%22', 501, 'SIMULATOR'],
    ['/api/v1/logs?after=1777622400000_0', 400, 'E0000001'],
    ['/api/v1/users', 404, 'E0000007'],
    ['/', 404, 'E0000008'],
  ];
  for (const [target, status, expected] of cases) {
    test(`${target.slice(0, 70)} is ${status} ${expected}`, async () => {
      const reply = await get(target);
      assert.deepEqual([reply.status, code(reply)], [status, expected]);
    });
  }

  test('limits of 1 and 0 are served, and above 1000 is cut where the org is set so', async () => {
    org.largeLimit = 'clamp';
    org.publishMade(3);
    assert.equal(events(await get('/api/v1/logs?limit=1')).length, 1);
    assert.equal(events(await get('/api/v1/logs?limit=0')).length, 0);
    assert.equal(events(await get('/api/v1/logs?limit=5000')).length, 3);
  });
});

describe('cursors', () => {
  test('a next link is good only as it was given, in its own org, until it is forgotten or too old', async () => {
    org.publishMade(3);
    const next = link(await get(FIRST.replace('1000', '1')), 'next') as string;
    assert.equal((await get(next)).status, 200);
    assert.equal((await get(next.replace('limit=1&', 'limit=100&'))).status, 400, 'rebuilt');
    const other = okta.addOrg('other.okta.com');
    assert.equal((await get(next, { host: 'other.okta.com', token: other.addToken() })).status, 400, 'foreign');
    org.links.lifeMs = HOUR;
    clock += 2 * HOUR;
    assert.equal((await get(next)).status, 400, 'too old');
    org.links.lifeMs = 3 * HOUR;
    assert.equal((await get(next)).status, 200);
    org.links.forget();
    assert.deepEqual([(await get(next)).status, code(await get(next))], [400, 'E0000001']);
  });

  test('short and empty pages lose nothing', async () => {
    const made = org.publishMade(6);
    org.faults.add({ times: 1, do: { kind: 'shortPage', events: 2 } });
    const short = await get(FIRST);
    org.faults.add({ times: 3, do: { kind: 'emptyPage', next: 'new' } });
    let target = link(short, 'next') as string;
    const seen = new Set([target]);
    for (let page = 0; page < 3; page++) {
      const reply = await get(target);
      assert.deepEqual(events(reply), []);
      target = link(reply, 'next') as string;
      seen.add(target);
    }
    assert.equal(seen.size, 4);
    assert.deepEqual([...events(short).map((event) => event.uuid), ...(await drain(target)).uuids], made);
    org.faults.add({ times: 1, do: { kind: 'emptyPage', next: 'missing' } });
    assert.equal(link(await get(FIRST), 'next'), undefined);
  });
});

describe('links', () => {
  const link = (reply: Reply) => reply.raw.filter((_, index) => reply.raw[index - 1]?.toLowerCase() === 'link');
  test('stand in separate headers or in one, in either order, with other relations, unquoted, with commas', async () => {
    assert.equal(link(await get(FIRST)).length, 2);
    org.links.style = { joined: true, nextFirst: true, extraRels: true, unquoted: true, upperCaseName: true };
    org.links.oddity = 'commas';
    org.publishMade(1);
    const reply = await get(FIRST);
    const [joined, ...more] = link(reply);
    assert.equal(more.length, 0);
    assert.match(String(joined), /via=a,b;c&after=\d+_1>; rel=next, <.*>; rel=self, /);
    assert.ok(reply.raw.includes('LINK'));
  });

  test('may point anywhere', async () => {
    org.faults.add({ times: 1, do: { kind: 'next', to: (next) => next.replace('.com/', '.com.evil.example/') } });
    assert.match(String(link(await get(FIRST))), /https:\/\/acme\.okta\.com\.evil\.example\/api/);
  });
});

describe('tokens', () => {
  test('look like real ones', () => {
    assert.match(token, /^00[\w-]{40}$/);
  });

  test('are refused with the documented codes, and work again when restored', async () => {
    const answer = async (ask?: Ask) => {
      const reply = await get(FIRST, ask);
      return `${reply.status} ${reply.status === 200 ? '' : code(reply)}`.trim();
    };
    assert.equal(await answer({ token: undefined }), '403 E0000005');
    assert.equal(await answer({ token: 'wrong' }), '401 E0000011');
    assert.equal(await answer({ token: `SSWS ${token}` }), '401 E0000011');
    assert.equal(await answer({ token: org.addToken({ permission: 'none' }) }), '403 E0000006');
    for (const [change, expected] of [
      [() => org.revoke(token), '401 E0000011'],
      [() => org.deactivateOwner(token), '401 E0000011'],
      [() => org.takePermission(token), '403 E0000006'],
    ] as const) {
      change();
      assert.equal(await answer(), expected);
      org.restore(token);
      assert.equal(await answer(), '200');
    }
  });

  test('die after 30 days without a call', async () => {
    for (let day = 0; day < 40; day += 20) {
      assert.equal((await get(FIRST)).status, 200);
      clock += 20 * DAY;
    }
    clock += 11 * DAY;
    assert.equal((await get('/api/v1/logs')).status, 401);
  });

  test('are never held in the records, and one that went to a stranger shows there', async () => {
    await get(FIRST, { host: 'acme.okta.com.evil.example' });
    assert.equal(okta.strangers.length, 1);
    assert.equal(okta.strangers[0]?.scheme, 'SSWS');
    await get(FIRST);
    assert.equal(okta.requests.at(-1)?.tokenHash, okta.strangers[0]?.tokenHash);
    assert.ok(!JSON.stringify(okta.requests).includes(token));
    assert.equal(okta.requests.at(-1)?.url, `https://acme.okta.com${FIRST}`);
  });
});

test('a host that is no org answers 404 in HTML', async () => {
  const reply = await get(FIRST, { host: 'nobody.example' });
  assert.equal(reply.status, 404);
  assert.match(String(reply.headers['content-type']), /html/);
});

describe('the rate budget', () => {
  const rate = (reply: Reply) =>
    ['limit', 'remaining', 'reset'].map((name) => reply.headers[`x-rate-limit-${name}`]).join(' ');
  const reset = String((START + 60_000) / 1000);

  test('is in every answer, counts down, and starts anew a minute after the first call', async () => {
    assert.equal(rate(await get(FIRST)), `120 119 ${reset}`);
    clock += 59_000;
    assert.equal(rate(await get(FIRST)), `120 118 ${reset}`);
    assert.match(rate(await get('/nowhere')), /^120 118 /);
    clock += 1_000;
    assert.equal(rate(await get(FIRST)), `120 119 ${Number(reset) + 60}`);
  });

  test('ends for a token at its share and for all at the limit', async () => {
    org.rate.limitPerMinute = 6;
    for (let call = 0; call < 3; call++) assert.equal((await get(FIRST)).status, 200);
    const refused = await get(FIRST);
    assert.deepEqual([refused.status, code(refused), rate(refused)], [429, 'E0000047', `6 0 ${reset}`]);
    token = org.addToken();
    org.rate.eat(3, clock);
    assert.equal((await get(FIRST)).status, 429, 'another consumer took the rest');
    clock += 60_000;
    assert.equal((await get(FIRST)).status, 200);
    org.rate.headersShow = 'token';
    assert.equal(rate(await get(FIRST)), `3 1 ${Number(reset) + 60}`);
  });

  test('is eaten by others as time goes on', async () => {
    org.rate.otherConsumersPerMinute = 100;
    assert.match(rate(await get(FIRST)), /^120 119 /);
    clock += 30_000;
    assert.match(rate(await get(FIRST)), /^120 68 /);
  });

  test('refuses for concurrency with a limit of 0, and may send Retry-After', async () => {
    org.faults.add({ times: 1, do: { kind: 'tooMany', form: 'concurrency', retryAfter: '7' } });
    const reply = await get(FIRST);
    assert.deepEqual([reply.status, rate(reply), reply.headers['retry-after']], [429, `0 0 ${reset}`, '7']);
    org.rate.concurrencyLimit = 2;
    org.faults.add({ when: ({ number }) => number <= 3, do: { kind: 'slow', firstByteMs: 60_000 } });
    const held = [get(FIRST), get(FIRST)];
    while (org.inFlight < 2) await once(okta, 'change');
    assert.match(rate(await get(FIRST)), /^0 0 /);
    for (const call of held) call.catch(() => {});
    okta.removeOrg('acme.okta.com');
  });

  test('has odd Reset values on demand, and a Date by the clock and its skew', async () => {
    const odd = async (kind: OktaOrg['rate']['oddReset']) => {
      org.rate.oddReset = kind;
      return (await get(FIRST)).headers['x-rate-limit-reset'];
    };
    assert.equal(await odd('missing'), undefined);
    assert.equal(await odd('past'), String(START / 1000 - 120));
    assert.equal(await odd('negative'), '-1');
    assert.equal(await odd('text'), 'soon');
    assert.equal(await odd('milliseconds'), `${reset}000`);
    assert.equal(await odd('far'), String(Number(reset) + 365 * 86_400));
    org.dateSkewMs = -5 * 60_000;
    assert.equal((await get(FIRST)).headers.date, 'Fri, 01 May 2026 07:55:00 GMT');
  });

  test('writes its warnings and violations into the log itself', async () => {
    org.rateEvents = true;
    org.rate.limitPerMinute = 10;
    for (let call = 0; call < 6; call++) await get(FIRST);
    org.rate.eat(2, clock);
    token = org.addToken();
    for (let call = 0; call < 6; call++) await get(FIRST);
    clock += 60_000;
    const types = (events(await get(FIRST)) as unknown as { eventType: string }[]).map((event) => event.eventType);
    assert.deepEqual(types.sort(), ['system.org.rate_limit.violation', 'system.org.rate_limit.warning']);
  });
});

describe('faults', () => {
  test('of the server: once, on a chosen page, or until taken away', async () => {
    org.faults.add({ times: 1, do: { kind: 'error', status: 500, code: 'E0000009' } });
    assert.deepEqual([(await get(FIRST)).status, (await get(FIRST)).status], [500, 200]);
    const cleared = org.faults.add({ when: ({ number }) => number >= 4, do: { kind: 'html', status: 502 } });
    assert.equal((await get(FIRST)).status, 200);
    const bad = await get(FIRST);
    assert.deepEqual([bad.status, bad.headers['x-rate-limit-limit']], [502, '120']);
    assert.match(bad.body.toString(), /Bad Gateway/);
    cleared();
    assert.equal((await get(FIRST)).status, 200);
    org.faults.add({ times: 1, do: { kind: 'redirect', to: 'https://elsewhere.example/' } });
    assert.equal((await get(FIRST)).headers.location, 'https://elsewhere.example/');
  });

  test('of the body: whatever is asked for, with the links of a good page, and nothing counted as served', async () => {
    org.publishMade(2);
    for (const body of ['null', '{"errorCode":"none"}', '<html></html>', '[{"uuid":"half"', '']) {
      org.faults.add({ times: 1, do: { kind: 'body', body } });
      const reply = await get(FIRST);
      assert.equal(reply.body.toString(), body);
      assert.match(String(link(reply, 'next')), /after=/);
    }
    assert.equal(org.served, 0);
  });

  test('of the way: cut with a length, cut without one, reset, and no answer at all', async () => {
    org.publishMade(20);
    const whole = (await get(FIRST)).body.length;
    org.faults.add({ times: 1, do: { kind: 'cut', at: 0.5, contentLength: false } });
    assert.equal((await get(FIRST)).body.length, Math.floor(whole / 2));
    org.faults.add({ times: 1, do: { kind: 'cut', at: 0.5, contentLength: true } });
    await assert.rejects(get(FIRST), { code: 'ECONNRESET' });
    org.faults.add({ times: 1, do: { kind: 'cut', at: 0.5, contentLength: false, reset: true } });
    await assert.rejects(get(FIRST), { code: 'ECONNRESET' });
    org.faults.add({ times: 1, do: { kind: 'reset' } });
    await assert.rejects(get(FIRST), { code: 'ECONNRESET' });
    org.faults.add({ times: 1, do: { kind: 'blackHole' } });
    const hole = request(okta.url, { path: FIRST, headers: { Host: 'acme.okta.com' } });
    hole.on('error', () => {});
    hole.end();
    await once(okta, 'change');
    assert.equal(okta.requests.at(-1)?.status, 0);
    hole.destroy();
  });

  test('of time: slow, in drops, and whole in the end', async () => {
    org.publishMade(5);
    const whole = (await get(FIRST)).body;
    org.faults.add({ times: 1, do: { kind: 'slow', firstByteMs: 5, everyMs: 1, pieces: 7 } });
    assert.deepEqual((await get(FIRST)).body, whole);
  });

  test('of compression, which is off unless set', async () => {
    org.publishMade(2);
    const ask = { headers: { 'Accept-Encoding': 'gzip' } };
    const plain = await get(FIRST, ask);
    assert.equal(plain.headers['content-encoding'], undefined);
    org.gzip = true;
    assert.deepEqual(gunzipSync((await get(FIRST, ask)).body), plain.body);
    org.faults.add({ times: 1, do: { kind: 'brokenGzip' } });
    const broken = await get(FIRST, ask);
    assert.throws(() => gunzipSync(broken.body));
  });
});

test('made-up events are the same for the same seed, of real sizes, and all valid', () => {
  const sizes: number[] = [];
  const types = new Set<string>();
  for (let index = 0; index < 500; index++) {
    const bytes = eventBytes({ seed: 3, index, publishedAt: START });
    assert.deepEqual(bytes, eventBytes({ seed: 3, index, publishedAt: START }));
    const event = JSON.parse(bytes.toString());
    assert.equal(event.uuid, eventUuid(3, index));
    types.add(event.eventType);
    sizes.push(bytes.length);
  }
  const average = sizes.reduce((sum, size) => sum + size) / sizes.length;
  assert.ok(average > 2200 && average < 2750, `${average} bytes`);
  assert.ok(Math.min(...sizes) < 0.7 * average && Math.max(...sizes) > 1.4 * average);
  assert.ok(types.size >= 20, `${types.size} types`);
});
