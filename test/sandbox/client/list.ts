import { avatar, teamAvatar } from './avatars.ts';
import { h, paint, region } from './dom.ts';
import { type IconName, icon } from './icons.ts';
import { plain } from './text.ts';
import { shortTime } from './times.ts';
import type { Json, WireConversation, WireMessage } from './wire.ts';
import { messagesOf, unread, type World } from './world.ts';

export type View = 'activity' | 'chat' | 'teams';

export interface ListOptions {
  view: View;
  filter: 'all' | 'unread' | 'channels' | 'chats';
  open: string | undefined;
  /** Opens a conversation, at a message if one is given. */
  go(conversation: WireConversation, message?: string): void;
  look(view: View): void;
  choose(filter: ListOptions['filter']): void;
}

const apps: { view?: View; name: string; icon: IconName }[] = [
  { view: 'activity', name: 'Activity', icon: 'bell' },
  { view: 'chat', name: 'Chat', icon: 'chat' },
  { view: 'teams', name: 'Teams', icon: 'people' },
  { name: 'Calendar', icon: 'calendar' },
  { name: 'Calls', icon: 'call' },
  { name: 'OneDrive', icon: 'cloud' },
];

/** The bar of apps at the left; what the sandbox does not have is there for the eye only. */
export function drawRail(world: World, { view, look }: ListOptions): void {
  const waiting = world.conversations.reduce((sum, one) => sum + unread(world, one), 0);
  paint(region('rail'), [view, waiting], () =>
    apps.map((app) => {
      const badge =
        app.view === 'activity' && waiting > 0 && h('span', { class: 'badge' }, String(Math.min(waiting, 99)));
      const content = [icon(app.icon, app.view === view), h('span', {}, app.name), badge];
      if (!app.view) return h('span', { class: 'app inert', 'aria-hidden': 'true' }, ...content);
      const target = app.view;
      const attributes = {
        class: 'app',
        type: 'button',
        'data-key': app.name,
        'aria-current': target === view ? 'page' : undefined,
      };
      return h('button', { ...attributes, click: () => look(target) }, ...content);
    }),
  );
}

/** The column of chats and channels, or the feed of what happened. */
export function drawList(world: World, now: number, options: ListOptions): void {
  const rows = world.conversations.map((one) => row(world, now, one));
  const shows = [
    options.view,
    options.filter,
    options.open,
    rows.map(({ conversation, ...rest }) => [conversation.id, rest]),
  ];
  paint(region('list'), shows, () => {
    if (options.view === 'activity') return activity(world, now, options);
    const title = options.view === 'chat' ? 'Chat' : 'Teams';
    const wanted = rows.filter(({ conversation, count }) => fits(options, conversation, count));
    const chats = wanted.filter(({ conversation }) => conversation.kind === 'personal');
    const channels = wanted.filter(({ conversation }) => conversation.kind === 'channel');
    const teams = [...new Set(channels.map(({ conversation }) => conversation.team))];
    return [
      h('header', { class: 'list-head' }, h('h2', {}, title)),
      options.view === 'chat' && chips(options),
      h(
        'div',
        { class: 'list-body' },
        chats.length > 0 && h('h3', { class: 'list-section' }, icon('down'), 'Chats'),
        ...chats.map((one) => entry(one, options)),
        teams.length > 0 &&
          options.view === 'chat' &&
          h('h3', { class: 'list-section' }, icon('down'), 'Teams and channels'),
        ...teams.flatMap((team) => [
          h('div', { class: 'team' }, teamAvatar(team, 24), h('span', {}, team)),
          ...channels.filter(({ conversation }) => conversation.team === team).map((one) => entry(one, options)),
        ]),
      ),
    ];
  });
}

interface Row {
  conversation: WireConversation;
  count: number;
  preview: string;
  time: string;
}

function row(world: World, now: number, conversation: WireConversation): Row {
  const last = messagesOf(world, conversation).at(-1);
  return {
    conversation,
    count: unread(world, conversation),
    preview: last ? `${last.from.id === world.user ? 'You: ' : ''}${summary(last)}` : '',
    time: last ? shortTime(last.at, now) : '',
  };
}

function fits({ view, filter }: ListOptions, { kind }: WireConversation, count: number): boolean {
  if (view === 'teams') return kind === 'channel';
  if (filter === 'unread') return count > 0;
  return filter === 'all' || (filter === 'channels') === (kind === 'channel');
}

function chips({ filter, choose }: ListOptions): HTMLElement {
  const all: [ListOptions['filter'], string][] = [
    ['unread', 'Unread'],
    ['channels', 'Channels'],
    ['chats', 'Chats'],
  ];
  const chip = ([name, label]: (typeof all)[number]) => {
    const pressed = filter === name;
    const click = () => choose(pressed ? 'all' : name);
    return h(
      'button',
      { class: 'chip', type: 'button', 'data-key': name, 'aria-pressed': String(pressed), click },
      label,
    );
  };
  return h('div', { class: 'chips' }, ...all.map(chip));
}

function entry({ conversation, count, preview, time }: Row, { open, go }: ListOptions): HTMLElement {
  const { id, kind, name } = conversation;
  const label = `${kind === 'channel' ? `${conversation.team}, ` : ''}${name}${count > 0 ? `, ${count} unread` : ''}`;
  const attributes = {
    class: `entry ${kind}${count > 0 ? ' unread' : ''}`,
    type: 'button',
    'data-key': id,
    'aria-label': label,
    'aria-current': id === open ? 'true' : undefined,
    click: () => go(conversation),
  };
  const badge = count > 0 && h('span', { class: 'badge' }, String(Math.min(count, 99)));
  if (kind === 'channel') return h('button', attributes, h('span', { class: 'entry-name' }, name), badge);
  return h(
    'button',
    attributes,
    avatar({ name, bot: true }, 32),
    h(
      'span',
      { class: 'entry-text' },
      h('span', { class: 'entry-line' }, h('span', { class: 'entry-name' }, name), h('time', {}, time)),
      h('span', { class: 'entry-line' }, h('span', { class: 'entry-preview' }, preview), badge),
    ),
  );
}

function activity(world: World, now: number, { go }: ListOptions): (HTMLElement | false)[] {
  const posts = [...world.messages.values()]
    .filter(({ from, deleted }) => from.bot && !deleted)
    .slice(-40)
    .reverse();
  const body = posts.map((message) => {
    const conversation = world.conversations.find(({ id }) => id === message.conversation);
    if (!conversation) return false;
    const where = conversation.kind === 'channel' ? `posted in ${conversation.name}` : 'sent you a message';
    return h(
      'button',
      { class: 'entry activity', type: 'button', click: () => go(conversation, message.id) },
      avatar(message.from, 32),
      h(
        'span',
        { class: 'entry-text' },
        h(
          'span',
          { class: 'entry-line' },
          h('span', { class: 'entry-name' }, `${message.from.name} ${where}`),
          h('time', {}, shortTime(message.at, now)),
        ),
        h('span', { class: 'entry-line' }, h('span', { class: 'entry-preview' }, summary(message))),
      ),
    );
  });
  const nothing = h('p', { class: 'list-empty' }, 'Nothing has happened yet.');
  return [
    h('header', { class: 'list-head' }, h('h2', {}, 'Activity')),
    h('div', { class: 'list-body' }, ...(body.length > 0 ? body : [nothing])),
  ];
}

/** One line that says what a message is about: its text, what the bot says of it, or the first text of its card. */
export function summary(message: WireMessage): string {
  return plain(message.text) || message.summary || firstText(message.cards[0]) || 'Sent a card';
}

function firstText(part: unknown): string | undefined {
  if (Array.isArray(part)) return part.map(firstText).find(Boolean);
  if (typeof part !== 'object' || part === null) return undefined;
  const { type, text, body, items, columns, inlines } = part as Json;
  if (type === 'TextRun' && typeof text === 'string') return text;
  if (type === 'TextBlock' && typeof text === 'string') return plain(text);
  return [body, items, columns, inlines].map(firstText).find(Boolean);
}
