type Part = Record<string, unknown>;

/**
 * The most bytes of a card, counted as UTF-16. Teams refuses a message above about 100 KB with everything that is around the card
 * (learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages).
 */
export const mostBytes = 80_000;

/** The size of a card as Teams counts it, in bytes. */
export function bytesOf(card: object): number {
  return JSON.stringify(card).length * 2;
}

/** The card, if it is small enough; else one whose longest lists end sooner and that says so. What is chosen is always among them. */
export function fitted<Card extends Part>(card: Card): Card {
  if (bytesOf(card) <= mostBytes) return card;
  const copy: Card & { body?: unknown[] } = structuredClone(card);
  let left = 0;
  for (let cut = 1; cut > 0; left += cut) {
    const excess = bytesOf({ ...copy, body: [...(copy.body ?? []), note(left)] }) - mostBytes;
    cut = excess > 0 ? shorten(longest(listsIn(copy)), excess) : 0;
  }
  if (left > 0) copy.body?.push(note(left));
  return copy;
}

function note(left: number): Part {
  const text = `${left.toLocaleString('en-US')} more are left out: there is no room for them here.`;
  return { type: 'RichTextBlock', inlines: [{ type: 'TextRun', size: 'Small', isSubtle: true, text }] };
}

type List = { entries: unknown[]; keeps(entry: unknown): boolean };

/** The lists of elements and choices, wherever they stand; payloads of buttons are none. */
function listsIn(part: Part): List[] {
  return Object.entries(part).flatMap(([name, value]) => {
    if (name === 'data' || typeof value !== 'object' || value === null) return [];
    const children = Array.isArray(value) ? value : [value];
    const inner = children.flatMap((child) => (typeof child === 'object' && child !== null ? listsIn(child) : []));
    if (!Array.isArray(value) || !['body', 'items', 'choices'].includes(name)) return inner;
    const keeps = (entry: unknown) => name === 'choices' && (entry as Part).value === part.value;
    return [{ entries: value, keeps }, ...inner];
  });
}

function longest(lists: List[]): List {
  const none: List = { entries: [], keeps: () => true };
  return lists.reduce((most, list) => (list.entries.length > most.entries.length ? list : most), none);
}

/** Takes entries from the end until `excess` bytes are gone or one is left; says how many. */
function shorten({ entries, keeps }: List, excess: number): number {
  const before = entries.length;
  let gone = 0;
  for (let index = before - 1; index > 0 && gone < excess; index--) {
    const entry = entries[index];
    if (keeps(entry)) continue;
    gone += bytesOf(entry as object);
    entries.splice(index, 1);
  }
  return before - entries.length;
}
