import { DefaultAzureCredential } from '@azure/identity';
import type { Cloud } from './clouds.ts';
import { openIdentity } from './identity.ts';
import { openTimeAndNetwork } from './network.ts';
import type { Proxies } from './proxy.ts';
import type { ProcessRuntime } from './runtime.ts';
import { everySecond } from './ticker.ts';

/**
 * The runtime environment as it is: the machine's clock and network, unless others are given, and the identity that this cloud
 * gives this process.
 */
export function openRuntime(cloud: Cloud, proxies: Proxies, own = openTimeAndNetwork(proxies)): ProcessRuntime {
  own.metrics.countProcess();
  return {
    ...own,
    credential: openIdentity(
      own,
      (httpClient) => new DefaultAzureCredential({ authorityHost: cloud.authority, httpClient }),
    ),
    cloud,
    everySecond,
    forThreads: { module: import.meta.resolve('./network.ts'), data: proxies },
  };
}
