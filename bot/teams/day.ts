import type { Day } from '../../cards/messages/digest.ts';
import { countConnectors } from '../../ingestion/connector/directory.ts';
import { listIncidents } from '../../ingestion/connector/incident.ts';
import { listSilent } from '../../ingestion/connector/mutes.ts';
import { readTwoDays } from '../../ingestion/connector/statistics.ts';
import type { Queryable } from '../../ingestion/store/queryable.ts';
import { listClosed } from './told-places.ts';

const dayMs = 86_400_000;

/** How all connectors of a tenant stand at `now` (ms since the epoch), and what the day before it was like. */
export async function readDay(db: Queryable, tenantId: string, now: number): Promise<Day> {
  return {
    counts: await countConnectors(db, { tenantId, filter: '' }),
    incidents: asAlerts(await listIncidents(db, tenantId, now - dayMs)),
    traffic: await readTwoDays(db, tenantId, now),
    silent: await listSilent(db, tenantId, now),
    undeliverable: await readUndeliverable(db, tenantId),
    now,
  };
}

/** One row for all that one alert has told of: the first of them, and how many others. */
function asAlerts(rows: Day['incidents']): Day['incidents'] {
  const alerts = Map.groupBy(rows, ({ incident }) => incident.alertId);
  return [...alerts.values()].flatMap(([first, ...others]) => {
    const more = new Set(others.map(({ name }) => name).filter((name) => name !== first?.name)).size;
    return first ? [{ ...first, name: more > 0 ? `${first.name} and ${more} more` : first.name }] : [];
  });
}

/** Whose personal chat can't be reached is nobody's business. */
async function readUndeliverable(db: Queryable, tenantId: string): Promise<Day['undeliverable']> {
  const places = await listClosed(db, tenantId);
  return places.flatMap(({ kind, name, closed }) =>
    closed && kind !== 'personal' ? [{ name, since: closed.since }] : [],
  );
}
