/** An Adaptive Card, or a button's data: passed on as it is. */
export interface Json {
  [property: string]: unknown;
}

export interface WireUser {
  id: string;
  name: string;
  /** One line about the person's rights, for the switcher. */
  note: string;
}

export interface WireConversation {
  id: string;
  kind: 'personal' | 'channel';
  name: string;
  team: string;
  installed: boolean;
  typing: boolean;
}

export interface WireMessage {
  id: string;
  conversation: string;
  from: { id: string; name: string; bot: boolean };
  replyTo?: string;
  at: number;
  edited: boolean;
  deleted: boolean;
  text: string;
  /** What a notification shows of it; empty where the bot does not say. */
  summary: string;
  cards: Json[];
}

export type WireControl = { id: string; label: string; hint?: string } & (
  | { kind: 'button' }
  | { kind: 'toggle'; value: boolean }
  | { kind: 'slider'; value: number; min: number; max: number; step: number; unit?: string }
  | { kind: 'text'; value: string; placeholder?: string }
  /** Several lines that are given at once, by a button of this name. */
  | { kind: 'paste'; button: string; placeholder?: string }
  | { kind: 'choice'; value: string; choices: { value: string; title: string }[] }
);

export interface WireFact {
  label: string;
  text: string;
  tone?: 'good' | 'warning' | 'bad';
  /** Offers to copy the text, for what people have to type elsewhere. */
  copy?: boolean;
  /** Offers to do away with what the fact tells. */
  remove?: WireControl & { kind: 'button' };
}

/** What belongs together within a section. */
export interface WireGroup {
  title: string;
  controls: WireControl[];
  facts: WireFact[];
}

export interface WireSection extends WireGroup {
  hint?: string;
  groups: WireGroup[];
}

/** What the server pushes: everything at first, later whatever may have changed. */
export interface Push {
  bot: { id: string; name: string };
  user: string;
  users: WireUser[];
  conversations: WireConversation[];
  /** Only those that are new or changed since the last push. */
  messages: WireMessage[];
  panel: { now: number; speed: number; sections: WireSection[] };
}

/** What the dialog shows next. */
export type WireDialog =
  | { kind: 'card'; title: string; card: Json; height: number | string; width: number | string }
  | { kind: 'message'; text: string }
  | { kind: 'closed' }
  | { kind: 'error'; text: string };

/** What a pressed button of a card leads to, beside changed messages. */
export interface Notice {
  text?: string;
  failed?: boolean;
}
