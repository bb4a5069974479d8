import { h } from './dom.ts';

/** A person's initials on their own colour, or the app's hexagon. */
export function avatar(from: { name: string; bot?: boolean }, size = 32): HTMLElement {
  const style = `--size:${size}px`;
  if (from.bot) return h('img', { class: 'avatar app', src: '/logo.svg', alt: '', style });
  const words = from.name.split(/\s+/).filter((word) => /\p{L}/u.test(word));
  const initials = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => word?.[0] ?? '').join('');
  return h('span', { class: `avatar hue-${hue(from.name)}`, 'aria-hidden': 'true', style }, initials.toUpperCase());
}

/** A team's square. */
export function teamAvatar(name: string, size = 24): HTMLElement {
  const initials = name
    .replace(/[^\p{L}\p{N} ]/gu, '')
    .split(' ')
    .map((word) => word[0] ?? '')
    .join('')
    .slice(0, 2);
  const attributes = { class: `avatar team hue-${hue(name)}`, 'aria-hidden': 'true', style: `--size:${size}px` };
  return h('span', attributes, initials.toUpperCase());
}

function hue(name: string): number {
  return [...name].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % 6;
}
