/** The list at a place, which is a JSON pointer; an empty one where there is none. */
export function listAt(manifest: unknown, at: string): unknown[] {
  const value = valueAt(manifest, at);
  return Array.isArray(value) ? value : [];
}

/** What stands at a place; undefined where nothing does. */
export function valueAt(manifest: unknown, at: string): unknown {
  return at
    .slice(1)
    .split('/')
    .reduce<unknown>(
      (value, key) => (isObject(value) || Array.isArray(value) ? Reflect.get(value, key) : undefined),
      manifest,
    );
}

/** A value as a sentence shows it. */
export function shown(value: unknown): string {
  return value === undefined ? 'missing' : (JSON.stringify(value) ?? String(value));
}

/** Whether it is an object, and no list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
