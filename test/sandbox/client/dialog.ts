import { avatar } from './avatars.ts';
import { drawCard } from './cards.ts';
import { h, region } from './dom.ts';
import { icon } from './icons.ts';
import type { Json, WireDialog } from './wire.ts';
import { act } from './world.ts';

/** Where a dialog was opened: from a message, or by a command of the message extension. */
type At = { conversation: string } & ({ message: string } | { command: string });

/** Sizes in pixels of what a bot may call small, medium and large. */
const sizes: Record<string, { width: number; height: number }> = {
  small: { width: 440, height: 280 },
  medium: { width: 600, height: 480 },
  large: { width: 840, height: 640 },
};

let opened = 0;

/** Opens the dialog that a card's button asks for and leads through its pages until it ends or is closed. */
export async function openDialog(at: At, data: Json = {}): Promise<void> {
  const dialog = region('dialog') as HTMLDialogElement;
  opened += 1;
  frame(dialog, 'Patchbay', waiting(), sizes.medium);
  if (!dialog.open) hold(dialog);
  await turn(dialog, 'fetch', at, data);
}

/**
 * Opens it over Teams alone, where nothing else can be done until it is closed. The panel is no part of Teams: what a dialog shows is
 * carried to Okta there, as by another tab.
 */
function hold(dialog: HTMLDialogElement): void {
  const teams = ['rail', 'list', 'stage'].map(region);
  const leave = (event: KeyboardEvent) => event.key === 'Escape' && dialog.close();
  for (const part of teams) part.inert = true;
  document.addEventListener('keydown', leave);
  dialog.show();
  dialog.addEventListener(
    'close',
    () => {
      for (const part of teams) part.inert = false;
      document.removeEventListener('keydown', leave);
    },
    { once: true },
  );
}

async function turn(dialog: HTMLDialogElement, step: 'fetch' | 'submit', at: At, data: Json): Promise<void> {
  const mine = opened;
  dialog.classList.add('busy');
  dialog.querySelector('.dialog-error')?.remove();
  const path = `/${'command' in at ? 'extension' : 'dialog'}/${step}`;
  const next = await act<WireDialog>(path, { ...at, data }).catch(() => unreachable);
  // The person may have closed this dialog, or opened another, while the bot was thinking.
  if (mine !== opened || !dialog.open) return;
  dialog.classList.remove('busy');
  if (next.kind === 'closed') return dialog.close();
  if (next.kind === 'card') return showPage(dialog, next, at);
  if (next.kind === 'message') return showMessage(dialog, next.text);
  if (dialog.querySelector('.waiting')) return showMessage(dialog, next.text);
  dialog.append(h('p', { class: 'dialog-error', role: 'alert' }, icon('warning'), `${next.text}. Please try again.`));
}

const unreachable: WireDialog = { kind: 'error', text: 'Unable to reach app' };

function showPage(dialog: HTMLDialogElement, page: Extract<WireDialog, { kind: 'card' }>, at: At): void {
  const drawn = drawCard(
    page.card,
    (_action, data) => {
      if (!dialog.classList.contains('busy')) void turn(dialog, 'submit', at, data);
    },
    'dialog',
  );
  drawn.addEventListener('keydown', (event) => {
    const { target } = event;
    if (event.key !== 'Enter' || !(target instanceof HTMLInputElement) || target.type === 'checkbox') return;
    event.preventDefault();
    (drawn.querySelector<HTMLElement>('.ac-pushButton.style-positive') ?? lastButton(drawn))?.click();
  });
  const wanted = (one: number | string, side: 'width' | 'height') =>
    typeof one === 'number' ? one : (sizes[one] ?? { width: 600, height: 480 })[side];
  const size = { width: wanted(page.width, 'width'), height: wanted(page.height, 'height') };
  frame(dialog, page.title, h('div', { class: 'dialog-page' }, drawn), size);
  // The renderer fixes the card's height by an inline style; in a dialog the buttons belong at the lower edge.
  drawn.style.flex = '1 0 auto';
  drawn.querySelector<HTMLElement>('input, select, textarea')?.focus();
}

function lastButton(drawn: HTMLElement): HTMLElement | undefined {
  return [...drawn.querySelectorAll<HTMLElement>('.ac-pushButton')].at(-1);
}

function showMessage(dialog: HTMLDialogElement, text: string): void {
  const close = h('button', { class: 'primary', type: 'button', click: () => dialog.close() }, 'Close');
  const body = h('div', { class: 'dialog-message' }, h('p', {}, text), close);
  frame(dialog, 'Patchbay', body, { width: 440, height: 200 });
  close.focus();
}

function frame(dialog: HTMLDialogElement, title: string, body: HTMLElement, size = { width: 600, height: 480 }): void {
  dialog.style.setProperty('--width', `${size.width}px`);
  dialog.style.setProperty('--height', `${size.height}px`);
  const close = { class: 'quiet', type: 'button', 'aria-label': 'Close dialog', click: () => dialog.close() };
  dialog.replaceChildren(
    h(
      'header',
      { class: 'dialog-head' },
      avatar({ name: 'Patchbay', bot: true }, 32),
      h(
        'div',
        { class: 'dialog-titles' },
        h('h2', { id: 'dialog-title' }, title),
        title !== 'Patchbay' && h('span', {}, 'Patchbay'),
      ),
      h('button', close, icon('close')),
    ),
    body,
  );
}

function waiting(): HTMLElement {
  return h('div', { class: 'waiting', role: 'status', 'aria-label': 'Loading' }, h('span', { class: 'spinner' }));
}
