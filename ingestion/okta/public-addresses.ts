import { lookup as resolve } from 'node:dns';
import { BlockList, isIPv6, type LookupFunction } from 'node:net';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';

const closed = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['168.63.129.16', 32],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  closed.addSubnet(net, prefix, 'ipv4');
}
for (const [net, prefix] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2002::', 16],
  ['fec0::', 10],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  closed.addSubnet(net, prefix, 'ipv6');
}

/**
 * Whether a token may be sent to an IP address: not to private, loopback, link-local, shared or multicast ranges
 * (IANA's special-purpose registries, RFC 6890), nor to Azure's own 168.63.129.16.
 */
export function isOpenAddress(address: string): boolean {
  return !closed.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** Resolves like the system does, and fails with ECLOSED unless every address is open; the socket uses just these. */
const guardedLookup: LookupFunction = (host, options, done) => {
  resolve(host, { ...options, all: true }, (error, addresses) => {
    if (error) return done(error, '', 0);
    const refused = addresses.find(({ address }) => !isOpenAddress(address));
    if (refused) {
      const fault: NodeJS.ErrnoException = new Error(`${host} resolves to ${refused.address}, which is not public.`);
      fault.code = 'ECLOSED';
      return done(fault, '', 0);
    }
    if (options.all) return done(null, addresses);
    const first = addresses[0];
    return first ? done(null, first.address, first.family) : done(new Error(`${host} has no address.`), '', 0);
  });
};

/** Connects to public addresses only. Where a proxy is used, it is the proxy that resolves, and decides. */
export const publicAddressesOnly: PipelinePolicy = {
  name: 'publicAddressesOnly',
  sendRequest(request, next) {
    request.requestOverrides = { ...request.requestOverrides, lookup: guardedLookup };
    return next(request);
  },
};
