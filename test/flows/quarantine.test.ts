import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { access, chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { quarantine } from '../../ingestion/connector/quarantine.ts';
import { createConnector } from '../../ingestion/connector/registration.ts';
import { type Database, openDatabase } from '../../ingestion/store/database.ts';
import { programFile } from '../scene/bundled.ts';
import { closeServer, Scene } from '../scene/scene.ts';
import { textOf } from '../sims/teams/cards.ts';

const dirs: string[] = [];
after(async () => {
  await closeServer();
  for (const dir of dirs) await rm(dir, { recursive: true, force: true });
});

async function directory(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'patchbay-aside-'));
  await chmod(dir, 0o755); // as root, the server runs as another user, who must be able to enter
  dirs.push(dir);
  return dir;
}

test('quarantine lists what Azure could not take by its outside, and says so where there is nothing', async (t) => {
  const scene = await Scene.open();
  t.after(() => scene.close());
  await scene.connected();
  const ask = async (text: string, user = scene.ben) => (await scene.ask(user, text)).cards.map(textOf).join('\n');
  assert.match(await ask('quarantine Acme'), /Nothing is put aside/);
  assert.match(await ask('quarantine'), /Nothing is put aside/);
  assert.match(await ask('quarantine Nobody'), /no connector named Nobody/);
  assert.match(await ask('quarantene Acme'), /Did you mean quarantine\?/);
  assert.match(await ask('help'), /quarantine/);
  assert.match(await ask('quarantine Acme', scene.guest), /Guests can only read the help/);

  const published = new Date(scene.clock.now()).toISOString();
  for (let number = 0; number < 12; number++) {
    const uuid = `too-large-${number}`;
    scene.org.publish({ uuid, published, eventType: 'x', secret: 'a person’s data '.repeat(70_000) });
  }
  await scene.poll();
  const text = await ask('quarantine acme');
  assert.match(text, /12 events of Acme put aside/);
  assert.match(text, /The newest 10/);
  assert.match(text, /^too-large-11$/m);
  assert.match(text, /^1,[0-9]{3},[0-9]{3} bytes, larger than one call may be$/m);
  assert.doesNotMatch(text, /too-large-1$|a person/m);
  assert.match(text, /npm run -s quarantine -- export "Acme" > events\.jsonl/);
  assert.match(await ask('status Acme'), /Put aside: 12; say “quarantine Acme” to see them/);
});

const program = programFile('bot/cli/quarantine.ts');

type Ran = { code: number | null; out: Buffer; err: string };

/** The program, with nothing in its environment but the place of the store. */
function start(env: Record<string, string>, ...args: string[]): ChildProcess {
  const options = ['--disable-warning=ExperimentalWarning', program, ...args];
  return spawn(process.execPath, options, { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function run(env: Record<string, string>, ...args: string[]): Promise<Ran> {
  const child = start(env, ...args);
  const pieces: { out: Buffer[]; err: Buffer[] } = { out: [], err: [] };
  child.stdout?.on('data', (piece: Buffer) => pieces.out.push(piece));
  child.stderr?.on('data', (piece: Buffer) => pieces.err.push(piece));
  const code = await new Promise<number | null>((done) => child.once('close', done));
  return { code, out: Buffer.concat(pieces.out), err: Buffer.concat(pieces.err).toString() };
}

function lines({ out }: Ran): string[] {
  return out.toString().split('\n').filter(Boolean);
}

async function connector({ pool }: Database, name: string, tenantId = 'tenant'): Promise<string> {
  const settings = { backfillHours: 1, workspace: { id: '/w' } } as Parameters<typeof createConnector>[1]['settings'];
  const made = await createConnector(pool, { tenantId, name, domain: 'acme.okta.com', settings }, Date.now());
  assert.ok(made);
  return made.id;
}

async function put(store: Database, connectorId: string, ...events: (string | Buffer)[]): Promise<void> {
  for (const event of events) {
    const outside = {
      uuid: randomUUID(),
      published: '2026-11-24T12:00:00.000Z',
      reason: 'larger than one call may be',
    };
    await quarantine(store.pool, connectorId, [{ ...outside, bytes: Buffer.from(event) }]);
  }
}

async function postmaster(dir: string): Promise<number> {
  return Number((await readFile(join(dir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

test('beside a running app the program lists, and exports byte for byte, and the app keeps its server', async () => {
  const dir = await directory();
  const store = await openDatabase({ databaseUrl: null, dataDir: dir });
  try {
    const [acme, other] = [await connector(store, 'Acme'), await connector(store, 'Beta Org')];
    const exact = '{"uuid":"a","text":"línea\\nline  \u2028 \u007f",  "n":1.0e+3}';
    const broken = '{\r\n\t"uuid": "b",\n  "text": "x\\r\\n"\n}';
    await put(store, acme, exact, broken);
    await put(store, other, '{"uuid":"c"}');
    const pid = await postmaster(dir);

    const list = await run({ DATA_DIR: dir });
    assert.equal(list.code, 0, list.err);
    assert.deepEqual(
      lines(list).map((line) => line.split('\t').filter((_, index) => index !== 2)),
      [
        ['events', 'bytes', 'connector', 'domain', 'id'],
        ['2', `${Buffer.byteLength(exact) + broken.length}`, 'Acme', 'acme.okta.com', acme],
        ['1', '12', 'Beta Org', 'acme.okta.com', other],
      ],
    );
    assert.equal(list.err, '3 events were put aside.\n');

    const named = await run({ DATA_DIR: dir }, 'list', 'beta', 'org');
    assert.equal(lines(named).length, 2);
    assert.match(
      lines(named)[1] ?? '',
      /^\d{4}-.*\t2026-11-24T12:00:00\.000Z\t12\t[0-9a-f-]{36}\tlarger than one call/,
    );

    const all = await run({ DATA_DIR: dir }, 'export');
    assert.equal(all.err, '3 events were exported.\n');
    assert.deepEqual(lines(all), [exact, '{  \t"uuid": "b",   "text": "x\\r\\n" }', '{"uuid":"c"}']);
    assert.deepEqual(JSON.parse(lines(all)[1] ?? ''), JSON.parse(broken));

    const one = await run({ DATA_DIR: dir }, 'export', 'ACME');
    assert.equal(one.out.indexOf(exact), 0);
    assert.equal(lines(one).length, 2);
    assert.deepEqual((await run({ DATA_DIR: dir }, 'export', acme)).out, one.out);
    assert.deepEqual((await run({ DATABASE_URL: store.address.url }, 'export', 'Acme')).out, one.out);

    const unknown = await run({ DATA_DIR: dir }, 'export', 'Gamma');
    assert.deepEqual(
      [unknown.code, unknown.out.length, unknown.err],
      [1, 0, 'There is no connector named Gamma. There are: Acme, Beta Org.\n'],
    );
    const twin = await connector(store, 'Acme', 'another tenant');
    const twins = await run({ DATA_DIR: dir }, 'export', 'Acme');
    assert.equal(twins.code, 1);
    assert.ok(twins.err.includes(acme) && twins.err.includes(twin), twins.err);
    assert.match((await run({ DATA_DIR: dir }, 'destroy')).err, /Say what to do: npm run -s quarantine/);

    assert.equal(await postmaster(dir), pid);
    assert.equal((await store.pool.query('select 1')).rowCount, 1);
  } finally {
    await store.close();
  }
});

test('where no app runs the program starts the server, and stops it at the end, also when its reader goes away', async () => {
  const dir = await directory();
  const store = await openDatabase({ databaseUrl: null, dataDir: dir });
  const acme = await connector(store, 'Acme');
  const large = Array.from({ length: 20 }, (_, number) => `{"uuid":"${number}","big":"${'x'.repeat(1_200_000)}"}`);
  await put(store, acme, ...large);
  await store.close();

  const whole = await run({ DATA_DIR: dir }, 'export', 'Acme');
  assert.deepEqual([whole.code, whole.err], [0, '20 events were exported.\n']);
  assert.deepEqual(whole.out, Buffer.from(`${large.join('\n')}\n`));
  await assert.rejects(postmaster(dir), /ENOENT/, 'the server is stopped');

  const cut = start({ DATA_DIR: dir }, 'export', 'Acme');
  let said = '';
  cut.stderr?.on('data', (piece: Buffer) => {
    said += piece;
  });
  cut.stdout?.once('data', () => cut.stdout?.destroy());
  assert.equal(await new Promise((done) => cut.once('close', done)), 0);
  assert.equal(said, '');
  await assert.rejects(postmaster(dir), /ENOENT/, 'the server is stopped');

  const stopped = start({ DATA_DIR: dir }, 'export', 'Acme');
  stopped.stdout?.once('data', () => {
    stopped.kill('SIGINT');
    stopped.stdout?.resume();
  });
  assert.equal(await new Promise((done) => stopped.once('close', done)), 130);
  await assert.rejects(postmaster(dir), /ENOENT/, 'the server is stopped');
});

test('where there is no store the program says so, and makes none', async () => {
  const dir = await directory();
  const { code, err } = await run({ DATA_DIR: dir }, 'list');
  assert.deepEqual([code, err], [1, `There is no store in ${dir}: set DATA_DIR or DATABASE_URL as for the app.\n`]);
  assert.deepEqual(await readdir(dir), []);
  await assert.rejects(access(join(dir, 'postgres')));
});
