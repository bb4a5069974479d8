import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createCipheriv, randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import pg from 'pg';
import { noArrivals } from '../../ingestion/connector/arrivals.ts';
import { SealedSecrets } from '../../ingestion/secrets/sealed.ts';
import { openDatabase, transaction } from '../../ingestion/store/database.ts';
import { openEmbedded } from '../../ingestion/store/embedded.ts';
import { migrations } from '../../ingestion/store/migrations.ts';

const dirs: string[] = [];
after(async () => {
  for (const dir of dirs) await rm(dir, { recursive: true, force: true });
});

async function directory(mode = 0o755): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'patchbay-store-'));
  await chmod(dir, mode);
  dirs.push(dir);
  return dir;
}

const database = JSON.stringify(new URL('../../ingestion/store/database.ts', import.meta.url).href);

/** Another process that opens the store on `dir`, says so, and keeps it open. */
function otherApp(dir: string, then = ''): ChildProcess {
  const code = `import { openDatabase } from ${database};
    const database = await openDatabase({ databaseUrl: null, dataDir: ${JSON.stringify(dir)} });
    ${then}
    console.log('open');
    setInterval(() => {}, 1000);`;
  return spawn(process.execPath, ['--input-type=module-typescript', '-e', code], { stdio: ['ignore', 'pipe', 'pipe'] });
}

function says(child: ChildProcess, text: string): Promise<void> {
  return new Promise((heard, fail) => {
    let all = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (piece: Buffer) => {
        all += piece;
        if (all.includes(text)) heard();
      });
    }
    child.once('exit', () => fail(new Error(`it ended and said: ${all}`)));
  });
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((done) => child.once('exit', (code) => done(code)));
}

async function postmaster(dir: string): Promise<number> {
  return Number((await readFile(join(dir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

const keep = `await database.pool.query("insert into secrets values ('11111111-1111-4111-8111-111111111111', 'kept', now())");`;

async function kept(dir: string): Promise<number> {
  const store = await openDatabase({ databaseUrl: null, dataDir: dir });
  try {
    return (await store.pool.query('select * from secrets')).rowCount ?? 0;
  } finally {
    await store.close();
  }
}

test('after a kill -9 of the app the next start finds the server that lived on, with everything that was committed', async () => {
  const dir = await directory();
  const app = otherApp(dir, keep);
  await says(app, 'open');
  const pid = await postmaster(dir);
  app.kill('SIGKILL');
  await ended(app);
  assert.equal(process.kill(pid, 0), true, 'the server lives on');
  assert.equal(await kept(dir), 1);
});

test('after a kill -9 of app and server the next start recovers', async () => {
  const dir = await directory();
  const app = otherApp(dir, keep);
  await says(app, 'open');
  process.kill(await postmaster(dir), 'SIGKILL');
  app.kill('SIGKILL');
  await ended(app);
  assert.equal(await kept(dir), 1);
});

test('a second app on the same directory says so and ends; the first goes on', async () => {
  const dir = await directory();
  const store = await openDatabase({ databaseUrl: null, dataDir: dir });
  try {
    const second = otherApp(dir);
    const code = ended(second);
    await says(second, 'Another Patchbay is running on');
    assert.equal(await code, 1);
    assert.equal((await store.pool.query('select 1')).rowCount, 1);
  } finally {
    await store.close();
  }
});

test('the store opens in a directory that only its owner may enter', async () => {
  const dir = await directory(0o700);
  const app = otherApp(dir, keep);
  await says(app, 'open');
  app.kill('SIGKILL');
  await ended(app);
  assert.equal(await kept(dir), 1);
});

test('what a transaction has done is undone when it throws', async () => {
  const dir = await directory();
  const { pool, close } = await openDatabase({ databaseUrl: null, dataDir: dir });
  try {
    const insert = `insert into secrets values (gen_random_uuid(), 'x', now())`;
    await assert.rejects(
      transaction(pool, async (tx) => {
        await tx.query(insert);
        throw new Error('undone');
      }),
      /undone/,
    );
    assert.equal((await pool.query('select * from secrets')).rowCount, 0);

    const options = { secretKey: null, file: join(dir, 'secret.key') };
    const secrets = await SealedSecrets.open(pool, Date.now, options);
    const id = await secrets.keep('an Okta token');
    assert.equal(await (await SealedSecrets.open(pool, Date.now, options)).read(id), 'an Okta token');
    const stored = (await pool.query<{ sealed: Buffer }>('select sealed from secrets')).rows[0]?.sealed;
    assert.equal(stored?.includes('Okta'), false);
    const other = await SealedSecrets.open(pool, Date.now, {
      ...options,
      secretKey: Buffer.alloc(32).toString('base64'),
    });
    await assert.rejects(other.read(id), /key-unreadable/);
    const [old, fresh] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')];
    const open = (secretKey: string) => SealedSecrets.open(pool, Date.now, { ...options, secretKey });
    const kept = await (await open(old)).keep('a token of before');
    // An instance that has the new key last, as all have before the change, opens what others have sealed with it.
    const [late, rotated] = [await open(`${old},${fresh}`), await open(`${fresh}, ${old}`)];
    assert.equal(await (await open(fresh)).read(kept), 'a token of before', 'sealed anew at the start');
    assert.equal(await late.read(kept), 'a token of before');
    assert.equal(await rotated.read(kept), 'a token of before');
    assert.equal(await (await open(fresh)).read(kept), 'a token of before', 'and anew when it is read');
    const named = /sealed with the secret key [0-9a-f]{16}, which is not among those that are set/;
    await assert.rejects((await open(old)).read(kept), named);
    // Of a version before keys had ids: nonce, token, tag.
    const cipher = createCipheriv('aes-256-gcm', Buffer.from(old, 'base64'), Buffer.alloc(12)).setAAD(
      Buffer.from(kept),
    );
    const before = Buffer.concat([Buffer.alloc(12), cipher.update('older'), cipher.final(), cipher.getAuthTag()]);
    await pool.query('update secrets set sealed = $2 where id = $1', [kept, before]);
    assert.equal(await (await open(`${fresh} ${old}`)).read(kept), 'older');
    assert.equal(await (await open(fresh)).read(kept), 'older');
    await chmod(options.file, 0o666);
    await assert.rejects(
      SealedSecrets.open(pool, Date.now, options),
      /secret\.key can be written by others \(mode 666\)/,
    );
    await chmod(options.file, 0o600);
    const short = { ...options, secretKey: 'short' };
    await assert.rejects(SealedSecrets.open(pool, Date.now, short), /32 bytes in base64/);
  } finally {
    await close();
  }
});

test('what a store of before the words changed knows of its connectors is carried over', async () => {
  const dir = await directory();
  const { url } = await openEmbedded(dir);
  const before = new pg.Client({ connectionString: url });
  await before.connect();
  const [first = ''] = migrations;
  const failing = { reason: 'okta-unreachable', since: 5, beats: 2 };
  await before.query(`create schema patchbay; set search_path to patchbay; ${first}
    create table migrations (number int primary key, at timestamptz default now()); insert into migrations values (0);`);
  await before.query(
    `insert into connectors (id, tenant_id, name, domain, created_at, due_at, wish, settings, build, standing)
     values (gen_random_uuid(), 't', 'Acme', 'acme.okta.com', now(), now(), 'delete', '{"workspace": {"id": "/w"}}', $1, $2)`,
    [
      { done: ['rights'], late: { since: 7 } },
      { failing, lastBeatAt: 9, traffic: { busyBeats: 31 } },
    ],
  );
  await before.end();
  const store = await openDatabase({ databaseUrl: null, dataDir: dir });
  const { rows } = await store.pool.query('select desired, provisioning, status, observation from connectors');
  await store.close();
  assert.deepEqual(rows, [
    {
      desired: 'delete',
      provisioning: { done: ['rights'], failedUpgrade: { since: 7 } },
      status: {
        failing: { reason: 'okta-unreachable', since: 5, polls: 2 },
        lastPollAt: 9,
        arrivals: noArrivals,
      },
      observation: null,
    },
  ]);
});
