import { eventBytes, eventUuid } from '../../sims/events.ts';
import { hostile } from '../../sims/okta/hostile.ts';
import { Random } from '../../sims/okta/random.ts';

export const kinds = ['small', 'small', 'made', 'made', 'large', 'oversize', 'hostile', 'odd', 'again'] as const;
export type Kind = (typeof kinds)[number];

/** `uuid` and `published` as JSON, for whoever puts them into a store. */
const odd: [uuid: string, published: string | null][] = [
  ['"odd-nul-\\u0000"', null],
  ['"odd-surrogate-\\ud83d"', null],
  ['"odd-quotes-\\"{},\\\\\\""', null],
  ['"NULL"', null],
  [`"odd-long-${'x'.repeat(20_000)}"`, null],
  ['"odd-ahead"', '"2099-01-01T00:00:00.000Z"'],
  ['"odd-year-0"', '"0000-01-01T00:00:00.000Z"'],
  ['"odd-day"', '"2026-02-31T25:00:00.000Z"'],
  ['"odd-number"', '1777622400'],
  ['"odd-text"', '"9999-soon"'],
];

/** Events come again within this time, which is less than the product's own memory. */
const rememberedMs = 15 * 60_000;

/** The event's own uuid, as JSON.parse finds it; null when it has none that could tell it from others. */
export function uuidOf(event: Buffer): string | null {
  const { uuid } = JSON.parse(event.toString()) as { uuid?: unknown };
  return typeof uuid === 'string' && uuid !== '' ? uuid : null;
}

/** Writes the events of one schedule: the same ones in the same order for the same seed. */
export class Press {
  readonly #seed: number;
  readonly #random: Random;
  readonly #done: { bytes: Buffer; persistAt: number }[] = [];
  readonly #once: Map<Kind, Buffer[]>;
  #index = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = new Random(seed, 1);
    this.#once = new Map([
      [
        'hostile',
        shuffled(
          hostile().map(({ bytes }) => bytes),
          this.#random,
        ),
      ],
    ]);
  }

  /** One more event; null when there is no other of that kind. */
  write(kind: Kind, { publishedAt, persistAt }: { publishedAt: number; persistAt: number }): Buffer | null {
    if (kind === 'again') return this.#again(persistAt);
    const bytes = this.#bytes(kind, publishedAt);
    if (bytes) this.#done.push({ bytes, persistAt });
    return bytes;
  }

  /** An event that was written before, not longer ago than the product promises to remember it. */
  #again(persistAt: number): Buffer | null {
    const known = this.#done.filter((each) => each.persistAt > persistAt - rememberedMs && uuidOf(each.bytes) !== null);
    return known.length > 0 ? this.#random.pick(known).bytes : null;
  }

  #bytes(kind: Kind, publishedAt: number): Buffer | null {
    const index = this.#index++;
    switch (kind) {
      case 'made':
        return eventBytes({ seed: this.#seed, index, publishedAt });
      case 'large':
        return this.#plain(index, publishedAt, 60_000 + this.#random.below(400_000));
      case 'oversize':
        return this.#plain(index, publishedAt, 1_000_000 + this.#random.below(200_000));
      case 'hostile':
        return this.#once.get('hostile')?.pop() ?? null;
      case 'odd': {
        this.#once.set(
          'odd',
          this.#once.get('odd') ??
            shuffled(
              odd.map((each) => strange(each, publishedAt)),
              this.#random,
            ),
        );
        return this.#once.get('odd')?.pop() ?? null;
      }
      default:
        return this.#plain(index, publishedAt, 0);
    }
  }

  #plain(index: number, publishedAt: number, size: number): Buffer {
    const published = new Date(publishedAt).toISOString();
    const event = { uuid: eventUuid(this.#seed, index), published, index, ...(size > 0 && { big: 'y'.repeat(size) }) };
    return Buffer.from(JSON.stringify(event));
  }
}

function strange([uuid, published]: [string, string | null], publishedAt: number): Buffer {
  return Buffer.from(`{"uuid":${uuid},"published":${published ?? JSON.stringify(new Date(publishedAt))}}`);
}

function shuffled<T>(values: T[], random: Random): T[] {
  return values
    .map((value) => ({ value, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}
