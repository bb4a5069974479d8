import type { Push, WireConversation, WireMessage } from './wire.ts';

/** What this page knows: the server's last push, all messages so far, and where the person is. */
export interface World extends Omit<Push, 'messages'> {
  messages: Map<string, WireMessage>;
}

let world: World | undefined;
let stream: EventSource | undefined;
const readUpTo: Record<string, Record<string, string>> = JSON.parse(sessionStorage.getItem('read') ?? '{}');

/** Follows what one person sees; `changed` hears of each push with the messages that came with it. */
export function follow(
  user: string | undefined,
  changed: (world: World, arrived: WireMessage[], first: boolean) => void,
): void {
  stream?.close();
  world = undefined;
  stream = new EventSource(user ? `/events?user=${encodeURIComponent(user)}` : '/events');
  stream.onmessage = ({ data }) => {
    const push: Push = JSON.parse(data);
    const first = world === undefined;
    const messages = world?.messages ?? new Map<string, WireMessage>();
    const arrived = push.messages.filter(({ id }) => !messages.has(id));
    for (const message of push.messages) messages.set(message.id, message);
    world = { ...push, messages };
    changed(world, arrived, first);
  };
  // A restarted sandbox begins anew: what this page still shows would be of another life.
  stream.onerror = () => {
    stream?.addEventListener('open', () => location.reload(), { once: true });
  };
}

/** Asks the server to do something as the person who is looking. */
export async function act<T>(path: string, body: object): Promise<T> {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user: world?.user, ...body }),
  });
  return response.json();
}

/** The messages of a conversation, oldest first. */
export function messagesOf({ messages }: World, { id }: WireConversation): WireMessage[] {
  return [...messages.values()].filter((one) => one.conversation === id && !one.deleted);
}

/** How many messages of others came since the person last looked. */
export function unread(current: World, conversation: WireConversation): number {
  const last = readUpTo[current.user]?.[conversation.id] ?? '';
  return messagesOf(current, conversation).filter((one) => one.from.id !== current.user && later(one.id, last)).length;
}

/** Marks everything in the conversations as seen. */
export function markRead(current: World, conversations: WireConversation[]): void {
  readUpTo[current.user] ??= {};
  const read = readUpTo[current.user] ?? {};
  for (const conversation of conversations) {
    const last = messagesOf(current, conversation).at(-1);
    if (last) read[conversation.id] = last.id;
  }
  sessionStorage.setItem('read', JSON.stringify(readUpTo));
}

/** Whether anybody has looked here before in this tab: without it, a first look would call everything new. */
export function isNew({ user }: World): boolean {
  return readUpTo[user] === undefined;
}

function later(id: string, than: string): boolean {
  return id.length === than.length ? id > than : id.length > than.length;
}
