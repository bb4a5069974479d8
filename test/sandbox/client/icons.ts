const outlines = {
  bell: 'M10 2.5a5 5 0 0 0-5 5v3l-1.3 3.2c-.2.5.1.8.6.8h11.4c.5 0 .8-.3.6-.8L15 10.5v-3a5 5 0 0 0-5-5ZM8 15a2 2 0 0 0 4 0',
  chat: 'M10 2.75a7.25 7.25 0 0 0-6.4 10.65l-.8 3.1c-.1.4.2.7.6.6l3.3-.8A7.25 7.25 0 1 0 10 2.75ZM7 8.5h6M7 11.5h4',
  people:
    'M7.5 9.5a2.75 2.75 0 1 0 0-5.5 2.75 2.75 0 0 0 0 5.5ZM14 9a2 2 0 1 0 0-4M2.5 15.2c0-2 2-3.7 5-3.7s5 1.7 5 3.7c0 .5-.3.8-.8.8H3.3c-.5 0-.8-.3-.8-.8ZM14 11.5c2.2 0 3.7 1.3 3.7 3 0 .5-.4.8-.9.8h-1.6',
  calendar:
    'M5 3.5h10c.8 0 1.5.7 1.5 1.5v10c0 .8-.7 1.5-1.5 1.5H5A1.5 1.5 0 0 1 3.5 15V5c0-.8.7-1.5 1.5-1.5ZM3.5 7.5h13M7 10.5h.01M10 10.5h.01M13 10.5h.01M7 13.5h.01M10 13.5h.01',
  call: 'm7 3 1.5 3.3-1.6 1.8c.8 2 2.3 3.5 4.2 4.4l2-1.5L16.3 13c-.4 2-1.8 3.7-3.6 3.3C8 15.3 4.5 11.5 3.7 6.8 3.5 5.1 5 3.4 7 3Z',
  cloud: 'M6 15.5a3.5 3.5 0 0 1-.5-7 4.5 4.5 0 0 1 8.8-.6 3.8 3.8 0 0 1-.3 7.6H6Z',
  search: 'M8.5 13.5a5 5 0 1 0 0-10 5 5 0 0 0 0 10ZM12.3 12.3l4.2 4.2',
  back: 'M12.5 4.5 7 10l5.5 5.5',
  send: 'M3 3.5 17 10 3 16.5l2-6.5-2-6.5ZM5 10h6',
  close: 'm5 5 10 10M15 5 5 15',
  down: 'm5 7.5 5 5 5-5',
  moon: 'M15.5 12.3A6.5 6.5 0 0 1 7.7 4.5a6.5 6.5 0 1 0 7.8 7.8Z',
  sun: 'M10 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM10 2.5v1.5M10 16v1.5M2.5 10H4M16 10h1.5M4.7 4.7l1 1M14.3 14.3l1 1M15.3 4.7l-1 1M5.7 14.3l-1 1',
  sliders: 'M3 6h7M14 6h3M3 14h3M10 14h7M12 8a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM8 16a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z',
  mention: 'M10 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM13 7v4.2c0 1.2.8 1.8 1.8 1.8 1.2 0 2.2-1 2.2-3a7 7 0 1 0-3 5.8',
  emoji: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM7.5 8.5h.01M12.5 8.5h.01M7 11.8c1.6 2 4.4 2 6 0',
  format: 'M4 14.5 8 4.5l4 10M5.3 11.5h5.4M12 16.5l4.5-4.5M14 16.5l2.5-2.5',
  attach: 'm6 10.5 5-5a2.5 2.5 0 0 1 3.5 3.5l-6.5 6.5a4 4 0 0 1-5.5-5.5l6-6',
  plus: 'M10 4v12M4 10h12',
  reply: 'M8 4.5 3.5 9 8 13.5M4 9h7c3.3 0 5.5 2 5.5 6',
  check: 'm4.5 10.5 3.5 3.5 7.5-8',
  copy: 'M8 3.5h7.5v10H8zM12.5 13.5v3H5v-10h3',
  clock: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM10 6v4.2l2.8 1.8',
  warning: 'M10 3.5 2.8 15.3c-.3.5 0 1.2.7 1.2h13c.7 0 1-.7.7-1.2L10 3.5ZM10 8v4M10 14.2h.01',
} as const;

export type IconName = keyof typeof outlines;

/** A line icon of 20 pixels in the colour of the text; `filled` for what is selected. */
export function icon(name: IconName, filled = false): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 20 20');
  svg.setAttribute('class', filled ? 'icon filled' : 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', outlines[name]);
  svg.append(path);
  return svg;
}
