import { spawn, spawnSync } from 'node:child_process';
import { Authority } from './authority.ts';

// `npm run test:proxied -- [files]`: the tests as `test/run.ts` runs them, but under public names, by a proxy that looks into
// the traffic, with no other way out. Where Linux allows it, in a network of its own that has loopback only.

const authority = await (await Authority.open()).write();
const [command = '', ...before] = [...alone(), process.execPath];
const tests = [
  '--disable-warning=ExperimentalWarning',
  'test/run.ts',
  '--import=./test/scene/proxied/preload.ts',
  ...process.argv.slice(2),
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
