import { spawn, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { Authority } from './authority.ts';

// `npm run test:proxied -- [files]`: the tests under public names, by a proxy that looks into the traffic, with no other way
// out. Where Linux allows it, in a network of its own that has loopback only.

const files = process.argv.slice(2);
const authority = await (await Authority.open()).write();
const [command = '', ...before] = [...alone(), process.execPath];
const tests = [
  '--disable-warning=ExperimentalWarning',
  '--import=./test/scene/proxied/preload.ts',
  '--test',
  `--test-concurrency=${Math.min(2, availableParallelism())}`,
  '--test-timeout=120000',
  ...(files.length > 0 ? files : ['test/**/*.test.ts']),
];
const child = spawn(command, [...before, ...tests], {
  stdio: 'inherit',
  env: { ...process.env, TEST_PROXY_CA: authority.directory, NODE_EXTRA_CA_CERTS: authority.file },
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => child.kill(signal));
child.once('close', async (code) => {
  await authority.remove();
  process.exit(code ?? 1);
});

/** What starts a command without a network; empty where that can't be. */
function alone(): string[] {
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-current-user', '--keep-caps'];
  const unshare = ['unshare', '--net', ...user, 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
  const [name = '', ...args] = unshare;
  const works = spawnSync(name, [...args, 'true']).status === 0;
  process.stdout.write(`# ${works ? 'in a network of its own, loopback only' : 'in the network of this machine'}\n`);
  return works ? unshare : [];
}
