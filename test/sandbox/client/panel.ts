import { h, paint, region } from './dom.ts';
import { icon } from './icons.ts';
import { panelTime } from './times.ts';
import { toast } from './toasts.ts';
import type { Notice, Push, WireControl, WireFact, WireSection } from './wire.ts';
import { act } from './world.ts';

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

function drawSection(element: HTMLElement, { title, hint, controls, facts }: WireSection): void {
  if (!element.firstElementChild) {
    const parts = ['section-text', 'section-facts', 'section-controls'].map((name) => h('div', { class: name }));
    element.append(...parts);
  }
  const [text, list, buttons] = [...element.children] as HTMLElement[];
  if (!text || !list || !buttons) return;
  paint(text, [title, hint], () => [h('h3', {}, title), hint ? h('p', {}, hint) : false]);
  paint(list, facts, () => [h('dl', { class: 'facts' }, ...facts.flatMap(fact))]);
  // A slider that is being dragged must not be replaced under the pointer.
  if (buttons.matches(':active')) return;
  paint(buttons, controls, () => controls.map(control));
}

function fact({ label, text, tone, copy }: WireFact): HTMLElement[] {
  const click = async () => {
    await navigator.clipboard.writeText(text);
    toast({ title: label, text: 'Copied' });
  };
  const button =
    copy && h('button', { class: 'copy', type: 'button', 'aria-label': `Copy ${label}`, click }, icon('copy'));
  return [h('dt', {}, label), h('dd', { class: tone ? `tone ${tone}` : '' }, h('span', {}, text), button)];
}

async function use(control: WireControl, value?: unknown): Promise<void> {
  const { text, failed } = await act<Notice>('/panel', { id: control.id, value });
  if (text) toast({ title: failed ? `${control.label}: not done` : control.label, text });
}

function control(one: WireControl): HTMLElement {
  const id = `control-${one.id}`;
  const hint = one.hint ? h('small', { id: `${id}-hint` }, one.hint) : undefined;
  const described = { id, 'data-key': id, 'aria-describedby': hint?.id };
  if (one.kind === 'button') {
    const pressed = (event: Event) => {
      const button = event.currentTarget as HTMLButtonElement;
      button.disabled = true;
      void use(one).finally(() => {
        button.disabled = false;
      });
    };
    return h(
      'div',
      { class: 'control button' },
      h('button', { ...described, type: 'button', click: pressed }, one.label),
      hint,
    );
  }
  if (one.kind === 'toggle') {
    const flipped = (event: Event) => use(one, (event.target as HTMLInputElement).checked);
    const box = h('input', { ...described, type: 'checkbox', role: 'switch', checked: one.value, change: flipped });
    return h('div', { class: 'control toggle' }, h('label', { for: id }, one.label), box, hint);
  }
  return h('div', { class: 'control' }, h('label', { for: id }, one.label), ...field(one, described), hint);
}

function field(
  one: Exclude<WireControl, { kind: 'button' | 'toggle' }>,
  described: Record<string, string | undefined>,
): HTMLElement[] {
  if (one.kind === 'choice') {
    const picked = (event: Event) => use(one, (event.target as HTMLSelectElement).value);
    const options = one.choices.map(({ value, title }) => h('option', { value, selected: value === one.value }, title));
    return [h('select', { ...described, change: picked }, ...options)];
  }
  if (one.kind === 'text') {
    const typed = (event: Event) => use(one, (event.target as HTMLInputElement).value);
    return [h('input', { ...described, type: 'text', value: one.value, placeholder: one.placeholder, change: typed })];
  }
  const shown = (value: number) => `${value.toLocaleString('en-US')}${one.unit ? ` ${one.unit}` : ''}`;
  const output = h('output', { for: described.id ?? '' }, shown(one.value));
  const { min, max, step, value } = one;
  const moved = (event: Event) => {
    output.textContent = shown((event.target as HTMLInputElement).valueAsNumber);
  };
  const set = (event: Event) => use(one, (event.target as HTMLInputElement).valueAsNumber);
  return [output, h('input', { ...described, type: 'range', min, max, step, value, input: moved, change: set })];
}
