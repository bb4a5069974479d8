/** Gives again what was made for a key, as long as the key is among the last `most` that were asked for. */
export function remembering<T>(most: number): (key: string, make: () => T) => T {
  const made = new Map<string, T>();
  return (key, make) => {
    const value = made.has(key) ? (made.get(key) as T) : make();
    made.delete(key);
    made.set(key, value);
    if (made.size > most) made.delete(made.keys().next().value as string);
    return value;
  };
}
