import { isMainThread } from 'node:worker_threads';
import { goBy } from './here.ts';

// `node --import ./test/scene/proxied/preload.ts …`, with the authority's directory in TEST_PROXY_CA: proxied mode. A thread gets
// its way out from the world that starts it.
if (isMainThread) {
  const { TEST_PROXY_CA } = process.env;
  if (!TEST_PROXY_CA) throw new Error('TEST_PROXY_CA is missing: proxied mode begins with npm run test:proxied');
  const { Authority } = await import('./authority.ts');
  const { InterceptingProxy } = await import('./proxy.ts');
  goBy(await InterceptingProxy.open(await Authority.read(TEST_PROXY_CA)));
}
