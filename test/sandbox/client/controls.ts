import { h } from './dom.ts';
import { toast } from './toasts.ts';
import type { Notice, WireControl } from './wire.ts';
import { act } from './world.ts';

type Described = Record<string, string | undefined>;

/** Uses a control, and shows for a moment what came of it. */
export async function use(control: WireControl, value?: unknown): Promise<void> {
  const { text, failed } = await act<Notice>('/panel', { id: control.id, value });
  if (text) toast({ title: failed ? `${control.label}: not done` : control.label, text });
}

/** Draws a control of the panel. */
export function control(one: WireControl): HTMLElement {
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
  if (one.kind === 'paste') return pasteControl(one, described, hint);
  return h('div', { class: 'control' }, h('label', { for: id }, one.label), ...field(one, described), hint);
}

/** What was typed into a control and not yet taken, and what was wrong with it: it outlives that the control is drawn anew. */
const drafts = new Map<string, { text: string; problem: string }>();

function pasteControl(one: WireControl & { kind: 'paste' }, described: Described, hint?: HTMLElement): HTMLElement {
  const id = String(described.id);
  const { text = '', problem = '' } = drafts.get(one.id) ?? {};
  const said = h('small', { id: `${id}-problem`, class: 'problem', role: 'alert' }, problem);
  const typed = () => {
    drafts.set(one.id, { text: area.value, problem: '' });
    said.textContent = '';
  };
  const area = h('textarea', {
    ...described,
    'aria-describedby': [described['aria-describedby'], said.id].filter(Boolean).join(' '),
    rows: 3,
    spellcheck: 'false',
    autocomplete: 'off',
    placeholder: one.placeholder,
    input: typed,
  });
  area.value = text;
  const give = async (event: Event) => {
    const button = event.currentTarget as HTMLButtonElement;
    button.disabled = true;
    const notice = await act<Notice>('/panel', { id: one.id, value: area.value });
    button.disabled = false;
    const left = { text: area.value, problem: notice.failed ? (notice.text ?? '') : '' };
    if (notice.failed) drafts.set(one.id, left);
    else drafts.delete(one.id);
    said.textContent = left.problem;
    if (notice.failed) return;
    // What came of it may have drawn the field anew meanwhile.
    for (const shown of document.querySelectorAll<HTMLTextAreaElement>(`#${CSS.escape(id)}`)) shown.value = '';
    if (notice.text) toast({ title: one.label, text: notice.text });
  };
  return h(
    'div',
    { class: 'control button paste' },
    h('label', { for: id }, one.label),
    hint,
    area,
    said,
    h('button', { type: 'button', 'data-key': `${id}-button`, click: give }, one.button),
  );
}

function field(
  one: Exclude<WireControl, { kind: 'button' | 'toggle' | 'paste' }>,
  described: Described,
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
