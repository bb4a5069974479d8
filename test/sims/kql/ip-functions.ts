import { text } from './arguments.ts';
import type { Arg } from './expression.ts';
import type { Builder } from './functions.ts';

// An address stands alone: no letter or digit touches it, and no further number belongs to it.
const addresses = /(?<![\p{L}\p{N}.])\d{1,3}(?:\.\d{1,3}){3}(?![\p{L}\p{N}]|\.\d)/gu;

function addressesIn(source: string): string[] {
  return (source.match(addresses) ?? []).filter((address) => address.split('.').every((part) => Number(part) <= 255));
}

// A prefix ends with a dot or is a whole address; any other matches nothing.
function matches(address: string, prefix: string): boolean {
  return prefix.endsWith('.') ? address.startsWith(prefix) : address === prefix;
}

const hasPrefix: Builder = ([source, ...prefixes]) => {
  const read = text(source as Arg);
  return (row) => {
    const found = addressesIn(read(row));
    const wanted = prefixes.flatMap(({ run }) => run(row)).map(String);
    return wanted.some((prefix) => found.some((address) => matches(address, prefix)));
  };
};

/** Functions that find IPv4 addresses in text. */
export const ipFunctions = new Map<string, Builder>([
  ['has_ipv4_prefix', hasPrefix],
  ['has_any_ipv4_prefix', hasPrefix],
]);
