import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { listAudience } from '../../../bot/teams/told-places.ts';
import type { Connector } from '../../../ingestion/connector/connector.ts';
import { followIncident } from '../../../ingestion/connector/incidents.ts';
import { transaction } from '../../../ingestion/store/database.ts';
import { textOf } from '../../sims/teams/cards.ts';
import type { Channel, Message } from '../../sims/teams/tenant.ts';
import type { Teams } from '../../sims/teams.ts';

/** What a channel saw of one cause that many connectors failed by: its messages, and how long until its card was right. */
export type OneCause = {
  connectors: number;
  posts: number;
  edits: number;
  replies: number;
  /** Seconds from the last one that failed until the card listed all, and from the last that was well until it said so. */
  listed_seconds: number;
  recovered_seconds: number;
};

type Parts = { pool: pg.Pool; teams: Teams; signal: AbortSignal };

const domain = 'one-org.okta.com';
/** They fail one after the other within this time, and are well again within it. */
const spreadMs = 30_000;
const patienceMs = 60_000;

/** Has connectors of one org, whose alerts go to one channel, fail one after the other and be well again; and watches the channel. */
export async function failByOneCause(
  parts: Parts,
  { connectors, channel }: { connectors: readonly Connector[]; channel: Channel },
): Promise<OneCause> {
  const { pool, teams } = parts;
  await pool.query(
    `update connectors set domain = $2, settings = settings || jsonb_build_object('conversationId', $3::text) where id = any($1)`,
    [connectors.map(({ id }) => id), domain, channel.id],
  );
  const settled = connectors.map((one) => ({
    ...one,
    domain,
    settings: { ...one.settings, conversationId: channel.id },
  }));
  const known = new Set(teams.messages(channel));
  const own = () => teams.messages(channel).filter((message) => !known.has(message));
  const listed = await watch(parts, { own, text: `${connectors.length} connectors` }, () =>
    follow(parts, settled, true),
  );
  const recovered = await watch(parts, { own, text: '✓ Recovered after' }, () => follow(parts, settled, false));
  const replies = own().filter(({ replyTo }) => replyTo !== undefined).length;
  return {
    connectors: connectors.length,
    posts: own().length - replies,
    edits: own().reduce((sum, message) => sum + message.edits, 0),
    replies,
    listed_seconds: listed,
    recovered_seconds: recovered,
  };
}

async function follow({ pool, signal }: Parts, connectors: readonly Connector[], broken: boolean): Promise<void> {
  for (const connector of connectors) {
    const now = Date.now();
    const failed = { reason: 'okta-unreachable', health: 'error', since: now, evidence: {} } as const;
    const told = { ...connector, status: { ...connector.status, problem: broken ? failed : null } };
    await transaction(pool, (tx) => followIncident(tx, told, { audience: listAudience, now }));
    await delay(spreadMs / connectors.length, undefined, { signal });
  }
}

type Watched = { own: () => Message[]; text: string };

/** The seconds from the end of what is done until a card says this; not a number when none does. */
async function watch({ signal }: Parts, { own, text }: Watched, done: () => Promise<void>): Promise<number> {
  await done();
  const began = Date.now();
  const says = ({ cards }: Message) => cards.some((card) => textOf(card).includes(text));
  while (!own().some(says)) {
    if (Date.now() - began > patienceMs) return Number.NaN;
    await delay(100, undefined, { signal });
  }
  return Math.round((Date.now() - began) / 100) / 10;
}
