import { avatar, teamAvatar } from './avatars.ts';
import { compose } from './compose.ts';
import { openDialog } from './dialog.ts';
import { h, region } from './dom.ts';
import { Feed, welcome } from './feed.ts';
import { icon } from './icons.ts';
import { toast } from './toasts.ts';
import type { Notice, WireConversation, WireMessage } from './wire.ts';
import { act, messagesOf, type World } from './world.ts';

/** The conversation that is open: head, messages, and the box to write in. */
export class Stage {
  readonly id: string;
  readonly #feed: Feed;
  readonly #empty: HTMLElement;
  readonly #typing = h('p', { class: 'typing', role: 'status' });
  readonly #people: { name: string; bot?: boolean }[];

  constructor(world: World, conversation: WireConversation) {
    this.id = conversation.id;
    this.#people = [{ ...world.bot, bot: true }, ...world.users.filter(({ id }) => id !== world.user)];
    const replyBox = (root: WireMessage) => this.#replyBox(root);
    this.#feed = new Feed({ user: world.user, conversation, replyBox });
    this.#empty = welcome(conversation, (text) => void this.#say(text));
    const foot = conversation.installed ? this.#foot(conversation) : this.#absent(conversation);
    const column = h(
      'div',
      { class: `conversation ${conversation.kind}` },
      this.#empty,
      this.#feed.element,
      this.#typing,
      foot,
    );
    region('stage').replaceChildren(head(conversation), column);
  }

  /** Draws what changed. */
  update(world: World, now: number): void {
    const conversation = world.conversations.find(({ id }) => id === this.id);
    if (!conversation) return;
    const messages = messagesOf(world, conversation);
    this.#empty.hidden = messages.length > 0;
    this.#feed.element.hidden = messages.length === 0;
    this.#feed.update(messages, now);
    this.#typing.textContent = conversation.typing ? `${world.bot.name} is typing…` : '';
  }

  toEnd(): void {
    this.#feed.toEnd();
  }

  show(message: string): void {
    this.#feed.show(message);
  }

  async #say(text: string, message?: string): Promise<void> {
    const notice = await act<Notice>('/say', { conversation: this.id, text, message });
    if (notice.text) toast({ title: 'Patchbay', text: notice.text, app: true });
    this.#feed.toEnd();
  }

  #foot(conversation: WireConversation): HTMLElement {
    const foot = h('div', { class: 'foot' });
    const send = (text: string) => void this.#say(text);
    const open = (command: string) => () => void openDialog({ conversation: this.id, command });
    const commands = ['connect', 'manage'].map((name) => ({ name, open: open(name) }));
    if (conversation.kind === 'personal') {
      foot.append(
        compose({ label: 'Type a message', placeholder: 'Type a message', people: this.#people, commands, send }),
      );
      return foot;
    }
    const placeholder = 'Start a post. Type @ to mention Patchbay';
    foot.append(compose({ label: 'Start a post', placeholder, people: this.#people, commands, send }));
    return foot;
  }

  #replyBox(root: WireMessage): HTMLElement {
    const holder = h('div', { class: 'reply' });
    const fold = () =>
      holder.replaceChildren(
        h('button', { class: 'reply-button', type: 'button', click: unfold }, icon('reply'), 'Reply'),
      );
    const unfold = () => {
      const send = (text: string) => {
        fold();
        void this.#say(text, root.id);
      };
      const box = compose({ label: 'Reply', placeholder: 'Reply', people: this.#people, send, cancel: fold });
      holder.replaceChildren(box);
      box.querySelector<HTMLElement>('.compose-input')?.focus();
    };
    fold();
    return holder;
  }

  #absent(conversation: WireConversation): HTMLElement {
    const where = conversation.kind === 'personal' ? 'this chat' : conversation.team;
    const add = () => void act('/install', { conversation: this.id });
    return h(
      'div',
      { class: 'foot absent' },
      h('span', {}, `Patchbay is not in ${where} yet.`),
      h('button', { class: 'primary', type: 'button', click: add }, 'Add it'),
    );
  }
}

/** Where the page is narrow, the list takes the place of the conversation. */
export function showList(): void {
  document.body.classList.remove('in-conversation');
}

function head(conversation: WireConversation): HTMLElement {
  const isChannel = conversation.kind === 'channel';
  const back = { class: 'quiet back', type: 'button', 'aria-label': 'Back to chats and channels', click: showList };
  return h(
    'header',
    { class: 'stage-head' },
    h('button', back, icon('back')),
    isChannel ? teamAvatar(conversation.team, 32) : avatar({ name: conversation.name, bot: true }, 32),
    h('div', { class: 'stage-titles' }, h('h1', {}, conversation.name), isChannel && h('span', {}, conversation.team)),
    h(
      'div',
      { class: 'tabs', 'aria-hidden': 'true' },
      h('span', { class: 'tab current' }, isChannel ? 'Posts' : 'Chat'),
      h('span', { class: 'tab' }, isChannel ? 'Files' : 'About'),
    ),
  );
}
