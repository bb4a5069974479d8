import type { Queryable } from '../store/queryable.ts';
import type { Connector, Workspace } from './connector.ts';
import { type ConnectorRow, connectorFrom } from './connectors.ts';

// Names are compared by the store's `folded`, without regard to case; the order of `~<~` is the one that its index has.

/** Part of a tenant's connectors: those whose name, domain or workspace holds `filter`; all with an empty one. */
type Part = { tenantId: string; filter: string };

const fits = `tenant_id = $1 and ($2 = '' or position(folded($2) in searched) > 0)`;

/** So many of a part of the connectors, worst first, then by name. */
export async function listWorst(
  db: Queryable,
  { tenantId, filter }: Part,
  { offset, most }: { offset: number; most: number },
): Promise<Connector[]> {
  const { rows } = await db.query<ConnectorRow>(
    `select * from connectors where ${fits} order by rank, folded(name) offset $3 limit $4`,
    [tenantId, filter, offset, most],
  );
  return rows.map(connectorFrom);
}

/** How many connectors there are, how many of them have an error or a warning, and how many others are paused. */
export type Counts = { all: number; errors: number; warnings: number; paused: number };

/** Counts a part of the connectors. */
export async function countConnectors(db: Queryable, { tenantId, filter }: Part): Promise<Counts> {
  const { rows } = await db.query<{ rank: number; connectors: number; paused: number }>(
    `select rank, count(*) as connectors, count(*) filter (where desired = 'pause') as paused from connectors where ${fits} group by rank`,
    [tenantId, filter],
  );
  const ranked = (rank: number) => rows.find((row) => row.rank === rank);
  const of = (rank: number) => ranked(rank)?.connectors ?? 0;
  return { all: of(0) + of(1) + of(2), errors: of(0), warnings: of(1), paused: ranked(2)?.paused ?? 0 };
}

/** When any connector of the tenant was polled last, in ms since the epoch, as its status has it; null before the first poll. */
export async function lastPolled(db: Queryable, tenantId: string): Promise<number | null> {
  const { rows } = await db.query<{ last: number | null }>(
    `select max((status->>'lastPollAt')::bigint) as last from connectors where tenant_id = $1`,
    [tenantId],
  );
  return rows[0]?.last ?? null;
}

/** The connectors whose name is `text`, or else those whose name begins with it, at most `most`, by name. */
export async function findConnectors(
  db: Queryable,
  tenantId: string,
  { text, most }: { text: string; most: number },
): Promise<Connector[]> {
  const named = await db.query<ConnectorRow>(
    'select * from connectors where tenant_id = $1 and folded(name) = folded($2)',
    [tenantId, text],
  );
  if (named.rows.length > 0) return named.rows.map(connectorFrom);
  const { rows } = await db.query<ConnectorRow>(
    `select * from connectors where tenant_id = $1 and folded(name) ~>=~ folded($2) and folded(name) ~<~ (folded($2) || $3)
      order by folded(name) using ~<~ limit $4`,
    [tenantId, text, lastLetter, most],
  );
  return rows.map(connectorFrom);
}

/** The connectors of an Okta org, at most `most`, by name. */
export async function findByDomain(
  db: Queryable,
  tenantId: string,
  { domain, most }: { domain: string; most: number },
): Promise<Connector[]> {
  const { rows } = await db.query<ConnectorRow>(
    'select * from connectors where tenant_id = $1 and domain = $2 order by folded(name) using ~<~ limit $3',
    [tenantId, domain, most],
  );
  return rows.map(connectorFrom);
}

/** Sorts behind every letter, so that a name that begins with a text comes before the text with this. */
const lastLetter = '\u{10ffff}';

/** A connector by its name alone. */
export type Named = Pick<Connector, 'id' | 'name'>;

/** Connectors whose name holds `text`, and the neighbours of where it would stand among the names; at most `most` of each. */
export async function listNeighbours(
  db: Queryable,
  tenantId: string,
  { text, most }: { text: string; most: number },
): Promise<Named[]> {
  const { rows } = await db.query<Named>(
    `(select id, name from connectors where tenant_id = $1 and position(folded($2) in folded(name)) > 0 limit $3)
      union
     (select id, name from connectors where tenant_id = $1 and folded(name) ~>=~ folded($2)
       order by folded(name) using ~<~ limit $3)
      union
     (select id, name from connectors where tenant_id = $1 and folded(name) ~<~ folded($2)
       order by folded(name) using ~>~ limit $3)`,
    [tenantId, text, most],
  );
  return rows;
}

/** Whether a connector of the tenant, but for `except`, has this name, without regard to case. */
export async function isNameTaken(
  db: Queryable,
  tenantId: string,
  { name, except }: { name: string; except: string | null },
): Promise<boolean> {
  const { rowCount } = await db.query(
    'select from connectors where tenant_id = $1 and folded(name) = folded($2) and id is distinct from $3',
    [tenantId, name, except],
  );
  return rowCount !== 0;
}

/** How many connectors of the tenant have their alerts go to each conversation that was chosen for one, by its id. */
export async function countByConversation(db: Queryable, tenantId: string): Promise<Map<string, number>> {
  const { rows } = await db.query<{ id: string; connectors: number }>(
    `select settings->>'conversationId' as id, count(*) as connectors from connectors
      where tenant_id = $1 and desired <> 'delete' group by 1`,
    [tenantId],
  );
  return new Map(rows.map(({ id, connectors }) => [id, connectors]));
}

/** The workspaces that the connectors of a tenant write to, each once: every one of them has its row among the health rules. */
export async function listWorkspacesOf(db: Queryable, tenantId: string): Promise<Workspace[]> {
  const { rows } = await db.query<{ workspace: Workspace }>(
    `select workspace from health_rules rule
      where exists (select from connectors where lower(settings->'workspace'->>'id') = rule.id and tenant_id = $1)
      order by id`,
    [tenantId],
  );
  return rows.map(({ workspace }) => workspace);
}

/** Those among these conversations to which the alerts of a connector are to go. */
export async function listChosen(db: Queryable, conversationIds: string[]): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select distinct settings->>'conversationId' as id from connectors where settings->>'conversationId' = any($1)`,
    [conversationIds],
  );
  return rows.map(({ id }) => id);
}
