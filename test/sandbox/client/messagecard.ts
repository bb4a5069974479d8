import { drawCard } from './cards.ts';
import { openDialog } from './dialog.ts';
import { h } from './dom.ts';
import { toast } from './toasts.ts';
import type { Json, Notice, WireMessage } from './wire.ts';
import { act } from './world.ts';

/** A card in a message, with what its buttons do in Teams. */
export function messageCard(card: Json, message: WireMessage): HTMLElement {
  const frame = h('div', { class: 'card', role: 'group', 'aria-label': 'Card' });
  const wide = (card.msteams as Json | undefined)?.width === 'Full';
  frame.classList.toggle('wide', wide);
  const at = { conversation: message.conversation, message: message.id };
  const send = async (path: string, body: object) => {
    frame.classList.add('busy');
    frame.querySelector('.card-error')?.remove();
    try {
      show(frame, await act<Notice>(path, { ...at, ...body }));
    } finally {
      frame.classList.remove('busy');
    }
  };
  const drawn = drawCard(card, (action, data) => {
    const { type, verb, id } = action.toJSON() as Json;
    if (type === 'Action.Execute') return void send('/execute', { action: { type, id, verb, data } });
    const teams = (data.msteams ?? {}) as Json;
    if (teams.type === 'task/fetch') return void openDialog(at, data);
    if (teams.type === 'imBack') return void send('/say', { text: String(teams.value) });
    void send('/submit', { data });
  });
  frame.append(drawn);
  return frame;
}

function show(frame: HTMLElement, { text, failed }: Notice): void {
  if (!text) return;
  if (failed) frame.append(h('p', { class: 'card-error', role: 'alert' }, text));
  else toast({ title: 'Patchbay', text, app: true });
}
