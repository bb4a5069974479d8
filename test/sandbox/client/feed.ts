import { avatar } from './avatars.ts';
import { h } from './dom.ts';
import { icon } from './icons.ts';
import { messageCard } from './messagecard.ts';
import { messageText } from './text.ts';
import { clockTime, dayOf, sameDay } from './times.ts';
import type { WireConversation, WireMessage } from './wire.ts';

/** What a feed needs besides messages. */
export interface FeedOptions {
  user: string;
  conversation: WireConversation;
  /** A box for replies to that post. */
  replyBox(root: WireMessage): HTMLElement;
}

/** The messages of one conversation; each is drawn once and again only when it changes. */
export class Feed {
  readonly element = h('div', { class: 'feed', role: 'log', 'aria-label': 'Messages', tabindex: 0 });
  readonly #options: FeedOptions;
  readonly #drawn = new Map<string, { message: WireMessage; element: HTMLElement; time: HTMLElement }>();
  readonly #days: { at: number; label: HTMLElement }[] = [];
  readonly #posts = new Map<string, { element: HTMLElement; replies: HTMLElement }>();

  constructor(options: FeedOptions) {
    this.#options = options;
    this.element.classList.add(options.conversation.kind);
  }

  /** Draws what is new or changed and stays at the end if the reader was there. */
  update(messages: WireMessage[], now: number): void {
    const { element } = this;
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < 80;
    const ids = new Set(messages.map(({ id }) => id));
    for (const [id, { element: gone }] of this.#drawn) {
      if (ids.has(id)) continue;
      (this.#posts.get(id)?.element ?? gone).remove();
      this.#drawn.delete(id);
    }
    for (const message of messages) this.#draw(message, now);
    for (const { at, label } of this.#days) write(label, dayOf(at, now));
    if (this.#options.conversation.kind === 'personal') this.#group(messages);
    if (atEnd) element.scrollTop = element.scrollHeight;
  }

  toEnd(): void {
    this.element.scrollTop = this.element.scrollHeight;
  }

  show(id: string): void {
    this.#drawn.get(id)?.element.scrollIntoView({ block: 'center' });
  }

  #draw(message: WireMessage, now: number): void {
    const known = this.#drawn.get(message.id);
    if (known) write(known.time, clockTime(message.at, now));
    // Each push brings new objects for what has changed, and only for that.
    if (known?.message === message) return;
    const { element, time } = this.#message(message, now);
    this.#drawn.set(message.id, { message, element, time });
    known?.element.replaceWith(element);
    element.classList.toggle('changed', known !== undefined);
    if (!known) this.#place(message, element);
  }

  #place(message: WireMessage, element: HTMLElement): void {
    const thread = this.#posts.get(message.replyTo ?? '');
    if (thread) thread.replies.append(element);
    else this.#append(message, element);
  }

  #append(message: WireMessage, element: HTMLElement): void {
    const last = this.#days.at(-1);
    if (!last || !sameDay(last.at, message.at)) {
      const label = h('span');
      this.#days.push({ at: message.at, label });
      this.element.append(h('div', { class: 'day', role: 'separator' }, label));
    }
    this.element.append(this.#options.conversation.kind === 'personal' ? element : this.#post(message, element));
  }

  #post(message: WireMessage, element: HTMLElement): HTMLElement {
    const replies = h('div', { class: 'replies' });
    const box = this.#options.replyBox(message);
    const post = h('article', { class: 'post', 'aria-label': `Post by ${message.from.name}` }, element, replies, box);
    this.#posts.set(message.id, { element: post, replies });
    return post;
  }

  #message(message: WireMessage, now: number): { element: HTMLElement; time: HTMLElement } {
    const mine = message.from.id === this.#options.user;
    const time = h('time', { datetime: new Date(message.at).toISOString() }, clockTime(message.at, now));
    const head = h(
      'div',
      { class: 'message-head' },
      h('span', { class: 'name' }, message.from.name),
      message.from.bot && h('span', { class: 'tag' }, 'App'),
      time,
      message.edited && h('span', { class: 'edited' }, 'Edited'),
    );
    const body = h('div', { class: 'message-body' });
    if (message.text) {
      const text = h('div', { class: 'text' });
      text.innerHTML = messageText(message.text, message.from.bot);
      body.append(text);
    }
    body.append(...message.cards.map((card) => messageCard(card, message)));
    const label = `${message.from.name}, ${clockTime(message.at, now)}`;
    const classes = `message${mine ? ' mine' : ''}${message.cards.length > 0 ? ' with-card' : ''}`;
    const picture = h('div', { class: 'message-avatar' }, avatar(message.from, 32));
    const main = h('div', { class: 'message-main' }, head, body);
    const element = h('div', { class: classes, role: 'group', 'aria-label': label }, picture, main);
    return { element, time };
  }

  /** Bubbles of one person that follow each other share one head. */
  #group(messages: WireMessage[]): void {
    messages.forEach((message, index) => {
      const before = messages[index - 1];
      const follows = before?.from.id === message.from.id && message.at - before.at < 300_000;
      this.#drawn.get(message.id)?.element.classList.toggle('follows', follows && !message.edited);
    });
  }
}

function write(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** What a conversation without messages shows. */
export function welcome(conversation: WireConversation, say: (text: string) => void): HTMLElement {
  const command = conversation.kind === 'channel' ? '@Patchbay help' : 'help';
  const text = conversation.kind === 'channel' ? '<at>Patchbay</at> help' : 'help';
  return h(
    'div',
    { class: 'welcome' },
    avatar({ name: 'Patchbay', bot: true }, 72),
    h(
      'h2',
      {},
      conversation.kind === 'channel' ? `Welcome to ${conversation.name}` : 'Patchbay for Microsoft Sentinel',
    ),
    h(
      'p',
      { class: 'welcome-text' },
      'Connect Okta to Microsoft Sentinel, see whether it is healthy, and hear of it here when it is not.',
    ),
    h('button', { class: 'primary', type: 'button', click: () => say(text) }, icon('chat'), `Try ${command}`),
  );
}
