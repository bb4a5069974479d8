import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccessToken } from '@azure/core-auth';
import { createDefaultHttpClient } from '@azure/core-rest-pipeline';
import type { Deadline } from '../../ingestion/runtime/deadline.ts';
import { openIdentity } from '../../ingestion/runtime/identity.ts';

const scope = 'https://management.azure.com/.default';
const other = 'https://vault.azure.net/.default';

/** An identity whose endpoint answers when it is told to, and a time that passes when it is told to. */
function identity() {
  const asked: { scope: string; answer: PromiseWithResolvers<AccessToken> }[] = [];
  let now = 0;
  const due: { at: number; end: AbortController }[] = [];
  const deadline = (ms: number): Deadline => {
    const until = now + ms;
    const end = new AbortController();
    due.push({ at: until, end });
    return { signal: end.signal, leftMs: () => Math.max(0, until - now) };
  };
  const { getToken } = openIdentity({ http: createDefaultHttpClient(), deadline }, () => ({
    getToken(scopes) {
      const answer = Promise.withResolvers<AccessToken>();
      asked.push({ scope: String(scopes), answer });
      return answer.promise;
    },
  }));
  return {
    asked,
    ask: (of = scope) => {
      const got = getToken(of).then(
        (token) => token?.token,
        (error: Error) => error.message,
      );
      return got;
    },
    pass(ms: number) {
      now += ms;
      for (const { at, end } of due) if (at <= now) end.abort();
    },
    answer: (index: number, token: string) => asked[index]?.answer.resolve({ token, expiresOnTimestamp: 1e15 }),
    fail: (index: number, text: string) => asked[index]?.answer.reject(new Error(text)),
  };
}

test('many who ask at once for one audience ask the endpoint once, those for another one besides', async () => {
  const { asked, ask, answer } = identity();
  const all = [ask(), ask(), ask(), ask(other)];
  assert.deepEqual(
    asked.map((each) => each.scope),
    [scope, other],
  );
  answer(0, 'one');
  answer(1, 'two');
  assert.deepEqual(await Promise.all(all), ['one', 'one', 'one', 'two']);
});

test('an endpoint that hung and is well again keeps nobody who comes then, and those who wait get its first answer', async () => {
  const { asked, ask, answer, pass } = identity();
  const waiting = [ask(), ask()];
  pass(2_000);
  waiting.push(ask());
  assert.equal(asked.length, 1);
  pass(2_000);
  const later = [ask(), ask()];
  assert.equal(asked.length, 2, 'two who come then ask once');
  answer(1, 'well');
  assert.deepEqual(await Promise.all([...waiting, ...later]), Array(5).fill('well'));
});

test('a late answer to an earlier call is as good, and a refusal is told to those alone who asked then', async () => {
  const { ask, answer, fail, pass } = identity();
  const first = ask();
  pass(4_000);
  const second = ask();
  fail(1, 'refused');
  assert.equal(await second, 'refused');
  answer(0, 'late');
  assert.equal(await first, 'late');
});

test('what never answers is given up after 20 seconds, each by the time at which it asked', async () => {
  const { asked, ask, pass } = identity();
  const first = ask();
  pass(15_000);
  const second = ask();
  pass(5_000);
  assert.match(String(await first), /azure-unreachable.*gave no token in time for management\.azure\.com/);
  const third = ask();
  assert.equal(asked.length, 3);
  pass(15_000);
  assert.match(String(await second), /gave no token in time/);
  pass(5_000);
  assert.match(String(await third), /gave no token in time/);
});
