/**
 * How an answer looks, as far as it is read: a kind of value, a list of these, or an object with these fields at least; `name?` may
 * be missing or null.
 */
export type Shape = keyof typeof kinds | readonly [Shape] | { readonly [field: string]: Shape };

/** What is read of values, and how they are called. `link`: the rest of a list, to which the token of its request goes. */
const kinds = {
  any: { fits: () => true, called: 'value' },
  text: { fits: (value: unknown) => typeof value === 'string', called: 'text' },
  number: { fits: (value: unknown) => Number.isFinite(value), called: 'number' },
  flag: { fits: (value: unknown) => typeof value === 'boolean', called: 'true or false' },
  time: { fits: isTime, called: 'time' },
  address: { fits: (value: unknown) => isAddress(value), called: 'https address' },
  link: {
    fits: (value: unknown, asked: string) => isAddress(value) && value !== asked && isBeside(value, asked),
    called: 'link to the same host',
  },
  secret: {
    fits: (value: unknown) =>
      isAddress(value) && /^\/(deleted)?secrets\/[^/]+(\/[^/]+)?$/.test(new URL(value).pathname),
    called: 'id of a secret',
  },
} as const;

/** What is odd about a value, as the end of a sentence; null when it has the shape. Never throws. */
export function misfit(value: unknown, shape: Shape, { at = '', asked = '' } = {}): string | null {
  if (typeof shape === 'string')
    return kinds[shape].fits(value, asked) ? null : differs(value, at, kinds[shape].called);
  if (isList(shape)) {
    if (!Array.isArray(value)) return differs(value, at, 'list');
    // Not by `map`, which would step over what was left out.
    const elements = Array.from(value, (element, index) => [`${at}[${index}]`, element, shape[0]] as const);
    return firstMisfit(elements, asked);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return differs(value, at, 'object');
  const fields = Object.entries(shape).flatMap(([key, inner]) => {
    const name = key.replace(/\?$/, '');
    const found: unknown = Object.hasOwn(value, name) ? value[name as keyof typeof value] : undefined;
    const isLeftOut = name !== key && (found === undefined || found === null);
    return isLeftOut ? [] : [[at ? `${at}.${name}` : name, found, inner] as const];
  });
  return firstMisfit(fields, asked);
}

/** What a shape names of a value that has it. Never throws for one in which `misfit` finds nothing. */
export function readPart(value: unknown, shape: Shape): unknown {
  if (typeof shape === 'string') return value;
  if (isList(shape)) return (value as unknown[]).map((element) => readPart(element, shape[0]));
  const fields = Object.entries(shape).map(([key, inner]) => {
    const name = key.replace(/\?$/, '') as keyof typeof value;
    return Object.hasOwn(value as object, name) ? { [name]: readPart((value as object)[name], inner) } : {};
  });
  return Object.assign({}, ...fields);
}

function firstMisfit(parts: (readonly [at: string, value: unknown, shape: Shape])[], asked: string): string | null {
  for (const [at, value, shape] of parts) {
    const odd = misfit(value, shape, { at, asked });
    if (odd) return odd;
  }
  return null;
}

function differs(value: unknown, at: string, wanted: string): string {
  return `${at || 'all of it'} is ${kindOf(value)}, and no ${wanted}`;
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (typeof value === 'string') return 'a text';
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function isTime(value: unknown): boolean {
  return (typeof value === 'string' || value instanceof Date) && Number.isFinite(new Date(value).getTime());
}

function isAddress(value: unknown): value is string {
  return typeof value === 'string' && URL.canParse(value) && new URL(value).protocol === 'https:';
}

function isBeside(link: string, asked: string): boolean {
  return new URL(link).host === new URL(asked).host;
}

function isList(shape: Shape): shape is readonly [Shape] {
  return Array.isArray(shape);
}
