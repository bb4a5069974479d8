import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Call, Functions } from './expressions.ts';

/** Where a template is deployed to. */
export type Place = { subscription: string; resourceGroup: string; location: string; tenant: string; cloud: string };

/**
 * The functions of templates that need nothing of the template: as documented for those that the template uses, and no
 * others, so that a misspelt one is found. Hashes are ours: stable, of the right form, and not Azure's.
 */
export function pureFunctions(place: Place): Functions {
  const group = `/subscriptions/${place.subscription}/resourceGroups/${place.resourceGroup}`;
  return new Map<string, (call: Call) => unknown>([
    ['and', (call) => all(call).every(isTrue)],
    ['concat', (call) => (Array.isArray(call.arg(0)) ? all(call).flat() : all(call).join(''))],
    ['copyindex', () => fail('copyIndex() outside a copy')],
    ['createarray', all],
    ['createobject', (call) => Object.fromEntries(pairs(all(call)))],
    ['empty', (call) => isEmpty(call.arg(0))],
    ['environment', () => ({ name: place.cloud })],
    ['equals', (call) => isDeepStrictEqual(call.arg(0), call.arg(1))],
    ['extensionresourceid', (call) => `${call.arg(0)}/providers/${segments(String(call.arg(1)), all(call).slice(2))}`],
    ['format', format],
    ['guid', (call) => guidOf(all(call).join('|'))],
    ['if', (call) => (isTrue(call.arg(0)) ? call.arg(1) : call.arg(2))],
    ['join', (call) => (call.arg(0) as unknown[]).join(String(call.arg(1)))],
    ['json', (call) => JSON.parse(String(call.arg(0)))],
    ['last', (call) => (call.arg(0) as unknown[]).at(-1)],
    ['length', (call) => Object.keys(Object(call.arg(0))).length],
    ['not', (call) => !isTrue(call.arg(0))],
    ['null', () => null],
    ['or', (call) => all(call).some(isTrue)],
    ['resourcegroup', () => ({ id: group, name: place.resourceGroup, location: place.location })],
    ['resourceid', (call) => `${group}/providers/${segments(String(call.arg(0)), all(call).slice(1))}`],
    ['split', (call) => String(call.arg(0)).split(String(call.arg(1)))],
    ['string', (call) => (typeof call.arg(0) === 'string' ? call.arg(0) : JSON.stringify(call.arg(0)))],
    ['subscription', () => ({ subscriptionId: place.subscription, tenantId: place.tenant })],
    [
      'subscriptionresourceid',
      (call) => `/subscriptions/${place.subscription}/providers/${segments(String(call.arg(0)), all(call).slice(1))}`,
    ],
    ['take', (call) => String(call.arg(0)).slice(0, Number(call.arg(1)))],
    ['union', (call) => Object.assign({}, ...all(call))],
    ['uniquestring', (call) => createHash('sha256').update(all(call).join('|')).digest('hex').slice(0, 13)],
    ['uricomponent', (call) => encodeURIComponent(String(call.arg(0)))],
  ]);
}

/** `Namespace/type/type` and one name per type, woven: `Namespace/type/name/type/name`. */
export function segments(type: string, names: unknown[]): string {
  const [namespace, ...types] = type.split('/');
  if (types.length !== names.length) fail(`${type} takes ${types.length} names, not ${names.length}`);
  return [namespace, ...types.flatMap((each, index) => [each, names[index]])].join('/');
}

function all(call: Call): unknown[] {
  return Array.from({ length: call.count }, (_, index) => call.arg(index));
}

function format(call: Call): string {
  const [pattern, ...values] = all(call);
  return String(pattern).replace(/\{(\d+)\}/g, (_, index) => {
    if (Number(index) >= values.length) fail(`format lacks {${index}}`);
    return String(values[Number(index)]);
  });
}

function pairs(values: unknown[]): [string, unknown][] {
  if (values.length % 2 === 1) fail('createObject lacks a value');
  return values.flatMap((value, index) => (index % 2 === 0 ? [[String(value), values[index + 1]]] : []));
}

function isEmpty(value: unknown): boolean {
  return value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);
}

function isTrue(value: unknown): boolean {
  return typeof value === 'boolean' ? value : fail(`${JSON.stringify(value)} is neither true nor false`);
}

function guidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function fail(what: string): never {
  throw new Error(what);
}
