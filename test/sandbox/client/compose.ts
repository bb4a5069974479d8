import { avatar } from './avatars.ts';
import { h } from './dom.ts';
import { icon } from './icons.ts';

export interface ComposeOptions {
  label: string;
  placeholder: string;
  /** Who can be mentioned; the first is the bot. */
  people: { name: string; bot?: boolean }[];
  /** What a slash at the beginning offers. */
  commands?: { name: string; open(): void }[];
  send(text: string): void;
  /** Leaves a box that was opened for one post or reply. */
  cancel?(): void;
}

/** A box to write in; `@` offers people, `/` commands that open a dialog, Enter sends, Shift+Enter breaks the line. */
export function compose(options: ComposeOptions): HTMLElement {
  const input = h('div', {
    class: 'compose-input',
    contenteditable: 'true',
    role: 'textbox',
    'aria-multiline': 'true',
    'aria-label': options.label,
    'data-placeholder': options.placeholder,
    spellcheck: 'false',
  });
  const picker = h('div', { class: 'picker', role: 'listbox', 'aria-label': 'People or commands', hidden: true });
  const submit = () => {
    const text = textOf(input, options.people[0]?.name ?? '');
    if (!text) return;
    input.replaceChildren();
    picker.hidden = true;
    options.send(text);
  };
  const offer = () => refill(picker, offered(input, picker, options));
  input.addEventListener('input', () => {
    if (input.textContent === '') input.replaceChildren();
    offer();
  });
  input.addEventListener('keydown', (event) => onKey(event, picker, submit, options.cancel));
  input.addEventListener('paste', (event) => {
    event.preventDefault();
    document.execCommand('insertText', false, event.clipboardData?.getData('text/plain') ?? '');
  });
  // A button of the box itself takes the focus away and gives it back.
  const leave = () => {
    if (document.activeElement !== input) picker.hidden = true;
  };
  input.addEventListener('blur', () => setTimeout(leave, 150));
  const type = (sign: string) => () => {
    input.focus();
    document.execCommand('insertText', false, sign);
    offer();
  };
  return h(
    'div',
    { class: 'compose' },
    picker,
    input,
    h(
      'div',
      { class: 'compose-tools' },
      h(
        'button',
        { class: 'quiet', type: 'button', 'aria-label': 'Mention somebody', click: type('@') },
        icon('mention'),
      ),
      options.commands &&
        h(
          'button',
          { class: 'quiet', type: 'button', 'aria-label': 'Actions and apps', click: type('/') },
          icon('plus'),
        ),
      h('span', { class: 'quiet inert', 'aria-hidden': 'true' }, icon('emoji')),
      h('span', { class: 'quiet inert', 'aria-hidden': 'true' }, icon('format')),
      h('span', { class: 'quiet inert', 'aria-hidden': 'true' }, icon('attach')),
      h('span', { class: 'compose-gap' }),
      options.cancel &&
        h('button', { class: 'quiet', type: 'button', 'aria-label': 'Discard', click: options.cancel }, icon('close')),
      h('button', { class: 'quiet send', type: 'button', 'aria-label': 'Send', click: submit }, icon('send')),
    ),
  );
}

function onKey(event: KeyboardEvent, picker: HTMLElement, submit: () => void, cancel?: () => void): void {
  const chosen = picker.querySelector<HTMLElement>('[aria-selected=true]');
  if (!picker.hidden && chosen) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) select(picker, chosen, step);
    else if (event.key === 'Enter' || event.key === 'Tab') chosen.dispatchEvent(new MouseEvent('mousedown'));
    else if (event.key === 'Escape') picker.hidden = true;
    else return;
    event.preventDefault();
    return;
  }
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    submit();
  }
  if (event.key === 'Escape') cancel?.();
}

function select(picker: HTMLElement, chosen: HTMLElement, step: number): void {
  const all = [...picker.children];
  const next = all[(all.indexOf(chosen) + step + all.length) % all.length];
  chosen.setAttribute('aria-selected', 'false');
  next?.setAttribute('aria-selected', 'true');
}

type Entry = { name: string; bot?: boolean; note: string; pick(): void };

/** What is offered for what was typed so far: commands after a slash at the beginning, people after an `@`. */
function offered(input: HTMLElement, picker: HTMLElement, { people, commands = [] }: ComposeOptions): Entry[] {
  const command = /^\/(\w{0,20})$/.exec(input.textContent ?? '')?.[1];
  if (command !== undefined) {
    const fitting = commands.filter(({ name }) => name.startsWith(command.toLowerCase()));
    return fitting.map(({ name, open }) => {
      const pick = () => {
        input.replaceChildren();
        picker.hidden = true;
        open();
      };
      return { name, bot: true, note: 'Patchbay', pick };
    });
  }
  const typed = typedName(input)?.toLowerCase();
  const fitting = people.filter(({ name }) => typed !== undefined && name.toLowerCase().startsWith(typed));
  return fitting.map((one) => ({ ...one, note: one.bot ? 'App' : '', pick: () => insert(input, picker, one.name) }));
}

function refill(picker: HTMLElement, entries: Entry[]): void {
  picker.hidden = entries.length === 0;
  picker.replaceChildren(
    ...entries.map((one, index) =>
      h(
        'div',
        {
          class: 'picker-entry',
          role: 'option',
          'aria-selected': String(index === 0),
          // Before the click would take the focus out of the box.
          mousedown: (event) => {
            event.preventDefault();
            one.pick();
          },
        },
        avatar(one, 28),
        h('span', {}, one.name),
        one.note && h('small', {}, one.note),
      ),
    ),
  );
}

/** What stands between the last `@` and the cursor, if that may still become a mention. */
function typedName(input: HTMLElement): string | undefined {
  const selection = getSelection();
  if (!selection?.anchorNode || !input.contains(selection.anchorNode)) return undefined;
  const before = selection.anchorNode.textContent?.slice(0, selection.anchorOffset) ?? '';
  return /(?:^|\s)@([^\s@]{0,20})$/.exec(before)?.[1];
}

function insert(input: HTMLElement, picker: HTMLElement, name: string): void {
  const selection = getSelection();
  const node = selection?.anchorNode;
  if (!selection || !(node instanceof Text)) return;
  const end = selection.anchorOffset;
  const start = node.data.lastIndexOf('@', end - 1);
  const range = document.createRange();
  range.setStart(node, start);
  range.setEnd(node, end);
  range.deleteContents();
  const blank = document.createTextNode('\u00a0');
  range.insertNode(blank);
  range.insertNode(h('span', { class: 'mention', contenteditable: 'false' }, name));
  selection.collapse(blank, 1);
  picker.hidden = true;
  input.focus();
}

/** The text with mentions as Teams marks them; an `@` and the app's name typed out by hand counts as one. */
function textOf(input: HTMLElement, bot: string): string {
  const text = [...input.childNodes].map((node) => {
    if (node instanceof HTMLBRElement) return '\n';
    if (!(node instanceof HTMLElement)) return node.textContent ?? '';
    return node.classList.contains('mention') ? `<at>${node.textContent}</at>` : `\n${node.textContent}`;
  });
  return text
    .join('')
    .replaceAll('\u00a0', ' ')
    .replace(new RegExp(`(^|\\s)@${bot}\\b`, 'gi'), `$1<at>${bot}</at>`)
    .trim();
}
