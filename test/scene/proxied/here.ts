import { setGlobalProxyFromEnv } from 'node:http';
import { type Proxies, readProxies } from '../../../ingestion/runtime/proxy.ts';
import type { InterceptingProxy, PlayedBy, Traffic } from './proxy.ts';

/** The way out of a simulated world in proxied mode. */
export type WayOut = { proxies: Proxies; traffic: Traffic; password: string };

let proxy: InterceptingProxy | null = null;
let last: WayOut | null = null;

/** Begins proxied mode in this process: from now on simulated worlds are met under their public names, by this proxy. */
export function goBy(opened: InterceptingProxy): void {
  proxy = opened;
}

/** The proxy of this process; null outside proxied mode. */
export function proxyHere(): InterceptingProxy | null {
  return proxy;
}

/** A way out for one simulated world, set and read as an operator's environment; null outside proxied mode. */
export function wayOut(playedBy: PlayedBy): WayOut | null {
  if (!proxy) return null;
  const { url, traffic, password } = proxy.admit(playedBy);
  process.env.HTTPS_PROXY = url;
  const { proxies } = readProxies(process.env);
  setGlobalProxyFromEnv({ ...proxies });
  last = { proxies, traffic, password };
  return last;
}

/** The way out that was made last. */
export function lastWayOut(): WayOut | null {
  return last;
}
