import type pg from 'pg';
import { listIdle } from '../connector/connectors.ts';
import { idleToken, idleWarningMs } from '../connector/idle-token.ts';
import type { Audience } from '../connector/incidents.ts';
import { saveUnpolled } from '../connector/statuses.ts';

/** Says of connectors at rest that their tokens will end of it; using them, or giving the connector another one, takes it back. */
export async function raiseIdleTokens(parts: { pool: pg.Pool; audience: Audience }, now: number): Promise<void> {
  for (const connector of await listIdle(parts.pool, now - idleWarningMs)) {
    const problem = idleToken(connector);
    if (problem) await saveUnpolled(parts, connector, { problem, now });
  }
}
