import { avatar } from './avatars.ts';
import { h, region } from './dom.ts';
import { icon } from './icons.ts';

export interface Note {
  title: string;
  text: string;
  /** Whether the app says it; else it is the sandbox's own word. */
  app?: boolean;
  go?: () => void;
  /** The conversation it speaks of: opening that makes the note needless. */
  about?: string;
}

/** Shows a note at the lower right for some seconds; pressing it goes where `go` leads. */
export function toast(note: Note): void {
  const close = () => box.remove();
  const open = () => {
    note.go?.();
    close();
  };
  const box = h(
    'div',
    { class: 'toast', 'data-about': note.about },
    h(
      'button',
      { class: 'toast-body', type: 'button', click: open },
      note.app ? avatar({ name: note.title, bot: true }, 36) : icon('sliders'),
      h('span', { class: 'toast-text' }, h('strong', {}, note.title), h('span', {}, note.text)),
    ),
    h('button', { class: 'quiet', type: 'button', 'aria-label': 'Dismiss', click: close }, icon('close')),
  );
  const stack = region('toasts');
  stack.append(box);
  while (stack.children.length > 3) stack.firstElementChild?.remove();
  setTimeout(close, note.app ? 8000 : 4000);
}

/** Takes away the notes about a conversation that has just been opened. */
export function dismissAbout(conversation: string): void {
  for (const box of document.querySelectorAll(`[data-about="${CSS.escape(conversation)}"]`)) box.remove();
}
