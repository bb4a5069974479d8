import { drawList, drawRail, type ListOptions, summary } from './list.ts';
import { drawPanel, simulatedNow } from './panel.ts';
import { Stage, showList } from './stage.ts';
import { applyTheme, onTheme } from './theme.ts';
import { drawTitlebar } from './titlebar.ts';
import { dismissAbout, toast } from './toasts.ts';
import type { WireConversation, WireMessage } from './wire.ts';
import { act, follow, isNew, markRead, type World } from './world.ts';

let world: World | undefined;
let stage: Stage | undefined;
let installed = false;

const list: ListOptions = {
  view: 'chat',
  filter: 'all',
  open: undefined,
  go,
  look(view) {
    list.view = view;
    showList();
    draw();
  },
  choose(filter) {
    list.filter = filter;
    draw();
  },
};

function draw(): void {
  if (!world) return;
  const open = world.conversations.find(({ id }) => id === list.open);
  if (open && document.visibilityState === 'visible') markRead(world, [open]);
  // An app that was just added or removed changes what the conversation offers.
  if (open && stage && open.installed !== installed) go(open);
  const now = simulatedNow();
  drawTitlebar(world, become);
  drawRail(world, list);
  drawList(world, now, list);
  stage?.update(world, now);
}

function go(conversation: WireConversation, message?: string): void {
  if (!world) return;
  list.open = conversation.id;
  document.body.classList.add('in-conversation');
  installed = conversation.installed;
  stage = new Stage(world, conversation);
  draw();
  if (message) stage.show(message);
  else stage.toEnd();
  dismissAbout(conversation.id);
  void act('/look', { conversation: conversation.id });
}

function become(user: string | undefined): void {
  sessionStorage.setItem('user', user ?? '');
  stage = undefined;
  follow(user, (next, arrived, first) => {
    world = next;
    drawPanel(next.panel);
    if (first) settle(next);
    else for (const message of arrived) announce(next, message);
    draw();
  });
}

/** Where a person begins: the conversation of the address, the one open before, or the first channel with the app. */
function settle(next: World): void {
  if (isNew(next)) markRead(next, next.conversations);
  const asked = decodeURIComponent(location.hash.slice(1));
  const begin =
    next.conversations.find(({ name, id }) => name === asked || id === list.open) ??
    next.conversations.find(({ kind, installed: here, name }) => kind === 'channel' && here && name !== 'General') ??
    next.conversations[0];
  if (begin) go(begin);
}

/** Says at the corner that something came in a conversation that is not open. */
function announce({ conversations, user }: World, message: WireMessage): void {
  const conversation = conversations.find(({ id }) => id === message.conversation);
  if (!conversation || message.from.id === user || message.deleted || conversation.id === list.open) return;
  // Replies in a thread that nobody is named in stay quiet, as in Teams; the badge counts them.
  if (message.replyTo && message.cards.length === 0) return;
  const where = conversation.kind === 'channel' ? ` in ${conversation.name}` : '';
  toast({
    title: `${message.from.name}${where}`,
    text: summary(message),
    app: true,
    about: conversation.id,
    go: () => go(conversation, message.id),
  });
}

onTheme(() => {
  const open = world?.conversations.find(({ id }) => id === list.open);
  if (open) go(open);
});
document.addEventListener('visibilitychange', draw);
applyTheme();
become(sessionStorage.getItem('user') || undefined);
