type Attributes = Record<string, string | number | boolean | undefined | ((event: Event) => void)>;
type Child = Node | string | undefined | false;

/** Makes an element: attributes that are functions listen to the event of that name, false and undefined are left out. */
export function h<T extends keyof HTMLElementTagNameMap>(
  tag: T,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[T] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child): child is Node | string => child !== undefined && child !== false));
  return element;
}

const painted = new WeakMap<Element, string>();

/** Builds the children of a region anew, but only if what they show has changed; the focus stays where it was. */
export function paint(region: HTMLElement, shows: unknown, build: () => Child[]): void {
  const key = JSON.stringify(shows);
  if (painted.get(region) === key) return;
  painted.set(region, key);
  const focused = region.contains(document.activeElement)
    ? document.activeElement?.getAttribute('data-key')
    : undefined;
  const { scrollTop } = region;
  region.replaceChildren(...build().filter((child): child is Node | string => child !== undefined && child !== false));
  region.scrollTop = scrollTop;
  if (focused) region.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

/** The element of the page with that id; the page's own HTML promises that it is there. */
export function region(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (!element) throw new Error(`no #${id}`);
  return element;
}
