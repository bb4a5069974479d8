import { join } from 'node:path';
import { bundleApp, programs } from '../../deploy/bundle.ts';
import { bundle, type Programs } from '../../deploy/bundler.ts';

// Whole programs are started as they are written or, where `TEST_BUNDLE` names a directory, as they are bundled there.

const root = join(import.meta.dirname, '../..');

/** Programs of the tests that have the app in them, and what it then loads by its place. */
const ofTests: Programs = {
  app: 'test/bench/app.ts',
  'measured-app': 'test/bench/measured-app.ts',
  measured: 'test/bench/measured.ts',
  who: 'test/scene/proxied/who.ts',
  'simulated-network': 'test/sims/network.ts',
  'worker-thread': programs['worker-thread'],
  network: programs.network,
};

/** From here on, this process and those that it starts take programs from a bundle of them; Node keeps what it compiles of it. */
export async function bundleAll(): Promise<void> {
  const place = join(root, 'node_modules/.cache/bundle');
  await bundleApp(join(place, 'app'));
  await bundle(ofTests, { into: join(place, 'tests'), home: root });
  process.env.TEST_BUNDLE = place;
}

/** The file to start for a program, which is named from the top of the project. */
export function programFile(program: string): string {
  const { TEST_BUNDLE: place } = process.env;
  if (!place) return join(root, program);
  for (const [folder, all] of Object.entries({ app: programs, tests: ofTests })) {
    const [name] = Object.entries<string>(all).find(([, file]) => file === program) ?? [];
    if (name) return join(place, folder, `${name}.mjs`);
  }
  throw new Error(`${program} is not bundled.`);
}
