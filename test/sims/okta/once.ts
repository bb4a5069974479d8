/** Knows what was used already, for as long as it could be used again. */
export class Once {
  #usedUntil = new Map<string, number>();

  /** Notes a use that counts until a time; false when it was noted before. */
  use(id: string, until: number, now: number): boolean {
    for (const [known, end] of this.#usedUntil) if (end < now) this.#usedUntil.delete(known);
    if (this.#usedUntil.has(id)) return false;
    this.#usedUntil.set(id, until);
    return true;
  }
}
