import { control, use } from './controls.ts';
import { h, paint, region } from './dom.ts';
import { icon } from './icons.ts';
import { panelTime } from './times.ts';
import { toast } from './toasts.ts';
import type { Push, WireFact, WireGroup, WireSection } from './wire.ts';

const asked = new URLSearchParams(location.search).get('panel') ?? localStorage.getItem('panel');
let open = asked ? asked !== 'closed' : innerWidth > 1100;
let clock = { now: 0, speed: 1, at: 0 };

/** Opens or closes the panel and keeps the choice. */
export function togglePanel(): void {
  open = !open;
  localStorage.setItem('panel', open ? 'open' : 'closed');
  document.body.classList.toggle('without-panel', !open);
}

/** Draws the panel; between two pushes its clock goes on at the world's speed. */
export function drawPanel({ now, speed, sections }: Push['panel']): void {
  document.body.classList.toggle('without-panel', !open);
  clock = { now, speed, at: performance.now() };
  const panel = region('panel');
  if (!panel.firstElementChild) panel.append(head(), h('div', { class: 'panel-sections', id: 'sections' }));
  tick();
  const holder = region('sections');
  const titles = sections.map(({ title }) => title);
  paint(holder, titles, () => sections.map(({ title }) => h('section', { class: 'section', 'aria-label': title })));
  for (const [index, section] of sections.entries()) drawSection(holder.children[index] as HTMLElement, section);
}

/** The world's time, carried on from the last push. */
export function simulatedNow(): number {
  return clock.now + (performance.now() - clock.at) * clock.speed;
}

function tick(): void {
  const { day, clock: face } = panelTime(simulatedNow());
  region('clock-face').textContent = face;
  region('clock-day').textContent = day;
  region('clock-speed').textContent = clock.speed === 1 ? 'real time' : `${clock.speed}× faster`;
}

setInterval(() => {
  if (document.getElementById('clock-face')) tick();
}, 250);

function head(): HTMLElement {
  return h(
    'header',
    { class: 'panel-head' },
    h(
      'div',
      { class: 'panel-title' },
      h('h2', {}, 'Make things happen'),
      h('button', { class: 'quiet', type: 'button', 'aria-label': 'Close panel', click: togglePanel }, icon('close')),
    ),
    h(
      'div',
      { class: 'clock', role: 'group', 'aria-label': 'Simulated time' },
      icon('clock'),
      h('span', { class: 'clock-face', id: 'clock-face' }),
      h('span', { class: 'clock-day', id: 'clock-day' }),
      h('span', { class: 'clock-speed', id: 'clock-speed' }),
    ),
  );
}

function drawSection(element: HTMLElement, section: WireSection): void {
  const { title, hint, groups } = section;
  const [text, list, buttons, more] = parts(element, ['section-text', 'section-facts', 'section-controls', 'groups']);
  if (!text || !list || !buttons || !more) return;
  paint(text, [title, hint], () => [h('h3', {}, title), hint ? h('p', {}, hint) : false]);
  drawGroup(list, buttons, section);
  paint(
    more,
    groups.map((group) => group.title),
    () => groups.map((group) => h('div', { class: 'group', role: 'group', 'aria-label': group.title })),
  );
  for (const [index, group] of groups.entries()) {
    const names = ['group-title', 'section-facts', 'section-controls'];
    const [heading, facts, controls] = parts(more.children[index] as HTMLElement, names);
    if (!heading || !facts || !controls) continue;
    paint(heading, group.title, () => [h('h4', {}, group.title)]);
    drawGroup(facts, controls, group);
  }
}

/** The parts of an element, made when there are none yet. */
function parts(element: HTMLElement, names: string[]): HTMLElement[] {
  if (!element.firstElementChild) element.append(...names.map((name) => h('div', { class: name })));
  return [...element.children] as HTMLElement[];
}

function drawGroup(list: HTMLElement, buttons: HTMLElement, { facts, controls }: WireGroup): void {
  paint(list, facts, () => [h('dl', { class: 'facts' }, ...facts.flatMap(fact))]);
  // A slider that is being dragged must not be replaced under the pointer.
  if (buttons.matches(':active')) return;
  paint(buttons, controls, () => controls.map(control));
}

function fact({ label, text, tone, copy, remove }: WireFact): HTMLElement[] {
  const click = async () => {
    await navigator.clipboard.writeText(text);
    toast({ title: label, text: 'Copied' });
  };
  const button =
    copy && h('button', { class: 'copy', type: 'button', 'aria-label': `Copy ${label}`, click }, icon('copy'));
  const away =
    remove &&
    h('button', { class: 'copy', type: 'button', 'aria-label': remove.label, click: () => use(remove) }, icon('close'));
  return [h('dt', {}, label), h('dd', { class: tone ? `tone ${tone}` : '' }, h('span', {}, text), button, away)];
}
